"""Set-up: what the README promises is what the files do, pinned, and refused kindly where it cannot be done."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from web import browser_libraries
from web.browser_libraries import LIBRARY_FILES, FetchError, fetch, is_complete

PROJECT = Path(__file__).resolve().parents[1]


def fake_npm(folder: Path, files: dict[str, str]) -> list[str]:
    """A command in npm's place that lays files where npm would."""
    script = folder / "npm.py"
    lines = ["import pathlib", f"files = {files!r}"]
    lines += ["for name, text in files.items():", "    path = pathlib.Path('node_modules') / name"]
    lines += ["    path.parent.mkdir(parents=True, exist_ok=True)", "    path.write_text(text)"]
    script.write_text("\n".join(lines))
    return [sys.executable, str(script)]


def test_libraries_are_fetched_whole(tmp_path: Path) -> None:
    npm = fake_npm(tmp_path, dict.fromkeys(LIBRARY_FILES.values(), "code"))
    fetch(tmp_path / "lib", npm=npm)
    assert is_complete(tmp_path / "lib")


def test_half_a_fetch_leaves_what_was_there(tmp_path: Path) -> None:
    fetch(tmp_path / "lib", npm=fake_npm(tmp_path, dict.fromkeys(LIBRARY_FILES.values(), "old")))
    half = dict.fromkeys(list(LIBRARY_FILES.values())[:2], "new")
    with pytest.raises(FetchError):
        fetch(tmp_path / "lib", npm=fake_npm(tmp_path, half))
    assert {(tmp_path / "lib" / name).read_text() for name in LIBRARY_FILES} == {"old"}
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".lib")] == []


def test_a_failing_npm_is_told(tmp_path: Path) -> None:
    with pytest.raises(FetchError):
        fetch(tmp_path / "lib", npm=[sys.executable, "-c", "raise SystemExit(1)"])
    assert not (tmp_path / "lib").exists()


def test_every_python_package_is_pinned() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = [
            line for line in (PROJECT / name).read_text().splitlines() if line and not line.startswith(("#", "-r"))
        ]
        assert lines
        assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*(; .+)?", line) for line in lines)


def test_every_browser_package_is_pinned_with_its_hash_and_no_host() -> None:
    folder = browser_libraries.LOCK_FOLDER
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    for name, package in locked.items():
        if name:
            assert package["integrity"].startswith("sha512-")
            assert "resolved" not in package
    for name, version in wanted.items():
        assert locked[f"node_modules/{name}"]["version"] == version


def test_readme_and_makefile_name_the_same_commands() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]+):.*##", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    for command in re.findall(r"\bmake ([a-z]+)\b", readme):
        assert command in targets
    assert "make run" in readme
    assert "make test" in readme
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", readme):
        assert (PROJECT / picture).is_file()


def test_continuous_checks_run_the_readmes_test_command() -> None:
    script = (PROJECT / ".ci" / "run").read_text()
    assert script.rstrip().endswith("make test")
    assert "make lint" in script
