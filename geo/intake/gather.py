"""Reading all files of a study into our tables, EPSG:4326; what is wrong with any of them is told together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geo.intake.barriers import read_gates, read_walls
from geo.intake.classify import CategoryTable
from geo.intake.columns import Aliases
from geo.intake.cut import cut_to, with_cut
from geo.intake.demand import read_demand
from geo.intake.facilities import read_facilities
from geo.intake.levels import rank_files
from geo.intake.osm import read_osm
from geo.intake.osm_tables import CREDIT, SAMPLE_GENERATOR, OsmData, osm_report
from geo.intake.population import read_totals
from geo.intake.population_raster import is_raster, read_population_raster
from geo.intake.raw import FileRef
from geo.intake.rows import Read
from geo.intake.street_layer import Joining, read_street_layer
from geo.intake.units import read_units
from geo.model import tables
from geo.model.crs import WGS84
from geo.model.errors import InputError, LifeCircleError, LimitError, NetworkError, Problem, problem_of, told
from geo.model.study import FileReport, LoadReport, Source

SAMPLE_CREDIT = "示例数据（虚构） / sample data, made up"


@dataclass(frozen=True)
class Inputs:
    """The files of a study. Streets come from ``osm``, ``streets``, or ``place`` (already asked for online)."""

    osm: FileRef | None = None
    streets: FileRef | None = None
    place: OsmData | None = None
    units: tuple[FileRef, ...] = ()
    facilities: tuple[FileRef, ...] = ()
    demand: FileRef | None = None
    population: FileRef | None = None
    walls: FileRef | None = None
    gates: FileRef | None = None
    elevation: FileRef | None = None
    mend_units: bool = False
    is_merged: bool = True
    decisions: FileRef | None = None
    categories: tuple[Path, ...] = ()
    """Category tables of the planner's own, read after ours."""
    columns: tuple[Path, ...] = ()
    """Mappings of columns, read before our own headings."""
    joining: Joining = field(default_factory=Joining)

    def tables(self) -> tuple[tuple[str, FileRef], ...]:
        """Return every file that is read as a table, each with its role."""
        one = ("streets", "demand", "population", "walls", "gates")
        lone = [(role, ref) for role in one if (ref := getattr(self, role)) is not None and not is_raster(ref)]
        return (*(("units", ref) for ref in self.units), *(("facilities", ref) for ref in self.facilities), *lone)


