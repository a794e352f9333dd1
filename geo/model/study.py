"""A study: an area with its tables in one metric CRS, and what was found while reading them.

Every noun here is frozen and every verb elsewhere returns a new one. A study knows nothing of standards or
walking speeds: those come with an assessment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd

from geo.model.errors import Problem, problem_from_json

Progress = Callable[[str, float], None]
"""Called with the name of the step (English, lower case) and the share done, 0 to 1."""


def no_progress(_step: str, _share: float) -> None:
    """Ignore progress; the default where nobody watches."""


@dataclass(frozen=True)
class Source:
    """One input file of a study: what it was used for and how to recognise it again.

    ``credit`` is the line that maps and exports must carry; ``data_date`` is ISO 8601 or "".
    """

    role: str
    file: str
    sha256: str
    crs: str = ""
    credit: str = ""
    data_date: str = ""
    is_made_up: bool = False


@dataclass(frozen=True)
class FileReport:
    """What became of the rows of one file: ``read`` = ``ok`` + ``repaired`` + ``rejected``."""

    role: str
    file: str
    read: int
    ok: int
    repaired: int = 0
    rejected: int = 0
    problems: tuple[Problem, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LoadReport:
    """What loading found: one entry a file, and findings that concern the files together."""

    files: tuple[FileReport, ...] = ()
    findings: tuple[Problem, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Every fault that cost a row or a file."""
        everything = [p for file in self.files for p in file.problems] + list(self.findings)
        return tuple(p for p in everything if p.severity == "error")

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {
            "files": [{**vars(f), "problems": [p.to_json() for p in f.problems]} for f in self.files],
            "findings": [p.to_json() for p in self.findings],
            "facts": dict(self.facts),
        }


def load_report_from_json(record: dict[str, Any]) -> LoadReport:
    """Return the `LoadReport` that `LoadReport.to_json` wrote."""
    files = tuple(
        FileReport(**{**f, "problems": tuple(problem_from_json(p) for p in f["problems"])}) for f in record["files"]
    )
    return LoadReport(files, tuple(problem_from_json(p) for p in record["findings"]), record["facts"])


@dataclass(frozen=True)
class Study:
    """An area with its tables, all in ``crs`` (metres). Columns are declared in `geo.model.tables`.

    Attributes
    ----------
    name
        The planner's name of the study: letters, digits, ``-`` and ``_``.
    crs
        The metric CRS of every table, as "EPSG:4544".
    streets
        One row per walkable piece between two junctions (`tables.STREETS`), LineString.
    facilities, entrances
        One row per facility (Point), and one row per place where it meets the streets (Point).
    not_open
        Closed and planned facilities; they serve nobody, and have no entrances.
    demand
        One row per place where people live (`tables.DEMAND`), Point.
    units
        One row per administrative area of any level (`tables.UNITS`), Polygon or MultiPolygon.
    walls, gates
        Lines nobody walks through, points where one does.
    backdrop
        What the map shows beneath: water, green, buildings, rail; any geometry.
    """

    name: str
    crs: str
    streets: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    not_open: gpd.GeoDataFrame
    entrances: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    walls: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame
    backdrop: gpd.GeoDataFrame
    sources: tuple[Source, ...] = ()
    report: LoadReport = LoadReport()

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the streets, in study.crs; looked up once."""
        west, south, east, north = map(float, self.streets.total_bounds)
        return west, south, east, north

    @property
    def tables(self) -> dict[str, gpd.GeoDataFrame]:
        """Every table of the study by its name, in the order they are stored."""
        return {name: getattr(self, name) for name in TABLE_NAMES}

    @property
    def is_made_up(self) -> bool:
        """Whether any input is invented, as in the sample; shown wherever the study is."""
        return any(source.is_made_up for source in self.sources)

    @property
    def credits(self) -> tuple[str, ...]:
        """The lines that maps and exports must carry, each once, in the order of the sources."""
        return tuple(dict.fromkeys(source.credit for source in self.sources if source.credit))

    @property
    def data_date(self) -> str:
        """The date of the newest source, ISO 8601; "" where none is dated."""
        return max((source.data_date for source in self.sources), default="")


TABLE_NAMES = ("streets", "facilities", "not_open", "entrances", "demand", "units", "walls", "gates", "backdrop")
