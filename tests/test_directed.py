"""Walks that cost more one way than the other: every many-to-many answer against networkx, in both directions.

Streets of random towns climb, some can be walked one way only, some are steps. The textbook graph is built from the
outward costs alone; walking towards the facilities must be the same graph walked backwards.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from numpy.typing import NDArray
from test_pairs import matrix_of, sorted_out
from test_walk_oracle import SEEDS, random_town

from geo.model.standards import Profile, Text
from geo.walk.build import build_network
from geo.walk.pairs import counts_of, distances_from, nearest_k_of
from geo.walk.reach import Entrances, nearest_of_groups
from geo.walk.snap import Joins, join
from geo.walk.timed import TimedNetwork, timed_joins, timed_network
from geo.walk.within import people_within

WALKER = Profile("walker", Text("步行者", "walker"), 1.3, 0.4, "town", "tobler", "town")
LIMIT_S = 500.0
Side = tuple[TimedNetwork, Entrances, Joins]


def sloping_town(seed: int) -> tuple[Side, Side, int]:
    """A town of slopes, one-way streets and steps: outwards, towards, and its number of facilities."""
    study, dice = random_town(seed), np.random.default_rng(seed + 500)
    count = len(study.streets)
    climb = dice.uniform(1.0, 3.0, (count, 2))
    climb[dice.random(count) < 0.2, 1] = 1e9
    steps = dice.random(count) < 0.15
    streets = study.streets.assign(climb_forward=climb[:, 0], climb_back=climb[:, 1], is_steps=steps)
    study = replace(study, streets=streets)
    network = build_network(study)
    doors, homes = (join(network, t.geometry, walls=study.walls.geometry) for t in (study.entrances, study.demand))
    rows = {facility: row for row, facility in enumerate(study.facilities["facility_id"])}
    owner = study.entrances["facility_id"].map(rows).to_numpy(dtype=np.int32)

    def side(is_towards: bool) -> Side:
        timed = timed_network(network, WALKER, is_towards=is_towards)
        entrances = Entrances(timed_joins(network, timed, doors, WALKER), owner, np.zeros_like(owner))
        return timed, entrances, timed_joins(network, timed, homes, WALKER)

    return side(False), side(True), len(rows)


def one_way_graph(side: Side) -> nx.MultiDiGraph:
    """The streets split at every foot, each stretch an arc there and an arc back, in hundredths of a second."""
    network, entrances, homes = side
    stops: list[list[tuple[int, int, object]]] = [
        [(0, 0, int(a)), (int(there), int(back), int(b))]
        for a, b, there, back in zip(
            network.edge_from, network.edge_to, network.edge_cm, network.edge_back_cm, strict=True
        )
    ]
    graph = nx.MultiDiGraph()
    for kind, joins in (("door", entrances.joins), ("home", homes)):
        for row in np.flatnonzero(joins.is_joined).tolist():
            foot = ("foot", kind, row)
            stops[joins.edge[row]].insert(1, (int(joins.offset_cm[row]), int(joins.back_cm[row]), foot))
            graph.add_edge((kind, row), foot, weight=int(joins.access_cm[row]))
            graph.add_edge(foot, (kind, row), weight=int(joins.access_cm[row]))
    for along in stops:
        inner = sorted(along[1:-1], key=lambda stop: stop[:2])
        for (there, back, a), (there_b, back_b, b) in itertools.pairwise([along[0], *inner, along[-1]]):
            graph.add_edge(a, b, weight=there_b - there)
            graph.add_edge(b, a, weight=back_b - back)
    return graph


def textbook(side: Side, owners: int, *, is_towards: bool) -> NDArray[np.float64]:
    """Seconds between owners and homes by networkx, ``inf`` beyond the limit."""
    graph = one_way_graph(side)
    graph = graph.reverse() if is_towards else graph
    seconds = np.full((owners, len(side[2].edge)), np.inf)
    for owner in range(owners):
        doors = [("door", row) for row in np.flatnonzero(side[1].owner == owner).tolist() if ("door", row) in graph]
        found = nx.multi_source_dijkstra_path_length(graph, doors) if doors else {}
        for row in range(seconds.shape[1]):
            cost = found.get(("home", row), np.inf)
            seconds[owner, row] = cost / 100 if cost <= LIMIT_S * 100 else np.inf
    return seconds


@pytest.mark.parametrize("is_towards", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_pairs_counts_and_nearest_lead_one_way_and_equal_networkx(seed: int, is_towards: bool) -> None:
    outwards, towards, owners = sloping_town(seed)
    expected = textbook(outwards, owners, is_towards=is_towards)
    network, entrances, homes = towards if is_towards else outwards
    assert matrix_of(network, entrances, homes, owners, limit_m=LIMIT_S).tolist() == expected.tolist()
    counts = counts_of(network, entrances, homes, owners=owners, limit_m=LIMIT_S)
    assert counts.tolist() == np.isfinite(expected).sum(axis=0).tolist()
    for k in (1, 3):
        nearest = nearest_k_of(network, entrances, homes, k=k, limit_m=LIMIT_S)
        owner, walk_s = sorted_out(expected, k)
        assert nearest.owner.tolist() == owner.tolist()
        assert nearest.walk_m.tolist() == walk_s.tolist()
    reach = nearest_of_groups(network, entrances, homes, groups=1, limit_m=LIMIT_S)
    assert reach.place_m[:, 0].tolist() == expected.min(axis=0).tolist()
    people = np.arange(1, len(homes.edge) + 1)
    within = people_within(network, entrances, homes, weight=people, owners=owners, limit_m=np.full(owners, LIMIT_S))
    assert within.tolist() == (np.isfinite(expected) @ people).tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_each_entrance_for_itself_equals_the_pairs_of_its_own(seed: int) -> None:
    (network, entrances, homes), _, _ = sloping_town(seed)
    count = len(entrances.owner)
    each = Entrances(entrances.joins, np.arange(count, dtype=np.int32), entrances.group)
    apart = distances_from(network, entrances, homes, limit_m=LIMIT_S)
    assert apart.tolist() == matrix_of(network, each, homes, count, limit_m=LIMIT_S).tolist()


def test_the_two_directions_differ_in_the_towns_tested() -> None:
    """Otherwise the tests above would say nothing about direction."""
    apart = reached = 0
    for seed in SEEDS:
        outwards, _, owners = sloping_town(seed)
        there, back = (textbook(outwards, owners, is_towards=way) for way in (False, True))
        apart += int((there != back).sum())
        reached += int(np.isfinite(np.minimum(there, back)).sum())
    assert apart > reached / 2 > 100
