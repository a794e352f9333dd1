"""From a planner's files to a study: everything read, projected, held against each other, and reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.intake.checks import check_together
from geo.intake.classify import CategoryTable, read_categories
from geo.intake.cut import cut_to, with_cut
from geo.intake.decisions import read_decisions
from geo.intake.elevation import climb_of
from geo.intake.layer import Aliases, read_aliases
from geo.intake.levels import complete_levels, rank_files
from geo.intake.mending import mend_units
from geo.intake.merge import merge_facilities
from geo.intake.osm import read_osm
from geo.intake.osm_tables import CREDIT, SAMPLE_GENERATOR, OsmData, osm_report
from geo.intake.parents import settle_parents
from geo.intake.planner import Read, read_demand, read_facilities, read_gates, read_units, read_walls
from geo.intake.population import read_totals, spread_totals
from geo.intake.population_raster import is_raster, read_population_raster
from geo.intake.raw import FileRef
from geo.intake.shifts import find_shifts
from geo.intake.street_layer import read_street_layer
from geo.intake.thin import check_streets
from geo.model import tables
from geo.model.crs import WGS84, ground_scale, metric_crs
from geo.model.errors import InputError, LifeCircleError, LimitError, NetworkError, Problem
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
    population: FileRef | None = None
    walls: FileRef | None = None
    gates: FileRef | None = None
    elevation: FileRef | None = None
    mend_units: bool = False
    is_merged: bool = True
    decisions: FileRef | None = None
    categories: tuple[Path, ...] = ()
    """Category tables of the planner's own, read after ours."""


@dataclass
class _Loading:
    """What loading has gathered so far, in EPSG:4326."""

    parts: dict[str, list[gpd.GeoDataFrame]] = field(default_factory=lambda: {n: [] for n in tables.STUDY_TABLES})
    files: list[FileReport] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    faults: list[Problem] = field(default_factory=list)
    totals: pd.DataFrame | None = None
    ranked: tuple[Problem, ...] = ()
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
    categories = read_categories(data / "categories" / "categories.yaml", *inputs.categories)
    loading = _Loading()
    progress("reading streets", 0.05)
    _take_streets(loading, inputs, categories, aliases)
    progress("reading the planner's files", 0.6)
    _take_files(loading, inputs, categories, aliases)
    _refuse_faults(loading)
    progress("projecting", 0.8)
    study = _with_slopes(_study(name, loading), inputs.elevation, loading)
    study, merged = _merge(study, loading, inputs) if inputs.is_merged else (study, ())
    progress("checking the files against each other", 0.9)
    units, settled = _settle_units(study.units, loading, is_mended=inputs.mend_units)
    study = replace(study, units=units)
    if loading.totals is not None and inputs.population is not None:
        demand, spread = spread_totals(study, loading.totals, inputs.population.name)
        study, settled = replace(study, demand=demand), (*settled, *spread)
    findings, facts = check_together(study)
    facts["people_by_source"] = study.demand.groupby("people_source")["people"].sum().round(3).to_dict()
    thin, figures = check_streets(study)
    findings, facts = (*merged, *settled, *findings, *thin, *find_shifts(study)), {**facts, **figures}
    study = replace(study, report=LoadReport(tuple(loading.files), findings, {**loading.facts, **facts}))
    if study.report.errors and not accept_faults:
        raise InputError(study.report.errors)
    progress("done", 1.0)
    return study


def _merge(study: Study, loading: _Loading, inputs: Inputs) -> tuple[Study, tuple[Problem, ...]]:
    """Return the study with every place once, by name and distance and by what was decided before."""
    ref = inputs.decisions
    decisions = read_decisions(ref.path) if ref is not None and ref.path.exists() else {}
    study, findings, facts = merge_facilities(study, decisions)
    by_category = study.facilities["category"].value_counts().sort_index().to_dict()
    loading.facts |= {**facts, "facilities_by_category": by_category}
    return study, findings


def _settle_units(
    units: gpd.GeoDataFrame, loading: _Loading, *, is_mended: bool
) -> tuple[gpd.GeoDataFrame, tuple[Problem, ...]]:
    """Return the units in their levels, mended where that was asked for, and what was found."""
    ranked = loading.ranked
    units, made = complete_levels(units)
    units, settled = settle_parents(units)
    units, mended = mend_units(units) if is_mended else (units, ())
    return units, (*ranked, *made, *settled, *mended)


