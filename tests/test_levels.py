"""Four levels from codes, names, files and containment; made units marked; mending only on request."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cli import call, collection, done, rectangle, write_town
from towns import CRS, units

from geo.intake.columns import read_aliases
from geo.intake.levels import complete_levels, rank_files
from geo.intake.mending import mend_units
from geo.intake.parents import settle_parents
from geo.intake.raw import FileRef
from geo.intake.units import read_units
from web.settings import ROOT

ALIASES = read_aliases(ROOT / "data" / "columns.yaml")
BEIJING = {"xicheng": ("110102000000", 15), "dongcheng": ("110101000000", 17), "haidian": ("110108000000", 29),
           "chaoyang": ("110105000000", 43)}  # fmt: skip


def test_beijing_has_its_levels_from_its_codes_and_its_districts_are_made(shared_data: Path) -> None:
    parts = [read_units(FileRef(shared_data / "beijing" / f"{n}-all.geojson"), ALIASES)[0] for n in BEIJING]
    streets = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs="EPSG:4326").to_crs("EPSG:4548")
    assert set(streets["level"]) == {"subdistrict"}
    made, told = settle_parents(complete_levels(streets)[0])
    count = made["level"].value_counts().to_dict()
    assert count == {"subdistrict": 104, "district": 4, "city": 1}
    below = made.groupby("parent_id")["unit_id"].count().to_dict()
    assert below == {**dict(BEIJING.values()), "110100000000": 4}
    assert made.set_index("unit_id")["made_from"].loc["110102000000"] == "subdistrict"
    assert [p.code for p in told] == []
    city = made.loc[made["level"] == "city", "geometry"].iloc[0]
    assert city.area == pytest.approx(shapely.union_all(streets.geometry).area, rel=1e-9)


def squares(**named: str) -> gpd.GeoDataFrame:
    frame = units(*[(f"c{n}", "community", None, (100 * n, 0, 100 * n + 100, 100)) for n in range(4)])
    return frame.assign(**{k: list(v) for k, v in named.items()})


def test_sub_districts_and_districts_are_made_of_the_communities_that_name_them() -> None:
    made, told = complete_levels(squares(in_subdistrict="AABB", in_district="XXXX"))
    made, _ = settle_parents(made)
    at = made.set_index("unit_id")
    assert at["parent_id"].loc[["c0", "c3", "subdistrict/A", "subdistrict/B"]].tolist() == [
        "subdistrict/A", "subdistrict/B", "district/X", "district/X",
    ]  # fmt: skip
    assert at["made_from"].loc[["subdistrict/A", "district/X"]].tolist() == ["community", "subdistrict"]
    assert at.geometry.area.loc[["subdistrict/A", "district/X"]].tolist() == [20_000, 40_000]
    assert at["made_from"].loc[["c0", "c1"]].isna().all() and "in_district" not in made
    assert [p.code for p in told] == ["units_made", "units_made"]


def test_a_parent_that_is_drawn_is_found_by_its_name_and_not_made() -> None:
    drawn = units(("s1", "subdistrict", None, (0, 0, 300, 100))).assign(name="A", in_subdistrict=None)
    both = gpd.GeoDataFrame(pd.concat([squares(in_subdistrict="AAAA"), drawn], ignore_index=True), crs=CRS)
    made, told = complete_levels(both)
    assert len(made) == 5 and not told
    assert made["parent_id"].tolist() == ["s1"] * 4 + [None]


def test_files_without_levels_are_ranked_by_which_holds_which() -> None:
    large = units(("s1", "community", None, (0, 0, 200, 100)), ("s2", "community", None, (200, 0, 400, 100)))
    whole = units(("d", "community", None, (0, 0, 401, 101)))
    ranked, told = rank_files([large, squares(), whole], [True] * 3)
    assert [set(part["level"]) for part in ranked] == [{"subdistrict"}, {"community"}, {"district"}]
    assert [p.code for p in told] == ["level_by_place"] * 2
    apart = large.set_geometry(large.translate(5000))
    assert rank_files([apart, squares()], [True, True])[1] == ()
    assert rank_files([large, squares()], [True, False])[1] == ()


def test_the_unit_with_most_of_the_area_is_the_parent_and_orphans_are_told() -> None:
    town = units(
        ("a", "district", None, (0, 0, 60, 100)), ("b", "district", None, (60, 0, 300, 100)),
        ("in", "community", None, (0, 0, 100, 100)), ("half", "community", None, (250, 0, 370, 100)),
    )  # fmt: skip
    settled, told = settle_parents(town)
    assert settled["parent_id"].tolist() == [None, None, "a", None]
    assert {p.code: p.rows for p in told} == {"parent_by_place": (3,), "unit_orphan": (4,)}


boxes = st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(1, 30)] * 2)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.lists(boxes, min_size=1, max_size=6))
def test_mended_units_overlap_nowhere_and_lose_no_ground(drawn: list[tuple[int, int, int, int]]) -> None:
    made = units(*[(f"u{n}", "community", None, (x, y, x + w, y + h)) for n, (x, y, w, h) in enumerate(drawn)])
    mended, _ = mend_units(made)
    shapes = mended.geometry.to_numpy()
    before, after = shapely.union_all(made.geometry.to_numpy()), shapely.union_all(shapes)
    assert shapely.area(shapely.difference(before, after)) < 1e-6
    covered = [n for n, s in enumerate(made.geometry) if shapely.area(shapely.difference(s, _others(made, n))) > 1e-9]
    if len(covered) == len(made):
        assert shapely.area(shapes).sum() == pytest.approx(after.area)


def _others(made: gpd.GeoDataFrame, n: int) -> shapely.Geometry:
    return shapely.union_all(np.delete(made.geometry.to_numpy(), n))


def test_an_overlap_goes_to_the_smaller_and_a_sliver_to_the_neighbour_and_a_wide_hole_stays() -> None:
    ring = shapely.box(0, 0, 1000, 1000) - shapely.box(100, 100, 110, 500) - shapely.box(600, 600, 700, 700)
    small = shapely.box(950, 0, 1200, 1000)
    made = units(("large", "community", None, (0, 0, 1, 1)), ("small", "community", None, (0, 0, 1, 1)))
    made = made.set_geometry([ring, small], crs=CRS)
    mended, (told,) = mend_units(made)
    assert mended.geometry.area.tolist() == [1_000_000 - 50_000 - 10_000, 250_000]
    assert (told.code, told.severity, told.count) == ("units_mended", "repaired", 2)
    assert "50,000 m2" in told.message and "4,000 m2" in told.message
    assert mend_units(mended)[1] == ()


def test_units_are_mended_only_on_request(tmp_path: Path) -> None:
    options = write_town(tmp_path / "f")
    rows = [({"unit_id": i}, rectangle(*b)) for i, b in (("w", (-99, -99, 200, 499)), ("e", (150, -99, 399, 499)))]
    (tmp_path / "f" / "units.geojson").write_text(collection("Polygon", rows), encoding="utf-8")
    for flags, mended, overlap in (([], False, 29_900), (["--mend-units"], True, 0)):
        report = json.loads(done(call(tmp_path / "s", "load", "town", *options, *flags, "--json")))
        assert ("units_mended" in [p["code"] for p in report["findings"]]) is mended
        assert report["facts"]["units_overlap_m2"] == pytest.approx(overlap, abs=50)
