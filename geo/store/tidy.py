"""Cleaning up after a writer that was ended from outside: half-written folders go, a study stepped aside comes back."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from geo.model.errors import BusyError
from geo.store.files import MANIFEST, study_lock

_ASIDE = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{32}")


def tidy_study(folder: Path, name: str) -> None:
    """Remove what a writer of a study left aside; where the study itself is missing, the former one returns.

    Does nothing while another process writes the study.
    """
    try:
        with study_lock(folder, name):
            aside = [path for path in folder.iterdir() if (found := _ASIDE.fullmatch(path.name)) and found[1] == name]
            whole = sorted((p for p in aside if (p / MANIFEST).is_file()), key=lambda p: (p / MANIFEST).stat().st_mtime)
            if whole and not (folder / name).exists():
                whole[0].rename(folder / name)
            for path in aside:
                shutil.rmtree(path, ignore_errors=True)
    except BusyError:
        return
