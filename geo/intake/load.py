"""From a planner's files to a study: everything read, projected, held against each other, and reported."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geo.intake.checks import check_together
from geo.intake.classify import CategoryTable, read_categories
from geo.intake.layer import Aliases, read_aliases
from geo.intake.osm import read_osm
from geo.intake.osm_tables import CREDIT, SAMPLE_GENERATOR, OsmData
from geo.intake.parents import settle_parents
from geo.intake.planner import Read, read_demand, read_facilities, read_gates, read_units, read_walls
from geo.intake.raw import FileRef
from geo.intake.street_layer import read_street_layer
from geo.model import tables
from geo.model.crs import WGS84, ground_scale, metric_crs
from geo.model.errors import InputError, LifeCircleError, NetworkError, Problem
from geo.model.study import FileReport, LoadReport, Progress, Source, Study, no_progress

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
    walls: FileRef | None = None
    gates: FileRef | None = None


@dataclass
class _Loading:
    """What loading has gathered so far, in EPSG:4326."""

    parts: dict[str, list[gpd.GeoDataFrame]] = field(default_factory=lambda: {n: [] for n in tables.STUDY_TABLES})
    files: list[FileReport] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    faults: list[Problem] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def load_study(
    name: str, inputs: Inputs, data: Path, *, accept_faults: bool = False, progress: Progress = no_progress
) -> Study:
    """Return the study that the files make.

    Parameters
    ----------
    data
        The folder that holds ``columns.yaml`` and ``categories/categories.yaml``.
    accept_faults
        Keep the good rows where some are faulty; the report tells the rest.

    Raises
    ------
    InputError
        A file cannot be used, or any row is faulty and faults are not accepted; every fault of every file is listed.
    NetworkError
        No walkable street was found.
    """
    aliases = read_aliases(data / "columns.yaml")
    categories = read_categories(data / "categories" / "categories.yaml")
    loading = _Loading()
    progress("reading streets", 0.05)
    _take_streets(loading, inputs, categories, aliases)
    progress("reading the planner's files", 0.6)
    _take_files(loading, inputs, categories, aliases)
    _refuse_faults(loading)
    progress("projecting", 0.8)
    study = _study(name, loading)
    progress("checking the files against each other", 0.9)
    units, settled = settle_parents(study.units)
    study = replace(study, units=units)
    findings, facts = check_together(study)
    study = replace(study, report=LoadReport(tuple(loading.files), (*settled, *findings), {**loading.facts, **facts}))
    if study.report.errors and not accept_faults:
        raise InputError(study.report.errors)
    progress("done", 1.0)
    return study


def _take_streets(loading: _Loading, inputs: Inputs, categories: CategoryTable, aliases: Aliases) -> None:
    """Read where the streets come from, OpenStreetMap or a layer."""
    if inputs.osm is not None:
        with _gathering(loading, inputs.osm):
            data = read_osm(inputs.osm.path, categories)
            _take_osm(loading, data, inputs.osm.name, _sha256(inputs.osm.path))
    elif inputs.place is not None:
        _take_osm(loading, inputs.place, "OpenStreetMap online", "")
    elif inputs.streets is not None:
        _try(loading, "streets", inputs.streets, lambda ref: read_street_layer(ref, aliases))


def _refuse_faults(loading: _Loading) -> None:
    """Raise where a file could not be used, telling the faulty rows of the others too, or where no street was found."""
    if loading.faults:
        raise InputError([*loading.faults, *LoadReport(tuple(loading.files)).errors])
    if all(part.empty for part in loading.parts["streets"]):
        raise NetworkError("No walkable street was found. Give an OSM file or a street layer that covers the area.")


def _take_osm(loading: _Loading, data: OsmData, name: str, sha256: str) -> None:
    for table in ("streets", "facilities", "entrances", "walls", "gates", "backdrop"):
        loading.parts[table].append(getattr(data, table))
    is_made_up = data.generator == SAMPLE_GENERATOR
    credit = SAMPLE_CREDIT if is_made_up else CREDIT
    loading.sources.append(Source("osm", name, sha256, WGS84, credit, data.data_date, is_made_up))
    broken = data.facts.get("broken_areas", 0)
    cut = data.facts.get("ways_with_missing_nodes", 0)
    read = len(data.streets) + len(data.facilities) + broken
    problems = []
    if cut:
        problems.append(
            Problem(name, f"{cut} ways lack nodes, as at the edge of an extract; the rest of them is used.",
                    code="nodes_missing", count=cut, severity="note")
        )  # fmt: skip
    if broken:
        problems.append(
            Problem(name, f"{broken} areas or lines could not be put together.", code="area_broken", count=broken,
                    severity="note")
        )  # fmt: skip
    loading.files.append(
        FileReport("osm", name, read, read - broken, 0, broken, tuple(problems), {"unmatched": data.facts["unmatched"]})
    )


def _take_files(loading: _Loading, inputs: Inputs, categories: CategoryTable, aliases: Aliases) -> None:
    """Read every other file; a file that cannot be used is told together with the others."""
    for ref in inputs.facilities:
        _try(loading, "facilities", ref, lambda r: _facilities(loading, r, aliases, categories))
    for ref in inputs.units:
        _try(loading, "units", ref, lambda r: _units(loading, r, aliases))
    for role, one, reader in (
        ("demand", inputs.demand, read_demand),
        ("walls", inputs.walls, read_walls),
        ("gates", inputs.gates, read_gates),
    ):
        if one is not None:
            _try(loading, role, one, lambda r, read=reader: read(r, aliases))  # type: ignore[misc]


def _facilities(loading: _Loading, ref: FileRef, aliases: Aliases, categories: CategoryTable) -> Read:
    (table, report), entrances = read_facilities(ref, aliases, categories)
    taken = {i for part in loading.parts["facilities"] for i in part["facility_id"]}
    doubled = int(table["facility_id"].isin(taken).sum())
    if doubled:
        for frame in (table, entrances):
            frame["facility_id"] = f"{ref.path.stem}/" + frame["facility_id"].astype(str)
        message = f"{doubled} ids are those of another file; here they begin with '{ref.path.stem}/'."
        problem = Problem(ref.name, message, code="ids_renamed", count=doubled, severity="note")
        report = replace(report, problems=(*report.problems, problem))
    loading.parts["entrances"].append(entrances)
    return table, report


def _units(loading: _Loading, ref: FileRef, aliases: Aliases) -> Read:
    table, report = read_units(ref, aliases)
    taken = {i for part in loading.parts["units"] for i in part["unit_id"]}
    doubled = sorted(set(table["unit_id"]) & taken)
    if doubled:
        message = f"{len(doubled)} units stand in another file already: {', '.join(doubled[:5])}."
        problem = Problem(ref.name, message, "Make ids unique.", code="duplicate_id", count=len(doubled))
        raise InputError(problem)
    return table, report


def _try(loading: _Loading, role: str, ref: FileRef, reader: Callable[[FileRef], Read]) -> None:
    """Read a file into the tables of its role."""
    with _gathering(loading, ref):
        table, report = reader(ref)
        loading.parts[role].append(table)
        loading.files.append(report)
        loading.sources.append(_source(role, ref))


@contextmanager
def _gathering(loading: _Loading, ref: FileRef) -> Iterator[None]:
    """Keep what is wrong with a file as a whole, to be told together with the faults of the others."""
    try:
        yield
    except LifeCircleError as fault:
        told = Problem(ref.name, str(fault).removeprefix(f"{ref.name}: "), code=fault.code)
        loading.faults += fault.problems or (told,)


def _source(role: str, ref: FileRef) -> Source:
    return Source(role, ref.name, _sha256(ref.path), ref.crs or "")


def _study(name: str, loading: _Loading) -> Study:
    west, south, east, north = loading.parts["streets"][0].total_bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    crs = metric_crs(lon, lat)
    made = {
        table: _joined(declared, loading.parts[table]).to_crs(crs) for table, declared in tables.STUDY_TABLES.items()
    }
    streets = made["streets"]
    streets["length_m"] = streets.geometry.length / ground_scale(crs, lon, lat)
    private = streets.pop("is_private") if "is_private" in streets else None
    by_kind = streets.groupby("kind")["length_m"].sum().round().sort_values(ascending=False)
    loading.facts |= {
        "street_m_by_kind": {str(kind): float(metres) for kind, metres in by_kind.items()},
        "street_m": float(streets["length_m"].sum().round()),
        "private_m": float(streets.loc[private.astype(bool), "length_m"].sum().round()) if private is not None else 0.0,
        "facilities_by_category": made["facilities"]["category"].value_counts().sort_index().to_dict(),
    }
    return Study(name=name, crs=crs, sources=tuple(loading.sources), **made)


def _joined(declared: tables.Table, parts: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return the parts as one table with the declared columns first."""
    filled = [part for part in parts if not part.empty]
    if not filled:
        return tables.empty(declared, WGS84)
    frame = filled[0] if len(filled) == 1 else pd.concat(filled, ignore_index=True)
    for column in declared.column_names():
        if column not in frame:
            frame[column] = None
    order = [*declared.column_names(), *[c for c in frame if c not in declared.column_names()]]
    return gpd.GeoDataFrame(frame[order], geometry="geometry", crs=WGS84).reset_index(drop=True)


def _sha256(path: Path) -> str:
    """Return the hash of a file; of a folder, that of its files' names and hashes."""
    if path.is_dir():
        inside = sorted((p.relative_to(path).as_posix(), p) for p in path.rglob("*") if p.is_file())
        return hashlib.sha256("".join(f"{name} {_sha256(p)}\n" for name, p in inside).encode()).hexdigest()
    return hashlib.sha256(path.read_bytes()).hexdigest()
