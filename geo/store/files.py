"""Files that are whole or not there: written aside, synced, renamed; named by checksum; locked by one writer."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from geo.model.errors import BusyError, StoreError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

SCHEMA = 6
MANIFEST = "manifest.json"
_BLOCK = 1 << 20


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write a text file whole: aside, synced, renamed."""
    aside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with aside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def to_json(value: Any, *, indent: int | None = 1) -> str:
    """Return strict JSON: no NaN, Chinese as it is; on one line where ``indent`` is None."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent, default=_plain)


def read_json(path: Path) -> Any:
    """Return what a JSON file of the store holds; `StoreError` where it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise StoreError(f"{path.parent.name}/{path.name} cannot be read ({fault}). Load the study again.") from None


def write_manifest(folder: Path, facts: dict[str, Any]) -> None:
    """Write the manifest of a finished folder: schema, facts, and the checksum of every file in it."""
    files = {
        path.relative_to(folder).as_posix(): file_sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()
    }
    write_text(folder / MANIFEST, to_json({"schema": SCHEMA, **facts, "files": files}))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder; `StoreError` where it is damaged or of another schema."""
    manifest = read_json(folder / MANIFEST)
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        found = manifest.get("schema") if isinstance(manifest, dict) else None
        raise StoreError(
            f"{folder.name} was stored with schema {found}, this program knows {SCHEMA}. Load it again.",
            code="schema_newer",
        )
    return manifest


@contextmanager
def published(target: Path) -> Iterator[Path]:
    """Give a folder to fill; it replaces ``target`` when the block ends well and vanishes when it does not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.parent / f".{target.name}.{uuid4().hex}"
    aside.mkdir()
    try:
        yield aside
        _replace_folder(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def study_lock(folder: Path, name: str) -> Iterator[None]:
    """Hold the one write lock of a study, or of another name; `BusyError` where another process has it.

    It dies with its process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{name}.lock").open("a") as file:
        try:
            _lock(file.fileno())
        except OSError:
            raise BusyError(f"another process is writing '{name}'. Try again when it is done.") from None
        yield


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _replace_folder(aside: Path, target: Path) -> None:
    """Put ``aside`` in the place of ``target``; the old one steps out of the way for the blink of two renames."""
    old = target.parent / f".{target.name}.{uuid4().hex}"
    if target.exists():
        target.rename(old)
    try:
        aside.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _plain(value: Any) -> Any:
    """Return a number of numpy as a plain one."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} is not plain")