def _take_streets(loading: _Loading, inputs: Inputs, categories: CategoryTable, aliases: Aliases) -> None:
    """Read where the streets come from, OpenStreetMap or a layer."""
    if inputs.osm is not None:
        with _gathering(loading, inputs.osm):
            homes = [("demand", ref) for ref in (inputs.demand,) if ref is not None and not is_raster(ref)]
            around = [("units", ref) for ref in inputs.units] or homes
            with cut_to(inputs.osm.path, around, aliases) as path:
                data = read_osm(path, categories, inputs.osm.name)
                is_cut = path != inputs.osm.path
            _take_osm(loading, data, inputs.osm.name, inputs.osm.sha256(), is_cut=is_cut)
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


def _take_osm(loading: _Loading, data: OsmData, name: str, sha256: str, *, is_cut: bool = False) -> None:
    for table in ("streets", "facilities", "entrances", "walls", "gates", "backdrop"):
        loading.parts[table].append(getattr(data, table))
    is_made_up = data.generator == SAMPLE_GENERATOR
    credit = SAMPLE_CREDIT if is_made_up else CREDIT
    loading.sources.append(Source("osm", name, sha256, WGS84, credit, data.data_date, is_made_up))
    loading.files.append(osm_report(data, name))
    if is_cut:
        loading.files[-1] = with_cut(loading.files[-1])


def _take_files(loading: _Loading, inputs: Inputs, categories: CategoryTable, aliases: Aliases) -> None:
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
        with _gathering(loading, inputs.population):
            loading.totals, report = read_totals(inputs.population, aliases)
            loading.files.append(report)
            loading.sources.append(Source("population", inputs.population.name, inputs.population.sha256()))


def _facilities(loading: _Loading, ref: FileRef, aliases: Aliases, categories: CategoryTable) -> Read:
    (table, report), entrances = read_facilities(ref, aliases, categories)
    taken = {i for part in loading.parts["facilities"] for i in part["facility_id"]}
    doubled = int(table["facility_id"].isin(taken).sum())
    if doubled:
        for frame in (table, entrances):
            frame["facility_id"] = f"{ref.stem}/" + frame["facility_id"].astype(str)
        message = f"{doubled} ids are those of another file; here they begin with '{ref.stem}/'."
        problem = Problem(ref.name, message, code="ids_renamed", count=doubled, severity="note")
        report = replace(report, problems=(*report.problems, problem))
    loading.parts["entrances"].append(entrances)
    return table, report


def _people(loading: _Loading, ref: FileRef) -> Read:
    """Read people from a raster, about as far as the streets go."""
    return read_population_raster(ref, tuple(loading.parts["streets"][0].total_bounds))


def _units(loading: _Loading, ref: FileRef, aliases: Aliases) -> Read:
    table, report = read_units(ref, aliases)
    taken = {i for part in loading.parts["units"] for i in part["unit_id"]}
    doubled = sorted(set(table["unit_id"]) & taken)
    if doubled and any(p.code == "id_missing" for p in report.problems):
        table["unit_id"] = f"{ref.stem}/" + table["unit_id"].astype(str)
    elif doubled:
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
        loading.sources.append(Source(role, ref.name, ref.sha256(), report.facts["crs"]))


@contextmanager
def _gathering(loading: _Loading, ref: FileRef) -> Iterator[None]:
    """Keep what is wrong with a file as a whole, to be told together with the faults of the others."""
    try:
        yield
    except LimitError:
        raise
    except LifeCircleError as fault:
        told = Problem(ref.name, str(fault).removeprefix(f"{ref.name}: "), code=fault.code)
        loading.faults += fault.problems or (told,)


def _study(name: str, loading: _Loading) -> Study:
    west, south, east, north = loading.parts["streets"][0].total_bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    crs = metric_crs(lon, lat)
    made = {
        table: _joined(declared, loading.parts[table]).to_crs(crs) for table, declared in tables.STUDY_TABLES.items()
    }
    streets = made["streets"]
    streets[["climb_forward", "climb_back"]] = np.nan
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


def _with_slopes(study: Study, ref: FileRef | None, loading: _Loading) -> Study:
    """Return the study with the slopes of its streets, as an elevation raster tells them."""
    if ref is None:
        return study
    with _gathering(loading, ref):
        climb, report = climb_of(study.streets, ref)
        loading.files.append(report)
        source = Source("elevation", ref.name, ref.sha256(), report.facts["crs"])
        streets = study.streets.assign(climb_forward=climb[:, 0], climb_back=climb[:, 1])
        study = replace(study, streets=streets, sources=(*study.sources, source))
    _refuse_faults(loading)
    return study


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
