"""Service areas by the command line, the API and the layer: the same figures by each way in."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import shapely
from flask.testing import FlaskClient
from test_cli import call, done, told

from geo.model.assessment import Assessment
from geo.model.study import Study
from layers.catalog import make_layer
from web.walks import MOST_EACH

API = "/api/v1/studies/sample"
CATEGORY, METRES = "health_centre", "300,1000"


def drawn(studies: Path, out: Path, *how: str) -> dict[str, object]:
    done(call(studies, "isochrone", "sample", *how, "--out", out))
    found: dict[str, object] = json.loads(out.read_text(encoding="utf-8"))
    return found


def table(collection: dict[str, object]) -> pd.DataFrame:
    """The properties of the bands by id, with the shape of each."""
    features = collection["features"]
    rows = [{**f["properties"], "shape": shapely.from_geojson(json.dumps(f["geometry"]))} for f in features]
    return pd.DataFrame(rows, index=[f["id"] for f in features])


@pytest.mark.parametrize("variant", ["dissolved", "each", "catchments"])
def test_the_command_and_the_api_draw_the_same(
    variant: str, sample_studies: Path, client: FlaskClient, tmp_path: Path
) -> None:
    written = drawn(sample_studies, tmp_path / "o.geojson", "--category", CATEGORY, f"--{variant}", "--metres", METRES)
    answer = client.get(f"{API}/service_areas?category={CATEGORY}&variant={variant}&metres={METRES}")
    assert answer.status_code == 200 and answer.mimetype == "application/geo+json"
    assert answer.json == written
    assert (written["unit"], written["direction"]) == ("m", "to")
    rows = table(written)
    assert rows.index.is_unique and (rows["area_m2"] >= 0).all()
    assert sorted(rows["threshold"].unique()) == [300, 1000]


def test_catchments_and_the_whole_agree_through_the_command(sample_studies: Path, tmp_path: Path) -> None:
    whole, shares, own = (
        table(drawn(sample_studies, tmp_path / "o.geojson", "--category", CATEGORY, f"--{v}", "--minutes", "5,10"))
        for v in ("dissolved", "catchments", "each")
    )
    for upto, mine in shares.groupby("threshold"):
        one = whole[whole["threshold"] == upto].iloc[0]
        assert mine["people"].sum() == pytest.approx(one["people"], abs=0.01)
        assert abs(mine["area_m2"].sum() - one["area_m2"]) <= len(mine)
        assert (mine["people"] <= own.loc[mine.index, "people"] + 0.01).all()


def test_one_facility_by_its_id(sample_studies: Path, client: FlaskClient, tmp_path: Path) -> None:
    rows = table(drawn(sample_studies, tmp_path / "o.geojson", "--facility", "F0021", "--facility", "F0022"))
    assert rows.index.tolist() == [f"{f}-{m}min" for f in ("F0021", "F0022") for m in (15, 10, 5)]
    again = client.get(f"{API}/service_areas?facility=F0022&minutes=5,10,15").json
    assert table(again)["people"].to_dict() == rows["people"][3:].to_dict()
    towards, away = (
        table(drawn(sample_studies, tmp_path / "o.geojson", "--facility", "F0021", "--direction", way))
        for way in ("to", "from")
    )
    assert towards["people"].tolist() == away["people"].tolist()  # the sample town is flat


def test_the_layer_holds_the_catchments_of_every_category(sample: tuple[Study, Assessment]) -> None:
    study, judged = sample
    layer = make_layer(study, judged, "catchments")
    assert layer["catchment_id"].is_unique
    whole = make_layer(study, judged, "service_areas").set_index(["category", "threshold"])["area_m2"]
    assert ((layer.groupby(["category", "threshold"])["area_m2"].sum() - whole).abs() < 20).all()
    column = judged.categories.index(CATEGORY)
    walk, row = judged.demand_walk_m[:, column], judged.demand_nearest[:, column]
    mine = layer[layer["category"] == CATEGORY]
    assert len(mine) and mine["people"].sum() > 0
    for facility, upto, people in mine[["facility_id", "threshold", "people"]].itertuples(index=False):
        at = int((study.facilities["facility_id"] == facility).to_numpy().argmax())
        assert people == pytest.approx(study.demand["people"][(row == at) & (walk <= upto)].sum(), abs=0.001)


@pytest.mark.parametrize(("query", "status"), [
    ("", 400), ("?category=library&facility=F0021", 400), ("?category=library&variant=all", 400),
    ("?facility=F0021&variant=each", 400), ("?category=library&direction=up", 400),
    ("?category=library&minutes=x", 400),
    ("?category=cinemas", 404), ("?facility=nobody", 404), ("?category=library&metres=9", 422),
    ("?category=bus_stop&variant=each", 422),
])  # fmt: skip
def test_wrong_questions_are_told(
    query: str, status: int, client: FlaskClient, sample: tuple[Study, Assessment]
) -> None:
    assert (sample[0].facilities["category"] == "bus_stop").sum() > MOST_EACH
    answer = client.get(f"{API}/service_areas{query}")
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


@pytest.mark.parametrize("how", [
    (), ("--at", "104.5,30.4", "--category", "library"), ("--at", "104.5,30.4", "--each"),
    ("--facility", "a", "--catchments"),
    ("--category", "library", "--direction", "up"),
])  # fmt: skip
def test_wrong_calls_are_told(how: tuple[str, ...], sample_studies: Path, tmp_path: Path) -> None:
    told(call(sample_studies, "isochrone", "sample", *how, "--out", tmp_path / "o.geojson"), "call_invalid", 2)


def test_a_route_tells_minutes_and_heeds_who_walks(client: FlaskClient) -> None:
    asked = f"{API}/route?at=104.5,30.4&rule=5min/kindergarten"
    adult, elder = (client.get(f"{asked}&profile={who}").json for who in ("adult", "elder"))
    one, other = (found["features"][0]["properties"] for found in (adult, elder))
    assert (adult["profile"], elder["profile"]) == ("adult", "elder")
    assert one["walk_m"] == other["walk_m"]
    assert one["walk_min"] == pytest.approx(one["walk_m"] / 1.2 / 60, rel=0.02)
    assert other["walk_min"] > one["walk_min"]
    assert (one["rise_m"], one["fall_m"]) == (None, None)
    assert client.get(f"{asked}&profile=nobody").status_code == 404
