"""Streets closed or slow to wheelchairs: they count for the wheelchair profile in time, and for nobody in metres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import towns
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.judge.reachable import find_reachable
from geo.model.errors import StoreError
from geo.model.standards import Profile, Text, read_profile
from geo.model.study import Study
from geo.store import open_study, save_study
from geo.store.files import MANIFEST, SCHEMA
from geo.walk.build import build_network
from geo.walk.timed import CLOSED, timed_network

FOLDER = Path(__file__).resolve().parents[1] / "data" / "profiles"
ADULT, ELDER, WHEELS = (read_profile(FOLDER / f"{name}.yaml") for name in ("adult", "elder", "wheelchair"))
PLAIN = Profile("wheels", Text("轮椅", "wheels"), 0.7, None, "town")
MINUTES = towns.standard(towns.rule("canteen", "canteen", minutes=15))


def ring(wheelchair: dict[int, str]) -> Study:
    """Home (0, 0) and canteen (70, 0): 70 m straight (piece 0), or 35 + 70 + 35 = 140 m round (pieces 1, 2, 3)."""
    return towns.study(
        streets=towns.streets(
            [(0, 0), (70, 0)], [(0, 0), (0, 35)], [(0, 35), (70, 35)], [(70, 35), (70, 0)], wheelchair=wheelchair
        ),
        facilities=towns.facilities(("c", "canteen", 70, 0)),
        demand=towns.homes(("h", 10, 0, 0)),
    )


def walk(town: Study, profile: Profile) -> tuple[float, float]:
    """Metres and seconds from the home to the canteen."""
    found = find_reachable(town, build_network(town), MINUTES, profile)
    return float(np.ravel(found.reach.place_m)[0]), float(np.ravel(found.walk_s)[0])


@pytest.mark.parametrize(
    ("wheelchair", "seconds"),
    [
        ({}, 100.0),
        ({0: "yes"}, 100.0),
        ({0: "limited"}, 200.0),
        ({0: "no"}, 200.0),
        ({0: "no", 1: "limited"}, 250.0),
        ({0: "no", 2: "limited"}, 300.0),
    ],
)
def test_wheels_go_round_or_slowly_and_adults_go_straight(wheelchair: dict[int, str], seconds: float) -> None:
    """0.7 m/s, 0.35 where limited: 35 m take 50 s or 100 s."""
    town = ring(wheelchair)
    assert walk(town, WHEELS) == pytest.approx((70, seconds), abs=0.02)
    assert walk(town, ADULT) == pytest.approx((70, 70 / 1.2), abs=0.02)


def test_only_the_wheelchair_profile_heeds_the_tags() -> None:
    assert WHEELS.limited_speed_mps is not None and WHEELS.limited_speed_mps <= WHEELS.speed_mps
    assert {ADULT.limited_speed_mps, ELDER.limited_speed_mps} == {None}


def test_steps_stay_closed_whatever_else_they_are_tagged() -> None:
    town = towns.study(streets=towns.streets([(0, 0), (70, 0)], steps=[0], wheelchair={0: "limited"}))
    assert timed_network(build_network(town), WHEELS).edge_cm.tolist() == [CLOSED]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(0, 4)] * 4).filter(lambda e: e[:2] != e[2:]), min_size=1, max_size=12),
    st.lists(st.sampled_from(["yes", "limited", "no", None]), min_size=12, max_size=12),
    st.sets(st.integers(0, 11)),
)
def test_tags_only_slow_wheels_and_elders_are_never_faster(
    ends: list[tuple[int, int, int, int]], tags: list[str | None], steps: set[int]
) -> None:
    lines = [[(a * 90.0, b * 70.0), (c * 90.0, d * 70.0)] for a, b, c, d in ends]
    wheelchair = {n: tag for n, tag in enumerate(tags) if tag}
    drawn = towns.streets(*lines, steps=sorted(steps), wheelchair=wheelchair)
    spots = [(f"h{n}", 1.0, *line[0]) for n, line in enumerate(lines)]
    shop = towns.facilities(("c", "canteen", *lines[0][1]))
    town = towns.study(streets=drawn, facilities=shop, demand=towns.homes(*spots))
    network = build_network(town)
    found = {p: find_reachable(town, network, MINUTES, p) for p in (ADULT, ELDER, WHEELS, PLAIN)}
    seconds = {p: np.nan_to_num(np.asarray(r.walk_s, float), nan=np.inf) for p, r in found.items()}
    assert (seconds[ELDER] >= seconds[ADULT]).all()
    assert (seconds[WHEELS] >= seconds[PLAIN]).all()
    for other in found.values():
        np.testing.assert_array_equal(other.reach.place_m, found[ADULT].reach.place_m)


def test_the_tag_is_stored_and_a_study_of_the_schema_before_is_refused(tmp_path: Path) -> None:
    town = ring({0: "no", 2: "limited"})
    save_study(tmp_path, town, build_network(town))
    assert open_study(tmp_path, "town").streets["wheelchair"].tolist() == ["no", None, "limited", None]
    manifest = tmp_path / "town" / MANIFEST
    now, before = (f'"schema": {number}' for number in (SCHEMA, SCHEMA - 1))
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(now, before), encoding="utf-8")
    with pytest.raises(StoreError, match="Load it again"):
        open_study(tmp_path, "town")
