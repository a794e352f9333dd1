"""The web app answers what its description says, in the contract's statuses, and never with half an answer."""

from __future__ import annotations

import gzip
import itertools
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import shapely
from flask.testing import FlaskClient

import layers.map
from app import create_app
from geo.model.assessment import Assessment
from geo.model.study import Study
from layers.catalog import LAYERS
from web.browser_libraries import is_complete
from web.openapi import PATHS, describe_api
from web.texts import LANGUAGES, words

API = "/api/v1/studies/sample"
PAGES = ("/", "/whatif", "/units", "/units/510198001001", "/gaps", "/data", "/layers")
RULE = "5min/kindergarten"
CENTRE = "104.4995,30.3985"

TEXT_OUTSIDE = re.compile(r"""(?:src|href)=["'](?:https?:)?//""")


def get(client: FlaskClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.data[:300]
    return json.loads(answer.data)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_every_page_speaks_both_languages_and_loads_nothing_from_elsewhere(
    client: FlaskClient, path: str, lang: str
) -> None:
    answer = client.get(f"{path}?lang={lang}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in page
    assert words(lang)["sample.badge"] in page, "made-up data are called made up"
    assert not TEXT_OUTSIDE.search(page)
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    missing = set(
        re.findall(r">\s*((?:unit|gaps|data|layers|legend|rule|level|cause|role|verdict)\.[a-z_]+)\s*<", page)
    )
    assert not missing, "keys without words"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_links_to_itself_in_the_other_language_with_everything_else_kept(client: FlaskClient, path: str) -> None:
    page = client.get(f"{path}?lang=zh&rule={quote(RULE, safe='')}").get_data(as_text=True)
    link = re.search(r'id="switch-language" href="([^"]+)"', page)
    assert link is not None
    there = client.get(link[1].replace("&amp;", "&"))
    assert there.status_code == 200
    assert 'lang="en"' in there.get_data(as_text=True)
    assert "kindergarten" in link[1]


def test_the_language_is_remembered(sample_studies: Path) -> None:
    visitor = create_app({"STUDIES": sample_studies}).test_client()
    visitor.get("/data?lang=en")
    assert '<html lang="en">' in visitor.get("/data").get_data(as_text=True)


def test_the_description_names_every_route_and_only_those(client: FlaskClient) -> None:
    rules = client.application.url_map.iter_rules()
    served = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in rules
        if rule.rule.startswith(("/api/", "/healthz", "/readyz"))
    }
    assert served == set(PATHS)
    assert get(client, "/api/v1/openapi.json") == json.loads(json.dumps(describe_api()))


def test_units_add_up_to_everybody_at_every_level(client: FlaskClient) -> None:
    described = get(client, f"{API}/units")
    study = get(client, API)
    assert study["levels"] == ["city", "district", "subdistrict", "community"]
    everybody = get(client, "/api/v1/studies")["studies"][0]["people"]
    for level in study["levels"]:
        mine = [unit for unit in described["units"] if unit["level"] == level]
        assert sum(unit["people"] for unit in mine) + described["outside"]["people"] == everybody
        for rule_id in mine[0]["rules"]:
            assert sum(sum(unit["rules"][rule_id][:3]) for unit in mine) == everybody


def test_every_unit_has_an_outline_and_a_place_for_its_name_inside(client: FlaskClient) -> None:
    shapes = get(client, f"{API}/units.geojson")["features"]
    assert {f["properties"]["unit_id"] for f in shapes} == {u["unit_id"] for u in get(client, f"{API}/units")["units"]}
    for feature in shapes:
        outline = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert outline.buffer(1e-4).contains(shapely.Point(feature["properties"]["at"]))


def test_gaps_hold_the_uncovered_people_of_their_rule(client: FlaskClient) -> None:
    found = get(client, f"{API}/gaps?rule={RULE}&limit=10000")
    rule = next(r for r in get(client, f"{API}/assessment")["rules"] if r["rule_id"] == RULE)
    assert found["total"] == len(found["features"]) > 0
    assert found["people"] == pytest.approx(rule["uncovered"], abs=0.001)
    people = [feature["properties"]["people"] for feature in found["features"]]
    assert people == sorted(people, reverse=True)
    lacking = [sum(f["properties"][f"people_{c}"] for f in found["features"]) for c in ("none_in_range", "severed")]
    assert sum(lacking) == pytest.approx(rule["uncovered"], abs=0.001)
    assert len(get(client, f"{API}/gaps?rule={RULE}&limit=3")["features"]) == 3


def test_homes_of_a_rule_answer_as_the_assessment_does(client: FlaskClient, sample: tuple[Study, Assessment]) -> None:
    homes = get(client, f"{API}/demand?rule={RULE}")
    people = sample[0].demand["people"].tolist()
    covered = sum(p for p, status in zip(people, homes["status"], strict=True) if status == 1)
    rule = next(r for r in get(client, f"{API}/assessment")["rules"] if r["rule_id"] == RULE)
    assert covered == pytest.approx(rule["covered"], abs=0.001)


def test_an_isochrone_grows_with_its_minutes(client: FlaskClient) -> None:
    bands = get(client, f"{API}/isochrone?at={CENTRE}&minutes=5,10,15")["features"]
    assert [band["properties"]["threshold"] for band in bands] == [15, 10, 5]
    for larger, smaller in itertools.pairwise(bands):
        assert larger["properties"]["area_m2"] > smaller["properties"]["area_m2"] > 0
        assert larger["properties"]["people"] >= smaller["properties"]["people"]


def test_the_nearest_home_tells_its_walk_by_every_rule(client: FlaskClient) -> None:
    home = get(client, f"{API}/at?at={CENTRE}")
    assert home["demand_id"].startswith("D")
    for found in home["rules"].values():
        if found["walk_m"] is not None:
            assert found["walk_m"] >= found["line_m"] - 1, "no walk is shorter than the straight line"


def test_a_route_is_no_shorter_than_the_straight_line_and_ends_at_the_door(client: FlaskClient) -> None:
    found = get(client, f"{API}/route?at={CENTRE}&rule={RULE}")["features"][0]
    line = shapely.from_geojson(json.dumps(found["geometry"]))
    told = found["properties"]
    assert told["category"] == "kindergarten"
    assert told["walk_m"] >= told["line_m"] - 0.5
    assert shapely.Point(line.coords[-1]).distance(shapely.Point(told["door"])) < 0.001
    assert shapely.Point(line.coords[0]).distance(shapely.Point(*map(float, CENTRE.split(",")))) < 0.001


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_downloads_in_every_format(client: FlaskClient, layer: str) -> None:
    listed = next(one for one in get(client, f"{API}/layers")["layers"] if one["id"] == layer)
    for ending in listed["formats"]:
        answer = client.get(f"{listed['href']}.{ending}")
        assert answer.status_code == 200
        assert f"sample-{layer}.{ending}" in answer.headers["Content-Disposition"]
        assert len(answer.data) > 100
    features = json.loads(client.get(f"{listed['href']}.geojson").data)
    assert len(features["features"]) == listed["rows"]
    assert features["provenance"]["standard"]["id"] == "gb50180-2018"


BAD = (
    ("/api/v1/studies/nowhere", 404),
    (f"{API}/gaps?rule=5min/none", 404),
    (f"{API}/gaps?limit=0", 400),
    (f"{API}/gaps?limit=many", 400),
    (f"{API}/gaps?colour=red", 400),
    (f"{API}/gaps?limit=3&limit=4", 400),
    (f"{API}/demand", 400),
    (f"{API}/at", 400),
    (f"{API}/route?at={CENTRE}", 400),
    (f"{API}/route?at=104.6,30.5&rule={RULE}", 422),
    (f"{API}/isochrone", 400),
    (f"{API}/isochrone?at=here", 400),
    (f"{API}/isochrone?at=nan,30", 400),
    (f"{API}/isochrone?at=200,30", 400),
    (f"{API}/isochrone?at={CENTRE}&minutes=-5", 422),
    (f"{API}/isochrone?at={CENTRE}&minutes=5&metres=5", 400),
    (f"{API}/isochrone?at={CENTRE}&minutes=1e9", 422),
    (f"{API}/isochrone?at={CENTRE}&profile=../adult", 400),
    (f"{API}/isochrone?at={CENTRE}&profile=nobody", 404),
    (f"{API}/isochrone?at=104.6,30.5", 422),
    (f"{API}/facilities?category=unicorn", 404),
    (f"{API}/layers/none.geojson", 404),
    (f"{API}/layers/units.exe", 404),
    ("/api/v1/studies/..%2F..%2Fetc", 404),
    ("/api/v2", 404),
)


@pytest.mark.parametrize(("path", "status"), BAD)
def test_a_bad_request_is_told_as_a_problem(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status, answer.data[:200]
    assert answer.content_type == "application/problem+json"
    problem = json.loads(answer.data)
    assert problem["status"] == status
    assert problem["detail"] and problem["code"]
    assert "Traceback" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "path", ["/units/none", "/units?level=planet", "/units?rule=none", "/gaps?rule=none", "/?study=none", "/none"]
)
def test_a_page_that_is_not_there_says_so_in_words(client: FlaskClient, path: str) -> None:
    answer = client.get(path + ("&" if "?" in path else "?") + "lang=zh")
    assert answer.status_code == 404
    assert words("zh")["error.404"] in answer.get_data(as_text=True)


def test_only_reading_is_allowed(client: FlaskClient) -> None:
    for method in ("post", "put", "delete"):
        answer = getattr(client, method)(f"{API}/units")
        assert answer.status_code == 405


def test_a_foreign_host_name_is_refused(client: FlaskClient) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_a_fault_of_ours_shows_no_inside(sample_studies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app({"STUDIES": sample_studies})
    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("web.api.describe_units", lambda _: 1 / 0)
    answer = app.test_client().get(f"{API}/units")
    assert answer.status_code == 500
    assert "division" not in answer.get_data(as_text=True)


def test_large_answers_are_packed_and_not_sent_twice(client: FlaskClient) -> None:
    plain = client.get(f"{API}/units.geojson")
    packed = client.get(f"{API}/units.geojson", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    again = client.get(f"{API}/units.geojson", headers={"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 304


def test_without_a_study_the_desk_says_what_to_do(tmp_path: Path) -> None:
    page = create_app({"STUDIES": tmp_path}).test_client().get("/?lang=zh")
    assert page.status_code == 200
    assert words("zh")["empty.title"] in page.get_data(as_text=True)


@pytest.mark.skipif(not is_complete(), reason="the browser libraries are not here")
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_portable_map_holds_everything_inside(client: FlaskClient, lang: str) -> None:
    answer = client.get(f"/map.html?lang={lang}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert not layers.map._FETCHED.search(page)
    assert len(page) < 8_000_000
    assert layers.map.TEXTS[lang]["made_up"] in page
    assert (json.dumps("玉兰社区")[1:-1] if lang == "zh" else "Yulan Community") in page


def test_the_still_map_draws_every_community_and_one_close_up(client: FlaskClient) -> None:
    whole = client.get(f"/map.svg?rule={RULE}&lang=zh").get_data(as_text=True)
    close = client.get(f"/map.svg?rule={RULE}&unit=510198001001").get_data(as_text=True)
    assert whole.count("社区</text>") == 2 * 42, "each name with its white edge"
    assert 'class="chosen"' in close
    assert "url(#gap)" in close
    assert client.get("/map.svg?unit=none").status_code == 404


def test_who_walks_slower_reaches_no_more(client: FlaskClient) -> None:
    reached = {}
    for who in ("adult", "child", "elder", "wheelchair"):
        bands = get(client, f"{API}/isochrone?at={CENTRE}&minutes=5,15&profile={who}")["features"]
        reached[who] = [(band["properties"]["people"], band["properties"]["area_m2"]) for band in bands]
    for slower, faster in (("child", "adult"), ("elder", "child"), ("wheelchair", "elder")):
        for mine, theirs in zip(reached[slower], reached[faster], strict=True):
            assert mine[0] <= theirs[0]
            assert mine[1] <= theirs[1]
    assert reached["elder"][0] < reached["adult"][0]
