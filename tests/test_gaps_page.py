"""The page of gaps: filtered by need, cause and unit, in both languages; and the word of every cause."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from geo.model.assessment import CAUSES, Assessment
from geo.model.study import Study
from web.texts import words

RULE = "10min/primary_school"
Sample = tuple[Study, Assessment]


def page(client: FlaskClient, query: str) -> str:
    answer = client.get(f"/gaps?lang=en&{query}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def rows(text: str) -> int:
    return len(re.findall(r'<span class="number ', text))


@pytest.mark.parametrize("cause", ["", *CAUSES])
def test_the_page_lists_the_gaps_of_a_cause(client: FlaskClient, sample: Sample, cause: str) -> None:
    gaps = sample[1].gaps
    mine = gaps[(gaps["rule_id"] == RULE) & ((gaps["cause"] == cause) | (cause == ""))]
    assert rows(page(client, f"rule={RULE}&cause={cause}")) == len(mine)


def test_a_unit_brings_the_gaps_of_the_units_below_it(client: FlaskClient, sample: Sample) -> None:
    study, result = sample
    district = study.units[study.units["level"] == "district"].iloc[0]
    below = study.units["unit_id"].str.startswith(district["unit_id"][:6])
    mine = result.gaps[result.gaps["unit_id"].isin(study.units["unit_id"][below]) & (result.gaps["rule_id"] == RULE)]
    assert 0 < len(mine) < (result.gaps["rule_id"] == RULE).sum()
    assert rows(page(client, f"rule={RULE}&unit={district['unit_id']}")) == len(mine)


def test_all_needs_together_come_by_people(client: FlaskClient, sample: Sample) -> None:
    text = page(client, "rule=all")
    assert rows(text) == min(1000, len(sample[1].gaps))
    assert words("en")["gaps.all_needs"] in text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_severed_gap_tells_its_barrier_its_saving_and_its_remedy(
    client: FlaskClient, sample: Sample, lang: str
) -> None:
    gaps = sample[1].gaps
    severed = gaps[(gaps["barrier"] == "railway") & (gaps["remedy"] == "way through")].iloc[0]
    text = client.get(f"/gaps?lang={lang}&rule={severed['rule_id']}&cause=severed").get_data(as_text=True)
    name = severed["barrier_name_en"] if lang == "en" else severed["barrier_name"]
    told = words(lang)
    assert told["gaps.barrier_named"].format(name=name, kind=told["barrier.railway"]) in text
    assert told["remedy.way through"] in text
    assert f"{severed['saved_m']:.0f}" in text


def test_a_cause_or_unit_that_is_none_is_refused(client: FlaskClient) -> None:
    assert client.get(f"/gaps?rule={RULE}&cause=weather").status_code in (400, 422)
    assert client.get(f"/gaps?rule={RULE}&unit=nowhere").status_code == 404


def test_the_api_tells_the_people_of_each_cause(client: FlaskClient, sample: Sample) -> None:
    gaps = sample[1].gaps[sample[1].gaps["rule_id"] == RULE]
    found = client.get(f"/api/v1/studies/sample/gaps?rule={RULE}").get_json()
    for cause in CAUSES:
        column = f"people_{cause.replace(' ', '_')}"
        assert found[column] == pytest.approx(gaps[column].sum())


@pytest.mark.parametrize(("lang", "walking"), [("zh", "走不到"), ("en", "walk to")])
def test_a_rule_by_radius_speaks_of_no_walk(client: FlaskClient, lang: str, walking: str) -> None:
    rules = client.get("/api/v1/studies/sample/assessment?standard=city-health-check").get_json()["rules"]
    rule = next(rule for rule in rules if rule["measure"] == "line" and rule["uncovered"])
    text = client.get(f"/gaps?lang={lang}&standard=city-health-check&rule={rule['rule_id']}").get_data(as_text=True)
    told = re.sub(r"<[^>]+>", "", text.split("<h1>")[1].split('<p class="soft">')[0])
    assert walking not in told and rule["name"][lang] in told
