"""The report of the benchmarks: every figure with its aim, a word for each that is not reached, and the bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.growth import Curve
from benchmarks.report import TARGETS, UNMET, is_met, write_report
from benchmarks.timing import Ratio
from geo.walk.size import Size


@pytest.mark.parametrize(
    ("name", "value", "met"),
    [
        ("nearest_vs_scipy", 6.0, True),
        ("nearest_vs_scipy", 5.9, False),
        ("nearest_vs_floor", 2.5, True),
        ("nearest_vs_floor", 2.6, False),
        ("nearest_vs_pandana", None, True),
        ("without_an_aim", 0.1, True),
    ],
)
def test_a_figure_is_held_against_its_aim(name: str, value: float | None, met: bool) -> None:
    assert is_met(Ratio(name, value, {}, "")) is met


@pytest.mark.parametrize(("seconds", "met"), [({"ours": 4.9}, True), ({"ours": 5.1}, False), ({}, True)])
def test_an_aim_in_seconds_is_held_against_our_own(seconds: dict[str, float], met: bool) -> None:
    assert TARGETS["load_vs_pandas"] == "ours ≤ 5 s"
    assert is_met(Ratio("load_vs_pandas", 0.1, seconds, "")) is met


def test_the_report_tells_aims_misses_and_bytes(tmp_path: Path) -> None:
    ratios = [
        Ratio("read_vs_osmnx", 8.0, {"ours": 0.5, "osmnx": 4.0}, "a city"),
        Ratio("nearest_vs_scipy", 12.0, {"ours": 0.01}, "nodes"),
        Ratio("pairs_vs_scipy", 20.0, {}, "pairs"),
    ]
    curve = Curve("nodes", "nodes", ((10.0, 1.0), (100.0, 2.0)))
    write_report(tmp_path, ratios, [curve], {"made": Size(70.4, 32.0, 81.0, 49.0)}, "2026-11-24")
    text = (tmp_path / "performance.md").read_text(encoding="utf-8")
    assert "| `read_vs_osmnx` | 8.00 | ≥ 30 | ours 500.0 ms, osmnx 4.0 s | a city |" in text
    assert "| `pairs_vs_scipy` | 20.00 | – |" in text
    assert f"- `read_vs_osmnx`: {UNMET['read_vs_osmnx']}" in text
    assert "- `nearest_vs_scipy`" not in text
    assert "**made**: 70 an edge and 32 a node on disk, 81 and 49 in memory" in text


def test_every_word_on_a_miss_is_of_a_figure_that_is_aimed_at() -> None:
    assert set(UNMET) <= set(TARGETS)
