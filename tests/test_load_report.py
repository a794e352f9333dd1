"""The load report says of every file, street and finding what it is and what to do: as page, text and JSON alike."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from test_cli import call, done, told, write_town
from test_hostile import Door
from test_told import english_in

from geo.model.study import LoadReport, load_report_from_json
from web.load_report import report_text
from web.settings import ROOT
from web.texts import LANGUAGES, words


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of studies with a town some of whose rows are faulty."""
    home = tmp_path_factory.mktemp("report")
    options = write_town(home / "f")
    homes, places = home / "f" / "demand.csv", home / "f" / "facilities.csv"
    here = homes.read_text(encoding="utf-8").splitlines()[1].split(",", 2)[2]
    far = "105.02,30.72"
    homes.write_text(homes.read_text(encoding="utf-8") + f"h2,-5,{here}\nh3,7,{far}\n", encoding="utf-8")
    text = places.read_text(encoding="utf-8")
    places.write_text(text + f"d,店,cantine,,{here}\n", encoding="gb18030")
    done(call(home / "s", "load", "town", *options, "--accept-faults"))
    return home / "s"


def test_text_and_json_of_load_and_check_are_the_same(faulty: Path, tmp_path: Path) -> None:
    options = write_town(tmp_path / "f")
    for form in ("text", "json"):
        loaded = done(call(tmp_path / "s", "load", "town", *options, "--report", form))
        assert done(call(tmp_path / "s", "check", "town", "--report", form)) == loaded
    assert json.loads(loaded) == json.loads(done(call(tmp_path / "s", "load", "town", *options, "--json")))
    assert "every file" in done(call(faulty, "check", "town"))


def test_the_text_tells_encoding_system_columns_streets_and_people(faulty: Path) -> None:
    text = done(call(faulty, "check", "town", "--report", "text"))
    for line in (
        "facilities: facilities.csv: 3 read = 2 ok + 0 repaired + 1 rejected", "encoding gb18030; CRS EPSG:4326",
        "columns demand_id = demand_id, people = people, lon = lon, lat = lat", "by kind, km: footway 1.1, residential",
        "islands: 0, 0.0 km", "people: counted 107",
    ):  # fmt: skip
        assert line in text, line


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_fault_names_file_rows_and_what_to_do(faulty: Path, lang: str) -> None:
    report = load_report_from_json(json.loads((faulty / "town" / "report.json").read_text(encoding="utf-8")))
    everything = [p for file in report.files for p in file.problems] + list(report.findings)
    assert {"people_negative", "category_unknown", "not_joined", "edge_near"} <= {p.code for p in everything}
    text = report_text(report, lang)
    for problem in everything:
        said = problem.message if lang == "en" else words("zh")[f"problem.{problem.code}"]
        source = problem.source if lang == "en" else words("zh").get(f"role.{problem.source}", problem.source)
        line = next(line for line in text.splitlines() if said in line)
        assert source in line
        assert lang == "zh" or problem.remedy or words(lang)["report.nothing_to_do"] in line
        assert problem.severity != "error" or (problem.rows and re.search(r"rows? \d|第 \d", line))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_tells_what_the_text_tells(faulty: Path, lang: str) -> None:
    door = Door(faulty)
    page = door.client.get(f"/data?study=town&lang={lang}").get_data(as_text=True)
    report = door.client.get("/api/v1/studies/town/report").json
    for problem in [p for file in report["files"] for p in file["problems"]] + report["findings"]:
        said = words("zh")[f"problem.{problem['code']}"] if lang == "zh" else problem["message"].replace("'", "&#39;")
        source = words(lang).get(f"role.{problem['source']}", problem["source"])
        assert f"<b>{source}</b>" in page and said in page
    for kind in report["facts"]["street_m_by_kind"]:
        assert f"<small>{kind}</small>" in page
    assert "GB18030" in page
    assert not re.search(r">\s*(?:data|way|column|load)\.[a-z_.]+\s*<", page), "keys without words"


def test_the_chinese_report_is_chinese(faulty: Path, tmp_path: Path) -> None:
    page = Door(faulty).client.get("/data?study=town&lang=zh").get_data(as_text=True)
    assert not english_in(page.partition("<main")[2].partition("</main>")[0])
    text = done(call(faulty, "check", "town", "--report", "text", "--lang", "zh"))
    assert not english_in(text) and "设施：facilities.csv：读入 3 行 = 正常 2" in text
    options = write_town(tmp_path / "f")
    homes = tmp_path / "f" / "demand.csv"
    homes.write_text(homes.read_text(encoding="utf-8").replace("h0,80", "h0,many"), encoding="utf-8")
    refused = told(call(tmp_path / "s", "load", "town", *options, "--lang", "zh"), "number_invalid")
    assert "demand.csv，第 1 行等，共 1 行，列「people」：单元格不是数字" in refused and not english_in(refused)


def test_thin_units_are_told_with_their_figures() -> None:
    thin = {"unit_id": "u1", "name": "北苑", "km_per_km2": 3.2, "foot_share": 0.01, "street_m": 900}
    facts = {"street_m": 900.0, "private_m": 0.0, "thin_units": [thin]}
    assert "too thin to judge: u1 北苑, 3.2 km per km2, footways 1%; map" in report_text(LoadReport(facts=facts))
    assert "步行路数据太少：u1 北苑" in report_text(LoadReport(facts=facts), "zh")


def test_every_fault_of_a_whole_file_is_said_in_both_languages() -> None:
    manual = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    told = manual[manual.index("## Faults of a whole file") :]
    cells = [line.split("|")[1] for line in told.splitlines() if line.startswith("| `")]
    codes = {code for cell in cells for code in re.findall(r"`([a-z_]+)`", cell)}
    assert len(codes) > 60
    assert not {f"problem.{code}" for code in codes} - words("zh").keys()
