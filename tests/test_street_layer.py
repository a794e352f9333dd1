"""Drawn streets meet where a planner sees them meet, within a tolerance, and never across levels."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cli import EAST, NORTH, call, done, write_town
from test_mapping import ALIASES

from geo.intake.noding import node_lines
from geo.intake.raw import FileRef
from geo.intake.street_layer import Joining, read_street_layer
from geo.model.errors import Problem

SNAP_M = 0.5
XY = tuple[float, float]


def layer(path: Path, *lines: tuple[XY, ...], **columns: list[object]) -> FileRef:
    shapes = [shapely.LineString([(EAST + x, NORTH + y) for x, y in line]) for line in lines]
    frame = gpd.GeoDataFrame({"name": [f"路{n}" for n in range(len(lines))], **columns}, geometry=shapes, crs=4544)
    frame.to_file(path, driver="GPKG")
    return FileRef(path)


def read(ref: FileRef, joining: Joining | None = None) -> tuple[gpd.GeoDataFrame, dict[str, float], dict[str, Problem]]:
    table, report = read_street_layer(ref, ALIASES, joining or Joining(SNAP_M))
    return table.to_crs(4544), report.facts, {problem.code: problem for problem in report.problems}


@pytest.mark.parametrize(("gap", "islands", "joined"), [(0.0, 1, 0), (0.45, 1, 1), (0.55, 2, 0)])
def test_ends_meet_within_the_tolerance(gap: float, islands: int, joined: int, tmp_path: Path) -> None:
    table, facts, notes = read(layer(tmp_path / "s.gpkg", ((0, 0), (100, 0)), ((100 + gap, 0), (200, 0))))
    assert (facts["islands"], facts["ends_joined"], facts["ends_on_lines"]) == (islands, joined, 0)
    assert facts["islands_before"] == (2 if gap else 1)
    assert len(table) == 2 and table["name"].tolist() == ["路0", "路1"]
    assert "within 0.5 m" in notes["streets_joined"].message


@pytest.mark.parametrize(("gap", "pieces"), [(0.0, 3), (0.45, 3), (0.55, 2)])
def test_an_end_on_a_line_cuts_it(gap: float, pieces: int, tmp_path: Path) -> None:
    table, facts, _ = read(layer(tmp_path / "s.gpkg", ((0, 0), (100, 0)), ((40, gap), (40, 80))))
    assert (len(table), facts["islands"]) == (pieces, 1 if pieces == 3 else 2)
    if pieces == 3:
        assert sorted(table.length.round(1)) == pytest.approx([40, 60, 80 - gap], abs=0.06)


def test_a_vertex_within_reach_is_the_place_to_meet(tmp_path: Path) -> None:
    table, facts, _ = read(layer(tmp_path / "s.gpkg", ((0, 0), (40, 0), (100, 0)), ((40.3, 0.3), (40, 80))))
    assert (len(table), facts["islands"], facts["ends_joined"]) == (3, 1, 1)
    assert sorted(table.length) == pytest.approx([40, 60, 80], abs=0.01)


@pytest.mark.parametrize("is_joined", [False, True])
def test_crossings_are_bridges_until_the_planner_says_otherwise(is_joined: bool, tmp_path: Path) -> None:
    ref = layer(tmp_path / "s.gpkg", ((0, 0), (100, 0)), ((30, -50), (30, 50)))
    table, facts, notes = read(ref, Joining(SNAP_M, is_joined))
    assert (len(table), facts["islands"]) == ((4, 1) if is_joined else (2, 2))
    assert facts["crossings_joined" if is_joined else "crossings_left"] == 1
    assert ("crossings_apart" in notes) is not is_joined


@pytest.mark.parametrize("columns", [{"bridge": ["no", "yes"]}, {"层": [0, 1]}, {"隧道": ["是", None]}])
def test_levels_never_meet_where_they_cross_or_pass(columns: dict[str, list[object]], tmp_path: Path) -> None:
    below, over = ((0, 0), (100, 0)), ((30, -50), (30, 50))
    table, facts, _ = read(layer(tmp_path / "s.gpkg", below, over, **columns), Joining(SNAP_M, True))
    assert (len(table), facts["islands"], facts["crossings_joined"]) == (2, 2, 0)


def test_a_ramp_meets_the_ground_and_a_lane_below_no_bridge(tmp_path: Path) -> None:
    ground, bridge, lane = ((0, 0), (100, 0)), ((50, 0.2), (50, 60)), ((10, 30), (49.8, 30))
    table, facts, _ = read(layer(tmp_path / "s.gpkg", ground, bridge, lane, bridge=[False, True, False]))
    assert (len(table), facts["islands"], facts["ends_on_lines"]) == (4, 2, 1)


def test_motorways_and_lines_of_no_length_are_no_streets(tmp_path: Path) -> None:
    lines = ((0.0, 0.0), (100.0, 0.0)), ((0.0, 0.0), (0.0, 9.0)), ((5.0, 5.0), (5.0, 5.0))
    table, _, notes = read(layer(tmp_path / "s.gpkg", *lines, highway=["residential", "motorway", "path"]))
    assert table["kind"].tolist() == ["residential"]
    assert notes["streets_not_walked"].rows == (2,)


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 7))
def test_a_grid_drawn_with_a_shaking_hand_hangs_together_and_nothing_moves_far(seed: int, size: int) -> None:
    shake = np.random.default_rng(seed)
    places = [((x, y), (x + dx, y + dy)) for x in range(size) for y in range(size) for dx, dy in ((1, 0), (0, 1))]
    ends = np.array(places, dtype=float) * 50 + shake.uniform(-0.12, 0.12, (len(places), 2, 2))
    lines = shapely.linestrings(ends)
    noded = node_lines(lines, np.zeros(len(lines), np.int64), SNAP_M, join_crossings=False)
    tips = np.concatenate([shapely.get_point(noded.lines, 0), shapely.get_point(noded.lines, -1)])
    nodes = size * size + 2 * size
    assert len(np.unique(shapely.get_coordinates(tips), axis=0)) == nodes
    assert (shapely.hausdorff_distance(noded.lines, lines) <= SNAP_M).all()
    again = node_lines(noded.lines, np.zeros(len(lines), np.int64), SNAP_M, join_crossings=False)
    assert again.ends_joined == again.ends_on_lines == 0
    assert (shapely.equals(again.lines, noded.lines)).all()


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.integers(0, 10_000))
def test_crossings_are_those_of_an_overlay(seed: int) -> None:
    ends = np.random.default_rng(seed).uniform(0, 1000, (12, 2, 2))
    noded = node_lines(shapely.linestrings(ends), np.zeros(12, np.int64), 0.0, join_crossings=True)
    pieces = sum(shapely.get_num_points(noded.lines)) - len(noded.lines)
    overlay = shapely.node(shapely.multilinestrings(list(shapely.linestrings(ends))))
    assert pieces == shapely.get_num_geometries(overlay)
    assert noded.crossings == (pieces - 12) / 2


def test_the_command_tells_how_streets_were_joined(tmp_path: Path) -> None:
    options = write_town(tmp_path / "files")[2:]
    streets = layer(tmp_path / "s.gpkg", ((0, 0), (280, 0)), ((280.4, 0), (280, 400)), ((140, -9), (140, 9))).path
    out = done(call(tmp_path / "studies", "load", "town", "--streets", streets, "--no-merge", *options))
    assert "1 places where ends nearly touched" in out and "into 2 parts; as drawn, into 3." in out
    out = done(
        call(
            tmp_path / "studies", "load", "town", "--streets", streets, *options, "--snap-m", "0.2", "--join-crossings"
        )
    )
    assert "within 0.2 m: 0 places" in out and "1 crossings" in out


def test_a_line_that_names_the_road_it_crosses_is_one_crossing_however_it_is_cut(tmp_path: Path) -> None:
    """Line 0 is cut by line 1 in the middle; line 2 says a word that is no road; the kinds alone would tell nothing."""
    lines = ((0, 0), (20, 0), (40, 0)), ((20, -50), (20, 0), (20, 50)), ((40, 0), (90, 0))
    said = {"crossing": ["primary signals", None, "zebra"], "surface": ["sett", None, ""], "width": [None, "2.5", None]}
    table, _, notes = read(layer(tmp_path / "s.gpkg", *lines, **said))
    ends = {i: (a, b) for i, a, b in zip(table["edge_id"], table["crossing_from"], table["crossing_to"], strict=True)}
    assert ends == {
        "line-1-0": ("primary signals", None), "line-1-1": (None, "primary signals"),
        "line-2-0": (None, None), "line-2-1": (None, None), "line-3-0": (None, None),
    }  # fmt: skip
    assert table["surface"].tolist() == ["sett", "sett", None, None, None]
    assert table["width_m"].fillna(0).tolist() == [0, 0, 2.5, 2.5, 0]
    assert notes["crossing_unknown"].rows == (3,)


def test_kinds_of_a_layer_tell_unmarked_crossings_and_bridges(tmp_path: Path) -> None:
    lines = ((0, 0), (20, 0), (40, 0)), ((20, -50), (20, 0), (20, 50)), ((40, 0), (90, 0))
    kinds = {"highway": ["footway", "primary", "footway"], "oneway": ["no", "yes", "no"], "bridge": ["否", "0", "yes"]}
    table, *_ = read(layer(tmp_path / "s.gpkg", *lines, **kinds))
    ends = table.set_index("edge_id")[["crossing_from", "crossing_to"]]
    assert ends.loc["line-1-0"].tolist() == [None, "primary oneway"]
    assert ends.loc["line-1-1"].tolist() == ["primary oneway", None]
    assert table["structure"].tolist() == [None, None, None, None, "bridge"]
