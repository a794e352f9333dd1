"""From a planner's files to a study: everything read, projected, held against each other, and reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.intake.checks import check_together
from geo.intake.classify import CategoryTable, read_categories
from geo.intake.columns import read_aliases
from geo.intake.decisions import read_decisions
from geo.intake.elevation import COLUMNS as SLOPES
from geo.intake.elevation import climb_of
from geo.intake.gather import Inputs, Loading, gathering, refuse_faults, take_files, take_streets
from geo.intake.levels import complete_levels
from geo.intake.mapping import with_mappings
from geo.intake.mending import mend_units
from geo.intake.merge import merge_facilities
from geo.intake.outlines import open_outlines
from geo.intake.parents import settle_parents
from geo.intake.parts import fold_parts
from geo.intake.population import spread_totals
from geo.intake.raw import FileRef
from geo.intake.shifts import find_shifts
from geo.intake.states import find_disputed, keep_apart
from geo.intake.thin import check_streets
from geo.model import tables
from geo.model.crs import WGS84, ground_scale, metric_crs
from geo.model.errors import InputError, Problem
from geo.model.study import LoadReport, Progress, Source, Study, no_progress


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
    aliases = with_mappings(read_aliases(data / "columns.yaml"), *inputs.columns)
    categories = read_categories(data / "categories" / "categories.yaml", *inputs.categories)
    loading = Loading(sources=[Source("columns", path.name, FileRef(path).sha256()) for path in inputs.columns])
    progress("reading streets", 0.05)
    take_streets(loading, inputs, categories, aliases)
    progress("reading the planner's files", 0.6)
    take_files(loading, inputs, categories, aliases)
    refuse_faults(loading)
    progress("projecting", 0.8)
    study = _with_slopes(_study(name, loading), inputs.elevation, loading)
    entrances, entered = open_outlines(study)
    study = replace(study, entrances=entrances)
    study, merged = _merge(study, loading, inputs, categories) if inputs.is_merged else (study, ())
    progress("checking the files against each other", 0.9)
    units, settled = _settle_units(study.units, loading, is_mended=inputs.mend_units)
    study = replace(study, units=units)
    if loading.totals is not None and inputs.population is not None:
        demand, spread = spread_totals(study, loading.totals, inputs.population.name)
        study, settled = replace(study, demand=demand), (*settled, *spread)
    findings, facts = check_together(study)
    facts["people_by_source"] = study.demand.groupby("people_source")["people"].sum().round(3).to_dict()
    thin, figures = check_streets(study)
    findings, facts = (*entered, *merged, *settled, *findings, *thin, *find_shifts(study)), {**facts, **figures}
    study = replace(study, report=LoadReport(tuple(loading.files), findings, {**loading.facts, **facts}))
    if study.report.errors and not accept_faults:
        raise InputError(study.report.errors)
    progress("done", 1.0)
    return study


def _merge(
    study: Study, loading: Loading, inputs: Inputs, categories: CategoryTable
) -> tuple[Study, tuple[Problem, ...]]:
    """Return the study with every place once, with its parts, by name and distance and what was decided before."""
    ref = inputs.decisions
    decisions = read_decisions(ref.path) if ref is not None and ref.path.exists() else {}
    study, folded = fold_parts(study, categories)
    study, findings, facts = merge_facilities(study, decisions)
    by_category = study.facilities["category"].value_counts().sort_index().to_dict()
    loading.facts |= {**facts, "facilities_by_category": by_category}
    return study, (*folded, *findings, *find_disputed(study))


def _settle_units(
    units: gpd.GeoDataFrame, loading: Loading, *, is_mended: bool
) -> tuple[gpd.GeoDataFrame, tuple[Problem, ...]]:
    """Return the units in their levels, mended where that was asked for, and what was found."""
    ranked = loading.ranked
    units, made = complete_levels(units)
    units, settled = settle_parents(units)
    units, mended = mend_units(units) if is_mended else (units, ())
    return units, (*ranked, *made, *settled, *mended)


def _study(name: str, loading: Loading) -> Study:
    west, south, east, north = loading.parts["streets"][0].total_bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    crs = metric_crs(lon, lat)
    made = {
        table: _joined(declared, loading.parts[table]).to_crs(crs) for table, declared in tables.STUDY_TABLES.items()
    }
    made["facilities"], made["entrances"], made["not_open"] = keep_apart(made["facilities"], made["entrances"])
    streets = made["streets"]
    streets[list(SLOPES)] = np.nan
    streets["length_m"] = streets.geometry.length / ground_scale(crs, lon, lat)
    private = streets.pop("is_private") if "is_private" in streets else None
    by_kind = streets.groupby("kind")["length_m"].sum().round().sort_values(ascending=False)
    loading.facts |= {
        "street_m_by_kind": {str(kind): float(metres) for kind, metres in by_kind.items()},
        "street_m": float(streets["length_m"].sum().round()),
        "private_m": float(streets.loc[private.astype(bool), "length_m"].sum().round()) if private is not None else 0.0,
        "facilities_by_category": made["facilities"]["category"].value_counts().sort_index().to_dict(),
        "facilities_not_open": made["not_open"]["state"].value_counts().sort_index().to_dict(),
    }
    return Study(name=name, crs=crs, sources=tuple(loading.sources), **made)


def _with_slopes(study: Study, ref: FileRef | None, loading: Loading) -> Study:
    """Return the study with the slopes of its streets, as an elevation raster tells them."""
    if ref is None:
        return study
    with gathering(loading, ref):
        climb, report = climb_of(study.streets, ref)
        loading.files.append(report)
        source = Source("elevation", ref.name, ref.sha256(), report.facts["crs"])
        streets = study.streets.assign(**climb)
        study = replace(study, streets=streets, sources=(*study.sources, source))
    refuse_faults(loading)
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
