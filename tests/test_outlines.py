"""Places that a planner draws as areas are entered at gates, where paths lead in, at given points, else inside."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import towns
from shapely.geometry import MultiPolygon, box
from test_cli import call, collection, done, rectangle, write_town

from geo.intake.outlines import open_outlines
from geo.model import tables
from geo.model.study import Study

XY = tuple[float, float]


def park(*lines: list[XY], gates: tuple[tuple[float, float, str], ...] = (), twin: bool = False) -> Study:
    """A park from (0, 0) to (100, 100), streets and gates; ``entrances`` holds its area."""
    area = box(*towns.at(0, 0), *towns.at(100, 100))
    shape = MultiPolygon([area, box(*towns.at(200, 0), *towns.at(260, 60))]) if twin else area
    return towns.study(
        streets=towns.streets(*lines),
        facilities=towns.facilities(("p", "park", 50, 50)),
        entrances=towns.table(tables.ENTRANCES, [{"facility_id": "p"}], [shape]),
        gates=towns.gates(*gates),
    )


def entered(study: Study) -> list[XY]:
    doors, _ = open_outlines(study)
    assert set(doors.geom_type) == {"Point"} and set(doors["facility_id"]) == {"p"}
    places = zip(doors.geometry.x, doors.geometry.y, strict=True)
    return sorted((round(x - towns.EAST, 1), round(y - towns.NORTH, 1)) for x, y in places)


ROAD = [(-50.0, -10.0), (150.0, -10.0)]


@pytest.mark.parametrize(
    ("lines", "gates", "doors"),
    [
        ([ROAD], (), [(50, 50)]),
        ([ROAD, [(30, -10), (30, 40)]], (), [(30, 0)]),
        ([ROAD, [(30, -10), (30, 150)]], (), [(30, 0), (30, 100)]),
        ([ROAD], ((60, -4.9, "public"),), [(60, -4.9)]),
        ([ROAD], ((60, 4.9, "residents"), (60, 5.1, "public"), (10, 0, "closed")), [(60, 4.9)]),
        ([ROAD, [(30, -10), (30, 40)]], ((60, 0, "unknown"),), [(30, 0), (60, 0)]),
        ([[(-50, -1), (20, 1), (40, -1), (60, 2), (150, -1)]], (), [(50, 50)]),
        ([[(-50, 0), (150, 0)]], (), [(50, 50)]),
        ([[(40, 40), (60, 60)]], (), [(50, 50)]),
    ],
)  # fmt: skip
def test_an_area_is_entered_at_gates_and_where_paths_lead_in(
    lines: list[list[XY]], gates: tuple[tuple[float, float, str], ...], doors: list[XY]
) -> None:
    """A street that runs along the outline, however often it wavers over it, leads nowhere."""
    assert entered(park(*lines, gates=gates)) == doors


def test_each_part_of_an_area_is_entered_and_a_guess_is_told() -> None:
    assert entered(park(ROAD, [(230, -10), (230, 30)], twin=True)) == [(230, 0)]
    assert open_outlines(park(ROAD, [(230, -10), (230, 30)], twin=True))[1] == ()
    (told,) = open_outlines(park(ROAD))[1]
    assert (told.code, told.count) == ("entrances_guessed", 1) and "(p)" in told.message


def test_points_stay_as_they_are() -> None:
    town = towns.line_town()
    doors, told = open_outlines(town)
    assert doors is town.entrances and told == ()


def test_a_drawn_school_is_reached_by_its_gate_and_not_over_its_fence(tmp_path: Path) -> None:
    """School from (100, 10) to (280, 380), the south street 10 m off, a gate at (280, 10) on the east street."""
    options = write_town(tmp_path / "f")
    area = rectangle(100, 10, 280, 380)
    told = {"facility_id": "s", "name": "玉林小学", "category": "primary_school"}
    schools = tmp_path / "f" / "schools.geojson"
    schools.write_text(collection("Polygon", [(told, area)]), encoding="utf-8")
    gate = json.loads((tmp_path / "f" / "gates.geojson").read_text(encoding="utf-8"))
    east = collection("Point", [({"gate_id": "e", "access": "public"}, area[0][1])])
    gate["features"] += json.loads(east)["features"]
    (tmp_path / "f" / "gates.geojson").write_text(json.dumps(gate), encoding="utf-8")
    done(call(tmp_path, "load", "town", *options, "--facilities", schools))
    done(call(tmp_path, "assess", "town"))
    done(call(tmp_path, "export", "town", "--layer", "facilities", "--out", tmp_path / "f.csv"))
    found = pd.read_csv(tmp_path / "f.csv").set_index("facility_id")
    assert found.loc["s", "entrances"] == 1
    done(call(tmp_path, "export", "town", "--layer", "demand", "--out", tmp_path / "d.csv"))
    homes = pd.read_csv(tmp_path / "d.csv").set_index("demand_id")
    assert homes.loc["h0", "walk_m_primary_school"] == pytest.approx(290, abs=1)
    assert np.isfinite(homes["walk_m_primary_school"]).all()
