"""A repaired search equals the full search on the edited graph, key for key, and undoing it leaves no trace.

On graphs where the way there and the way back cost the same or not, as uphill, or one cannot be walked at all.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.networks import make_network
from geo.walk.network import Network, pack_arcs
from geo.walk.repair import Link, Search, edited, full_search, repaired, undo
from geo.walk.timed import CLOSED, TimedNetwork

NODES, LIMIT = 24, 900
SHELL = make_network(100)

costs = st.sampled_from([0, 0, 1, 7, 100, 250, 400])
nodes = st.integers(0, NODES - 1)
links = st.tuples(nodes, nodes, costs, costs | st.just(int(CLOSED))) | st.tuples(nodes, nodes, costs).map(
    lambda link: (*link, link[2])
)
seeds = st.lists(st.tuples(st.integers(0, NODES - 1), st.integers(0, 300), st.integers(0, 5)), min_size=1, max_size=6)


def graph_of(pieces: list[Link], nodes: int = NODES) -> Network:
    """A network of links alone: parallel pieces, loops, pieces of no length and islands as they come."""
    start, end, there, back = (np.array(column, np.int32) for column in zip(*pieces, strict=True))
    cost = np.concatenate([there, back])
    cost = np.where(np.tile(start == end, 2), np.tile(np.minimum(there, back), 2), cost)
    tail, head = np.concatenate([start, end]), np.concatenate([end, start])
    order = np.argsort(tail, kind="stable")
    first = np.zeros(nodes + 1, np.uint32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=first[1:])
    edge = np.tile(np.arange(len(start), dtype=np.int32), 2)
    shell = {field.name: getattr(SHELL, field.name) for field in fields(Network)}
    shell |= {"first_arc": first, "arc": pack_arcs(head[order], cost[order]), "arc_edge": edge[order]}
    shell |= {"edge_from": start, "edge_to": end, "edge_cm": there}
    none = np.zeros((len(start), 2), np.int32)
    return TimedNetwork(
        **shell,
        edge_back_cs=back,
        edge_wait_cs=none,
        edge_rate=none.astype(float),
        edge_start_cm=none[:, 0].astype(int),
    )


def keys(found: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    node, cost, label = (np.array(column, np.uint64) for column in zip(*found, strict=True))
    return node.astype(np.uint32), (cost << np.uint64(32)) | label


def search_of(network: Network, found: list[tuple[int, int, int]]) -> Search:
    return full_search(network, *keys(found), LIMIT)


@settings(max_examples=2000, deadline=None, derandomize=True)
@given(
    pieces=st.lists(links, min_size=1, max_size=60),
    begin=seeds,
    opened=st.lists(links, max_size=3),
    closed=st.sets(st.integers(0, 59), max_size=3),
    data=st.data(),
)
def test_a_repair_equals_the_full_search(
    pieces: list[Link],
    begin: list[tuple[int, int, int]],
    opened: list[Link],
    closed: set[int],
    data: st.DataObject,
) -> None:
    network = graph_of(pieces)
    search = search_of(network, begin)
    before = search.best.copy()
    closed = {edge for edge in closed if edge < len(pieces)}
    gone = data.draw(st.none() | st.sampled_from([label for *_, label in begin]))
    came = data.draw(st.none() | seeds)
    kept = [seed for seed in begin if seed[2] != gone] + (came or [])
    now, changes = repaired(
        network, edited(network, opened=opened, closed=sorted(closed)), search, label_gone=gone,
        added=keys(came) if came else None,
    )  # fmt: skip
    after = [piece for edge, piece in enumerate(pieces) if edge not in closed] + opened
    whole = graph_of(after or [(0, 0, 0, 0)])
    if kept:
        assert np.array_equal(now.best, search_of(whole, kept).best)
    else:
        assert (now.best == now.far).all()
    undo(now, changes)
    assert np.array_equal(now.best, before)


def test_edit_after_edit_on_a_city_stays_exact() -> None:
    network = make_network(10_000)
    dice = np.random.default_rng(11)
    node = np.sort(dice.choice(len(network.node_id), 12, replace=False)).astype(np.uint32)
    search = full_search(network, node, np.arange(12, dtype=np.uint64), 120_000)
    opened: list[Link] = []
    closed: list[int] = []
    for turn in range(40):
        if turn % 2:
            closed.append(int(dice.integers(len(network.edge_cm))))
        else:
            a, step, cm = (int(dice.integers(most)) for most in (len(network.node_id) - 40, 40, 3000))
            opened.append((a, a + step, cm, cm))
        search, _ = repaired(network, edited(network, opened=opened, closed=closed), search)
        if turn % 8 == 7:
            pieces = [
                (int(a), int(b), int(cm), int(cm))
                for edge, (a, b, cm) in enumerate(zip(network.edge_from, network.edge_to, network.edge_cm, strict=True))
                if edge not in closed
            ]
            whole = graph_of(pieces + opened, len(network.node_id))
            assert np.array_equal(search.best, full_search(whole, node, np.arange(12, dtype=np.uint64), 120_000).best)


@pytest.mark.parametrize("away", ["opened", "closed"])
def test_an_edit_far_away_touches_nothing(away: str) -> None:
    network = make_network(10_000)
    search = full_search(network, np.array([0], np.uint32), np.array([0], np.uint64), 20_000)
    far = np.flatnonzero(search.best == search.far)
    edge = int(np.flatnonzero(np.isin(network.edge_from, far) & np.isin(network.edge_to, far))[0])
    ends = (int(network.edge_from[edge]), int(network.edge_to[edge]))
    edit = edited(network, opened=[(*ends, 5, 5)]) if away == "opened" else edited(network, closed=[edge])
    _, changes = repaired(network, edit, search)
    assert len(changes.node) == 0
