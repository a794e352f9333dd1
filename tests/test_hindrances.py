"""What closes or slows a street to some walkers: tags read, seconds by arithmetic, and the faults of a profile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import rasterio
import towns
from test_crossings import FOOT, PLACES, seconds, study_of
from test_osm import grid, osm_xml, read
from test_raster import written
from test_wheelchair import WHEELS

from geo.intake.elevation import climb_of
from geo.intake.osm_tags import metres, rise_over_run
from geo.model.errors import RuleError
from geo.model.standards import read_profile
from geo.model.study import Study

Tags = Mapping[str, str]
PROFILES = Path(__file__).resolve().parents[1] / "data" / "profiles"


def ring(folder: Path, tags: Tags, nodes: Mapping[int, Tags] | None = None) -> Study:
    """From 1 to 2 straight 70 m over node 5 by a way of these tags, or round by 3 and 4 in 210 m."""
    places = {1: grid(0, 0), 2: grid(0.7, 0), 3: grid(0.7, 0.7), 4: grid(0, 0.7), 5: grid(0.35, 0)}
    ways = {10: ([1, 5, 2], {**FOOT, **tags}), 11: ([2, 3, 4, 1], FOOT)}
    return study_of(read(folder, osm_xml(places, ways, nodes=nodes)).streets, (0, 0), (70, 0))


@pytest.mark.parametrize(
    ("tags", "kerb", "time"),
    [
        ({"surface": "asphalt"}, {}, 100),
        ({"surface": "cobblestone"}, {}, 200),
        ({"surface": "sand"}, {}, 300),
        ({"surface": "水泥"}, {}, 100),
        ({"smoothness": "bad"}, {}, 200),
        ({"smoothness": "bad", "surface": "cobblestone"}, {}, 200),
        ({"smoothness": "horrible"}, {}, 300),
        ({"width": "0.7 m"}, {}, 300),
        ({"width": "0.8"}, {}, 100),
        ({"width": "75 cm"}, {}, 300),
        ({"width": "narrow"}, {}, 100),
        ({"incline": "-8%"}, {}, 100),
        ({"incline": "10%"}, {}, 300),
        ({"incline": "-6°"}, {}, 300),
        ({"incline": "up"}, {}, 100),
        ({}, {5: {"kerb": "raised"}}, 300),
        ({}, {5: {"barrier": "kerb", "kerb": "rolled"}}, 110),
        ({}, {5: {"kerb": "lowered"}}, 102),
        ({}, {5: {"barrier": "kerb"}}, 100),
        ({"wheelchair": "yes", "surface": "sand", "width": "0.5"}, {}, 100),
        ({"wheelchair": "yes"}, {5: {"kerb": "raised"}}, 300),
        ({"wheelchair": "limited", "surface": "sett"}, {}, 200),
        ({"wheelchair": "no", "surface": "asphalt"}, {}, 300),
    ],
)  # fmt: skip
def test_a_wheelchair_goes_slowly_or_round(tags: Tags, kerb: Mapping[int, Tags], time: float, tmp_path: Path) -> None:
    """At 0.7 m/s: 100 s straight, 300 s round."""
    town = ring(tmp_path, tags, kerb)
    assert seconds(town, WHEELS) == pytest.approx(time, abs=0.05)
    adult = read_profile(PROFILES / "adult.yaml")
    assert seconds(town, adult) == pytest.approx(70 / 1.2, abs=0.05)


def test_a_kerb_where_ways_meet_is_stepped_by_the_crossing_alone(tmp_path: Path) -> None:
    """Pavement 5-2-3 with a raised kerb at 2, from where a crossing leads to 6."""
    ways = {10: ([5, 2, 3], FOOT), 20: ([2, 6], {**FOOT, "footway": "crossing"})}
    streets = read(tmp_path, osm_xml(PLACES, ways, nodes={2: {"kerb": "raised"}})).streets
    assert dict(zip(streets["edge_id"], streets["kerb"], strict=True)) == {
        "osm/w10-0": None, "osm/w10-1": None, "osm/w20-0": "raised"
    }  # fmt: skip
    plain = read(tmp_path, osm_xml(PLACES, {10: ([5, 2, 3], FOOT), 20: ([2, 6], FOOT)}, nodes={2: {"kerb": "raised"}}))
    assert plain.streets["kerb"].tolist() == ["raised"] * 3


@pytest.mark.parametrize(
    ("text", "value"), [("2", 2.0), ("1,5 m", 1.5), ("150 cm", 1.5), ("6'", None), ("", None), (None, None)]
)
def test_widths_are_read_or_unknown(text: str | None, value: float | None) -> None:
    assert metres(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("8%", 0.08), ("-8 %", -0.08), ("45°", 1.0), ("up", None), ("90°", None), ("8", None)]
)
def test_inclines_are_read_or_unknown(text: str, value: float | None) -> None:
    assert rise_over_run(text) == (value if value is None else pytest.approx(value))


def valley(folder: Path, structure: dict[int, str]) -> np.ndarray:
    """Heights 0 but -30 between 120 and 480 m east; a street of five pieces of 120 m goes over it."""
    heights = np.where((np.arange(30) * 30 + 15 - 60 > 120) & (np.arange(30) * 30 + 15 - 60 < 480), -30.0, 0.0)
    place = rasterio.Affine(30, 0, towns.EAST - 60, 0, -30, towns.NORTH + 150)
    ref = written(folder / "valley.tif", np.tile(heights, (10, 1)), crs=towns.CRS, transform=place)
    lines = [[(x, 0), (x + 120, 0)] for x in range(0, 600, 120)]
    steps = [[(240, 0), (240, 60)]]
    told = {n: {"structure": word} for n, word in structure.items()}
    climb, _ = climb_of(towns.streets(*lines, *steps, steps=[5], told=told), ref)
    return climb[["climb_forward", "climb_back"]].to_numpy()


def test_a_bridge_of_many_pieces_runs_straight_between_its_ends(tmp_path: Path) -> None:
    ground, bridge = valley(tmp_path, {}), valley(tmp_path, {1: "bridge", 2: "bridge", 3: "tunnel"})
    assert ground[1].max() > 1.5
    middle = bridge[1:4]
    assert middle[:, 0] == pytest.approx([middle[0, 0]] * 3)
    assert middle == pytest.approx(np.ones((3, 2)), abs=1e-6)
    assert bridge[[0, 4]] == pytest.approx(ground[[0, 4]])


def test_a_bridge_reached_by_steps_alone_runs_between_them(tmp_path: Path) -> None:
    town = towns.streets([(0, 0), (0, 60)], [(0, 60), (90, 60)], [(90, 60), (90, 0)], steps=[0, 2],
                         told={1: {"structure": "bridge"}})  # fmt: skip
    place = rasterio.Affine(30, 0, towns.EAST - 60, 0, -30, towns.NORTH + 150)
    hill = np.tile(0.1 * 30 * (np.arange(20) + 0.5), (10, 1))
    climb, _ = climb_of(town, written(tmp_path / "hill.tif", hill, crs=towns.CRS, transform=place))
    assert climb.loc[1, ["climb_forward", "climb_back"]].tolist() == pytest.approx([np.exp(0.35), 1.0], abs=1e-4)


BASE = "id: p\nname: {zh: 甲, en: p}\nspeed_mps: 1.0\nsteps_speed_mps: null\nsource: x\n"
ROADS = "service: 0, residential: 1, tertiary: 1, secondary: 1, primary: 1, trunk: 1"
BELOW = ROADS.replace(", ", "\n    ")
TOLD = "  confidence: ours\n  source: x\n"


@pytest.mark.parametrize(
    ("more", "key", "line"),
    [
        (f"crossings:\n  with_signals_s: {{{ROADS}}}\n{TOLD}", "without_signals_s", 7),
        (f"crossings:\n  with_signals_s: {{{ROADS}}}\n  without_signals_s: {{{ROADS}, lane: 2}}\n{TOLD}", "lane", 8),
        (f"crossings:\n  with_signals_s: {{{ROADS[:-10]}}}\n  without_signals_s: {{{ROADS}}}\n{TOLD}", "trunk", 7),
        (f"crossings:\n  with_signals_s: {{{ROADS}}}\n  without_signals_s:\n    {BELOW}9-\n{TOLD}", "trunk", 9),
        (f"lifts:\n  wait_s: -1\n{TOLD}", "wait_s", 7),
        ("lifts:\n  wait_s: 5\n  source: x\n", "confidence", 7),
        (f"lifts:\n  wait_s: 5\n{TOLD.replace('ours', 'sure')}", "confidence", 7),
        (f"surface:\n  share_of_speed: {{sand: 1.5}}\n{TOLD}", "sand", 7),
        (f"surface:\n  share_of_speed: {{snad: 0.5}}\n{TOLD}", "snad", 7),
        (f"smoothness:\n  share_of_speed: {{bad: 0}}\n{TOLD}", "bad", 7),
        (f"kerbs:\n  wait_s: {{flush: 0, lowered: 0, rolled: 0}}\n{TOLD}", "raised", 7),
        (f"width:\n  least_m: null\n{TOLD}", "least_m", 7),
        (f"incline:\n  most: steep\n{TOLD}", "most", 7),
        ("curbs: 1\n", "curbs", 1),
    ],
)  # fmt: skip
def test_a_fault_of_a_profile_is_told_with_file_line_and_key(more: str, key: str, line: int, tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(BASE + more, encoding="utf-8")
    with pytest.raises(RuleError, match=r"p\.yaml") as fault:
        read_profile(path)
    assert fault.value.line == line
    assert key in str(fault.value)


def test_every_figure_of_the_shipped_profiles_says_how_sure_and_whence() -> None:
    for path in PROFILES.glob("*.yaml"):
        figures = read_profile(path).hindrances.figures
        assert all(figure.confidence and figure.source for figure in figures)
        assert {figure.section for figure in figures} >= {"crossings", "lifts"}
