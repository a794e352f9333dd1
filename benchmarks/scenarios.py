"""What-if at the speed of a click: edits a second on made and real cities, walls a second, against recomputing."""

from __future__ import annotations

import itertools
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from benchmarks.assessing import ADULT, CRS, made_city, made_standard
from benchmarks.cities import DATA, REAL, shifted
from benchmarks.timing import Ratio, in_turn
from geo.intake.gather import Inputs
from geo.intake.load import load_study
from geo.intake.raw import FileRef
from geo.model.crs import WGS84
from geo.model.standards import read_profile, read_standard
from geo.model.study import Study
from geo.model.tables import STREETS, empty
from geo.plan.apply import apply, misfits
from geo.plan.baseline import Baseline, baseline
from geo.plan.compare import compare
from geo.plan.edits import Edit
from geo.plan.gates import Wanted, find_gates, for_gates
from geo.plan.openings import find_openings
from geo.plan.quick import Standing, compare_quickly, standing
from geo.plan.scenario import Scenario
from geo.walk.build import build_network
from geo.walk.network import Network

EDITS, SPAN_M, SEED = 8, 120.0, 12
"""So many edits of each kind are drawn; a link is about so long."""


def made_case(network: Network) -> Ratio:
    """Return how much quicker an edit is answered on a made city than by recomputing: 25 categories, 40 rules."""
    network = shifted(network)
    city = made_city(network)
    study = replace(city, streets=_streets(network), units=city.units.assign(name_en=None))
    base = baseline(study, network, made_standard(), ADULT)
    return _edits(f"edit_vs_recompute_{round(len(network.node_xy), -3) // 1000}k", base)


def real_cases() -> list[Ratio]:
    """Return the same for the sample and Las Palmas, by the national standard, and walls a second on the sample."""
    profile, standard = (
        read_profile(DATA / "profiles" / "adult.yaml"), read_standard(DATA / "standards" / "gb50180-2018.yaml")
    )  # fmt: skip
    sample = _sample()
    base = baseline(sample, build_network(sample), standard, profile)
    found = [_edits("edit_vs_recompute_sample", base), _walls(base)]
    file = REAL / "las-palmas" / "las_palmas_2023.osm.pbf"
    if not file.is_file():
        return [*found, Ratio("edit_vs_recompute_las_palmas", None, {}, "the city is not here")]
    city = load_study("las-palmas", Inputs(osm=FileRef(file)), DATA)
    return [*found, _edits("edit_vs_recompute_las_palmas", baseline(city, build_network(city), standard, profile))]


def _sample() -> Study:
    home = DATA / "sample"
    files = {name: FileRef(home / f"{name}.geojson") for name in ("walls", "gates")}
    return load_study(
        "sample",
        Inputs(
            osm=FileRef(home / "jinxi.osm.pbf"), units=(FileRef(home / "units.geojson"),),
            facilities=(FileRef(home / "facilities.csv"),), demand=FileRef(home / "demand.csv"), **files,
        ),
        DATA,
    )  # fmt: skip


def _edits(name: str, base: Baseline) -> Ratio:
    """Time a new facility and a new link, each at places drawn at random, and everything searched anew."""
    stands, scale = standing(base), base.network.ground_scale
    facilities, links = (itertools.cycle(some) for some in _drawn(base))

    def quickly(edit: Edit) -> None:
        compare_quickly(stands, apply(base.study, Scenario("bench", (edit,)), scale=scale))

    def anew() -> None:
        compare(base, apply(base.study, Scenario("bench", (next(links),)), scale=scale))

    took = in_turn(3, facility=lambda: quickly(next(facilities)), link=lambda: quickly(next(links)))
    took |= in_turn(1, anew=anew)
    note = (
        f"{len(base.network.node_id):,} nodes, {len(base.unit):,} places, {len(base.found.categories)} categories,"
        f" {len(base.standard.rules)} rules; checked, applied, judged, told; {1 / took['facility']:.1f} facilities"
        f" or {1 / took['link']:.1f} links a second"
    )
    return Ratio(name, took["anew"] / took["link"], took, note)


def _drawn(base: Baseline) -> tuple[list[Edit], list[Edit]]:
    """Return new facilities beside streets, and new paths from one street to the next that no wall is in the way of."""
    dice, xy = np.random.default_rng(SEED), base.network.node_xy
    at = xy[dice.choice(np.flatnonzero(base.network.component == 0), 4 * EDITS, replace=False)]
    turn = dice.uniform(0, 2 * np.pi, len(at))
    to = at + SPAN_M * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    begin, end = (
        gpd.GeoSeries(gpd.points_from_xy(*points.T), crs=base.study.crs).to_crs(WGS84).get_coordinates().to_numpy()
        for points in (at, to)
    )
    category = base.standard.categories[0]
    facilities = [Edit("add_facility", {"category": category, "at": place}) for place in begin.tolist()]
    lines = zip(begin.tolist(), end.tolist(), strict=True)
    links = [Edit("add_path", {"line": [a, b], "form": "path"}) for a, b in lines]
    scale = base.network.ground_scale
    fitting = (e for e in links if not misfits(base.study, Scenario("bench", (e,)), scale=scale))
    return facilities, list(itertools.islice(fitting, EDITS))


def _walls(base: Baseline) -> Ratio:
    """Rank the walls of a study for one category, and open as many one by one with everything searched anew."""
    stands: Standing = standing(replace(base, standard=for_gates(base.standard)))
    wanted = Wanted(1, ("kindergarten",))
    walls = base.study.walls
    middles = walls.geometry.interpolate(0.5, normalized=True).to_crs(WGS84)
    each = itertools.cycle(
        Edit("open_wall", {"wall_id": wall, "at": [p.x, p.y]})
        for wall, p in zip(walls["wall_id"], middles, strict=True)
    )

    def ours() -> None:
        base.network.made.pop(find_openings, None)
        find_gates(stands, wanted)

    def one() -> None:
        compare(base, apply(base.study, Scenario("bench", (next(each),)), scale=base.network.ground_scale))

    took = in_turn(1, ours=ours, one_anew=one)
    count = len(walls)
    note = f"{count} walls ranked, {count / took['ours']:.0f} a second, against opening each and recomputing"
    return Ratio("walls_vs_recompute", took["one_anew"] * count / took["ours"], took, note)


def _streets(network: Network) -> gpd.GeoDataFrame:
    """Return the streets of a made network as a table, a row an edge."""
    edges = len(network.edge_cm)
    table = {name: None for name in empty(STREETS, CRS).columns if name != "geometry"}
    table |= {
        "edge_id": np.char.add("e", np.arange(edges).astype(str)).astype(object), "kind": "residential",
        "from_node": network.node_id[network.edge_from], "to_node": network.node_id[network.edge_to],
        "length_m": network.edge_cm / 100, "is_steps": np.zeros(edges, bool),
    }  # fmt: skip
    return gpd.GeoDataFrame(pd.DataFrame(table, index=range(edges)), geometry=network.lines, crs=CRS)