@dataclass
class Loading:
    """What loading has gathered so far, in EPSG:4326."""

    parts: dict[str, list[gpd.GeoDataFrame]] = field(default_factory=lambda: {n: [] for n in tables.STUDY_TABLES})
    files: list[FileReport] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    faults: list[Problem] = field(default_factory=list)
    totals: pd.DataFrame | None = None
    ranked: tuple[Problem, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def take_streets(loading: Loading, inputs: Inputs, categories: CategoryTable, aliases: Aliases) -> None:
    """Read where the streets come from, OpenStreetMap or a layer."""
    if inputs.osm is not None:
        with gathering(loading, inputs.osm):
            homes = [("demand", ref) for ref in (inputs.demand,) if ref is not None and not is_raster(ref)]
            around = [("units", ref) for ref in inputs.units] or homes
            with cut_to(inputs.osm.path, around, aliases) as path:
                data = read_osm(path, categories, inputs.osm.name)
                is_cut = path != inputs.osm.path
            _take_osm(loading, data, inputs.osm.name, inputs.osm.sha256(), is_cut=is_cut)
    elif inputs.place is not None:
        _take_osm(loading, inputs.place, "OpenStreetMap online", "")
    elif inputs.streets is not None:
        _try(loading, "streets", inputs.streets, lambda ref: read_street_layer(ref, aliases, inputs.joining))


def _take_osm(loading: Loading, data: OsmData, name: str, sha256: str, *, is_cut: bool = False) -> None:
    for table in ("streets", "facilities", "entrances", "walls", "gates", "backdrop"):
        loading.parts[table].append(getattr(data, table))
    is_made_up = data.generator == SAMPLE_GENERATOR
    credit = SAMPLE_CREDIT if is_made_up else CREDIT
    loading.sources.append(Source("osm", name, sha256, WGS84, credit, data.data_date, is_made_up))
    report = osm_report(data, name)
    loading.files.append(with_cut(report) if is_cut else report)


def take_files(loading: Loading, inputs: Inputs, categories: CategoryTable, aliases: Aliases) -> None:
    """Read every other file; a file that cannot be used is told together with the others."""
    for ref in inputs.facilities:
        _try(loading, "facilities", ref, lambda r: _facilities(loading, r, aliases, categories))
    for ref in inputs.units:
        _try(loading, "units", ref, lambda r: _units(loading, r, aliases))
    is_open = [any(p.code == "level_assumed" for p in f.problems) for f in loading.files if f.role == "units"]
    loading.parts["units"], loading.ranked = rank_files(loading.parts["units"], is_open)
    for role, one, reader in (
        ("demand", inputs.demand, read_demand if not is_raster(inputs.demand) else lambda r, _: _people(loading, r)),
        ("walls", inputs.walls, read_walls),
        ("gates", inputs.gates, read_gates),
    ):
        if one is not None:
            _try(loading, role, one, lambda r, read=reader: read(r, aliases))  # type: ignore[misc]

    if inputs.population is not None:
        with gathering(loading, inputs.population):
            loading.totals, report = read_totals(inputs.population, aliases)
            loading.files.append(report)
            digest = report.facts.get("sha256") or inputs.population.sha256()
            loading.sources.append(Source("population", inputs.population.name, digest))


def _facilities(loading: Loading, ref: FileRef, aliases: Aliases, categories: CategoryTable) -> Read:
    (table, report), entrances = read_facilities(ref, aliases, categories)
    taken = {i for part in loading.parts["facilities"] for i in part["facility_id"]}
    doubled = int(table["facility_id"].isin(taken).sum())
    if doubled:
        for frame in (table, entrances):
            frame["facility_id"] = f"{ref.stem}/" + frame["facility_id"].astype(str)
        message = told("{ids} ids are those of another file; here they begin with '{prefix}/'.", ids=doubled,
                       prefix=ref.stem)  # fmt: skip
        problem = Problem(ref.name, message, code="ids_renamed", count=doubled, severity="note")
        report = replace(report, problems=(*report.problems, problem))
    loading.parts["entrances"].append(entrances)
    return table, report


def _people(loading: Loading, ref: FileRef) -> Read:
    """Read people from a raster, about as far as the streets go."""
    return read_population_raster(ref, tuple(loading.parts["streets"][0].total_bounds))


def _units(loading: Loading, ref: FileRef, aliases: Aliases) -> Read:
    table, report = read_units(ref, aliases)
    taken = {i for part in loading.parts["units"] for i in part["unit_id"]}
    doubled = sorted(set(table["unit_id"]) & taken)
    if doubled and any(p.code == "id_missing" for p in report.problems):
        table["unit_id"] = f"{ref.stem}/" + table["unit_id"].astype(str)
    elif doubled:
        message = told("{units} units stand in another file already: {examples}.", units=len(doubled),
                       examples=", ".join(doubled[:5]))  # fmt: skip
        problem = Problem(ref.name, message, "Make ids unique.", code="duplicate_id", count=len(doubled))
        raise InputError(problem)
    return table, report


def _try(loading: Loading, role: str, ref: FileRef, reader: Callable[[FileRef], Read]) -> None:
    """Read a file into the tables of its role."""
    with gathering(loading, ref):
        table, report = reader(ref)
        loading.parts[role].append(table)
        loading.files.append(report)
        loading.sources.append(Source(role, ref.name, report.facts.get("sha256") or ref.sha256(), report.facts["crs"]))


@contextmanager
def gathering(loading: Loading, ref: FileRef) -> Iterator[None]:
    """Keep what is wrong with a file as a whole, to be told together with the faults of the others."""
    try:
        yield
    except LimitError:
        raise
    except LifeCircleError as fault:
        loading.faults += fault.problems or (problem_of(fault, ref.name),)


def refuse_faults(loading: Loading) -> None:
    """Raise where a file could not be used, telling the faulty rows of the others too, or where no street was found."""
    if loading.faults:
        raise InputError([*loading.faults, *LoadReport(tuple(loading.files)).errors])
    if all(part.empty for part in loading.parts["streets"]):
        raise NetworkError("No walkable street was found. Give an OSM file or a street layer that covers the area.")
