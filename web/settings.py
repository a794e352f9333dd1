"""What changes the machine, never the numbers: a declared table, overridden by ``LIFECIRCLE_*`` in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.intake.limits import Limits
from geo.model.errors import LifeCircleError

PREFIX = "LIFECIRCLE_"
ROOT = Path(__file__).resolve().parents[1]


class SettingError(LifeCircleError):
    """A setting is unknown or of the wrong kind; the call is wrong, not the data."""

    code = "setting_invalid"


@dataclass(frozen=True)
class Setting:
    """A setting: its name without the prefix, its default, what it does."""

    name: str
    default: str | int
    help: str


SETTINGS = (
    Setting("STUDIES", "data/studies", "Folder of the studies; relative to the project."),
    Setting("HOST", "127.0.0.1", "Address the app listens on."),
    Setting("PORT", 5000, "Port the app listens on."),
    Setting("THREADS", 8, "Requests served at the same time."),
    Setting("STUDY", "", "Study shown first; empty: the sample, else the first."),
    Setting("LOAD_SECONDS", 900, "Longest load of uploaded files, in seconds; of processor time, four times that."),
    Setting("LOAD_MEMORY_MB", 8192, "Memory that reading uploaded files may take."),
    Setting("LOAD_FILE_MB", 4096, "Largest file that a load of uploaded files may write."),
    Setting("MOST_UPLOAD_MB", 512, "Largest upload, all its files together."),
    Setting("MOST_STORED_MB", 10240, "Room for uploads that wait to be loaded; the oldest go after a week."),
    Setting("MOST_WAITING", 20, "Loads that may wait at the same time."),
    Setting("MOST_ROWS", 1_000_000, "Rows of one file."),
    Setting("MOST_COLUMNS", 256, "Columns of one file."),
    Setting("MOST_VERTICES", 20_000_000, "Vertices of one layer."),
    Setting("MOST_VERTICES_OF_ONE", 1_000_000, "Vertices of one feature."),
    Setting("MOST_CHARACTERS", 10_000, "Characters of one cell."),
    Setting("MOST_MEMBERS", 2_000, "Files in one archive."),
    Setting("MOST_UNPACKED_MB", 2048, "Size of the files of one archive together, unpacked."),
    Setting("NOMINATIM", "", "Address of a Nominatim server for load --place; empty: OSMnx's own."),
    Setting("OVERPASS", "", "Address of an Overpass server for load --place; empty: OSMnx's own."),
)


def read_settings(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return every setting by name, defaults overridden by the environment.

    Raises
    ------
    SettingError
        A variable with our prefix is no setting, or is not a number where one is due.
    """
    known = {setting.name: setting for setting in SETTINGS}
    values: dict[str, Any] = {setting.name: setting.default for setting in SETTINGS}
    for variable in sorted(name for name in environment if name.startswith(PREFIX)):
        setting = known.get(variable.removeprefix(PREFIX))
        if setting is None:
            raise SettingError(f"{variable} is no setting. Known: {', '.join(PREFIX + name for name in known)}.")
        values[setting.name] = _typed(variable, environment[variable], setting)
    values["STUDIES"] = ROOT / str(values["STUDIES"])
    return values


def _typed(variable: str, text: str, setting: Setting) -> str | int:
    if isinstance(setting.default, str):
        return text
    if not text.isdigit():
        raise SettingError(f"{variable}={text!r} is not a whole number.")
    return int(text)


def limits_of(values: Mapping[str, Any]) -> Limits:
    """Return how much of a file is read, for files of the command line and of the web alike."""
    return Limits(
        rows=values["MOST_ROWS"],
        columns=values["MOST_COLUMNS"],
        vertices=values["MOST_VERTICES"],
        vertices_of_one=values["MOST_VERTICES_OF_ONE"],
        characters=values["MOST_CHARACTERS"],
        members=values["MOST_MEMBERS"],
        unpacked_bytes=values["MOST_UNPACKED_MB"] << 20,
    )
