"""Choosing sites whole, searches and proof included, against spopt building the model of the same question."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

try:
    from spopt.locate import MCLP
except ImportError:
    MCLP = None

from benchmarks.assessing import ADULT, made_city, made_standard
from benchmarks.cities import DATA, REAL, shifted
from benchmarks.timing import Ratio, in_turn
from geo.assess import prepare
from geo.intake.gather import Inputs
from geo.intake.load import load_study
from geo.intake.raw import FileRef
from geo.model.standards import read_profile, read_standard
from geo.plan.baseline import Baseline, baseline
from geo.plan.briefs import Brief
from geo.plan.candidates import Candidates, street_candidates
from geo.plan.sites import find_sites
from geo.walk.network import Network

SITES, MOST, HOMES = 20, 5000, 200
"""Sites to find; candidates at most; homes that spopt is measured on."""

CATEGORY = "kindergarten"


def siting_cases(network: Network) -> list[Ratio]:
    """Return the ratio for the sample, a real city where it is here, and a made city of a million nodes."""
    sample, real = DATA / "sample", REAL / "las-palmas"
    return [
        _case("sites_vs_spopt_sample", lambda: _loaded(_sample_inputs(sample)), CATEGORY),
        _case("sites_vs_spopt_city", (lambda: _loaded(_real_inputs(real))) if real.is_dir() else None, CATEGORY),
        _case("sites_vs_spopt_million", lambda: _made(network), "c0"),
    ]


def _case(name: str, make: Callable[[], Baseline] | None, category: str) -> Ratio:
    """Most people newly covered by so many sites: greedy choice with exchanges and its proven bound."""
    if make is None or MCLP is None:
        return Ratio(name, None, {}, "spopt is not installed" if make else "the real data are not here")
    base = make()
    candidates = street_candidates(base)
    candidates = candidates.take(np.unique(np.linspace(0, len(candidates.ids) - 1, MOST).astype(int)))
    brief, gaps = Brief((category,), SITES, is_exact=False), list[float]()

    def ours() -> None:
        gaps[:] = [find_sites(base, brief, candidates).figures["gap"]]

    model_s, share = _spopt_model(base, candidates)
    took = {**in_turn(1, ours=ours), "spopt_model": model_s / share}
    note = (
        f"{len(base.network.node_id):,} nodes, {len(base.study.demand):,} homes, {len(candidates.ids):,} candidates:"
        f" {SITES / took['ours']:.1f} sites a second, at most {gaps[0]:.1%} from the best; spopt builds its model on"
        f" {min(HOMES, len(base.study.demand)):,} homes from ready distances, scaled, and solves nothing"
    )
    return Ratio(name, took["spopt_model"] / took["ours"], took, note)


def _spopt_model(base: Baseline, candidates: Candidates) -> tuple[float, float]:
    """Return seconds to build the model for some of the homes, and which share of all they are."""
    homes = shapely.get_coordinates(base.study.demand.geometry.to_numpy())
    some = np.unique(np.linspace(0, len(homes) - 1, HOMES).astype(int))
    at = shapely.get_coordinates(candidates.points.to_numpy())
    metres = np.hypot(*(homes[some][:, None] - at).transpose(2, 0, 1))
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        MCLP.from_cost_matrix(metres, base.study.demand["people"].to_numpy()[some], 300.0, SITES)
    return time.perf_counter() - begin, len(some) / len(homes)


def _loaded(inputs: Inputs) -> Baseline:
    study = load_study("bench", inputs, DATA, accept_faults=True)
    standard = read_standard(DATA / "standards" / "gb50180-2018.yaml")
    return baseline(study, prepare(study), standard, read_profile(DATA / "profiles" / "adult.yaml"))


def _made(network: Network) -> Baseline:
    network = shifted(network)
    standard: Any = replace(made_standard(), rules=made_standard().rules[:1])
    return baseline(made_city(network), network, standard, ADULT)


def _sample_inputs(folder: Path) -> Inputs:
    return Inputs(
        osm=FileRef(folder / "jinxi.osm.pbf"), units=(FileRef(folder / "units.geojson"),),
        facilities=(FileRef(folder / "facilities.csv"),), demand=FileRef(folder / "demand.csv"),
        walls=FileRef(folder / "walls.geojson"), gates=FileRef(folder / "gates.geojson"),
    )  # fmt: skip


def _real_inputs(folder: Path) -> Inputs:
    return Inputs(osm=FileRef(folder / "las_palmas_2023.osm.pbf"), demand=FileRef(folder / "population_cells_2015.csv"))
