"""Assessing a made city whole, against the searches it needs: how much the judging costs beside the walking."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.cities import shifted
from benchmarks.timing import CATEGORIES, NODES, Ratio, in_turn
from geo.assess import assess
from geo.judge.reachable import find_reachable
from geo.judge.rollup import milli
from geo.model.standards import Profile, Rule, Standard, Text
from geo.model.study import Study
from geo.model.tables import STUDY_TABLES, empty
from geo.walk.network import Network
from geo.walk.reach import nearest_of_groups
from geo.walk.within import people_within

CRS = "EPSG:4544"
PLACES, FACILITIES, SIDE, RULES, SEED = 300_000, 25_000, 55, 40, 5
"""A million nodes have so many places, facilities of all categories, communities along a side; and rules."""

ADULT = Profile("adult", Text("成年人", "adult"), 1.2, 0.6, "made")


def made_standard() -> Standard:
    """Return rules in metres for the categories in turn, every eighth in minutes, at four distances."""
    words, distances = Text("规则", "rule"), (300.0, 500.0, 800.0, 1000.0)
    rules = [
        Rule(
            f"r{n}", (f"c{n % CATEGORIES}",), "15min", "must", words, "1", "ours", "made",
            threshold_m=None if n % 8 == 7 else distances[n % 4], threshold_min=10.0 if n % 8 == 7 else None,
        )
        for n in range(RULES)
    ]  # fmt: skip
    return Standard("made", Text("标准", "standard"), "1", "made", 0.9, "ours", tuple(rules))


def made_city(network: Network) -> Study:
    """Return homes and facilities beside the streets of a made network, and square communities in sub-districts."""
    dice = np.random.default_rng(SEED)
    share = len(network.node_xy) / NODES
    places, facilities, side = round(PLACES * share), round(FACILITIES * share), round(SIDE * share**0.5)
    at = shapely.points(
        network.node_xy[dice.integers(0, len(network.node_xy), places)] + dice.uniform(-9, 9, (places, 2))
    )
    people = dice.integers(1, 200, places).astype(float)
    tables = {name: empty(table, CRS) for name, table in STUDY_TABLES.items()}
    serve = shapely.points(
        network.node_xy[dice.integers(0, len(network.node_xy), facilities)] + dice.uniform(-9, 9, (facilities, 2))
    )
    ids = [f"f{n}" for n in range(facilities)]
    kinds = [f"c{n % CATEGORIES}" for n in range(facilities)]
    return Study(
        name="made",
        crs=CRS,
        **tables
        | {
            "demand": _table("demand", at, demand_id=[f"d{n}" for n in range(places)], people=people),
            "facilities": _table("facilities", serve, facility_id=ids, name=ids, category=kinds),
            "entrances": _table("entrances", serve, facility_id=ids),
            "units": _communities(network, side),
        },
    )


def assess_case(network: Network) -> Ratio:
    """Return the time to assess a city over the time of its searches: the nearest of every category, people in reach.

    The nearest is searched in metres and in seconds; people in reach are counted by a search from every facility.
    """
    network = shifted(network)
    study, standard = made_city(network), made_standard()
    found = find_reachable(study, network, standard, ADULT)

    def nearest() -> None:
        for _ in ("metres", "seconds"):
            nearest_of_groups(network, found.entrances, found.homes, groups=len(found.categories))

    def whole() -> None:
        assess(study, network, standard, ADULT, code_version="bench", created="2026-11-24")

    def within() -> None:
        limit = np.full(len(study.facilities), 1000.0)
        weight = milli(study.demand["people"].to_numpy())
        people_within(network, found.entrances, found.homes, weight=weight, owners=len(limit), limit_m=limit)

    seconds = in_turn(1, nearest=nearest, people_in_reach=within, assess=whole)
    note = (
        f"whole / both searches; {len(network.node_xy):,} nodes, {len(study.demand):,} places,"
        f" {CATEGORIES} categories, {len(study.units) - 1:,} communities, {RULES} rules; joining, verdicts, gaps with"
        " their causes included; shapes are drawn when somebody looks"
    )
    searches = seconds["nearest"] + seconds["people_in_reach"]
    return Ratio("assess_over_searches", seconds["assess"] / searches, seconds, note)


def _table(table: str, shapes: np.ndarray, **columns: object) -> gpd.GeoDataFrame:  # type: ignore[type-arg]
    """Return a table of a study with all its declared columns, null where nothing is given."""
    lacking = [c.name for c in STUDY_TABLES[table].columns if "{" not in c.name and c.name not in columns]
    values = pd.DataFrame(columns).assign(**dict.fromkeys(lacking))
    return gpd.GeoDataFrame(values, geometry=gpd.GeoSeries(shapes, crs=CRS))


def _communities(network: Network, side: int) -> gpd.GeoDataFrame:
    west, south = network.node_xy.min(axis=0) - 50
    step = (network.node_xy.max(axis=0) + 50 - (west, south)) / side
    column, row = (axis.ravel() for axis in np.meshgrid(np.arange(side), np.arange(side)))
    small = shapely.box(west + column * step[0], south + row * step[1], west + (column + 1) * step[0],
                        south + (row + 1) * step[1])  # fmt: skip
    city = shapely.box(west, south, west + side * step[0], south + side * step[1])
    ids = [f"k{n:05d}" for n in range(len(small))]
    return _table(
        "units", np.append(small, city), unit_id=[*ids, "city"], name=[*ids, "city"],
        level=["community"] * len(ids) + ["city"], parent_id=["city"] * len(ids) + [None],
    )  # fmt: skip
