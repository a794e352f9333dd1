"""Files sent to the web app: what is told at once, names never used, other hosts refused; the pages of loading."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from test_cli import lonlat, write_town
from test_hostile import Door

from app import create_app
from web.jobs.table import DONE
from web.texts import words


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    made = Door(tmp_path_factory.mktemp("uploading"))
    yield made
    made.app.extensions["jobs"].readers.close()


WRONG = {
    "no study": ({"study": ""}, [], 422, "bad_name"),
    "a path as study": ({"study": "../x"}, [], 422, "bad_name"),
    "an unknown field": ({"colour": "red"}, [], 400, "parameter_invalid"),
    "an unclear flag": ({"accept_faults": "perhaps"}, [], 400, "parameter_invalid"),
    "no file": ({}, None, 422, "file_missing"),
    "no streets": ({}, [("demand", "d.csv")], 422, "streets_one"),
    "two files of homes": ({}, [("osm", "a.osm"), ("demand", "d.csv"), ("demand", "e.csv")], 422, "one_file_only"),
    "a program": ({}, [("osm", "a.exe")], 415, "type_not_allowed"),
    "an endless name": ({}, [("osm", "a" * 5000 + ".osm")], 422, "bad_name"),
    "an unknown system": ({}, [("osm", "a.osm"), ("demand", "d.csv@EPSG:99999")], 422, "crs_unknown"),
    "a part alone": ({}, [("osm", "a.osm"), ("units", "u.dbf")], 422, "shapefile_part_missing"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_can_be_told_at_once_is_told_at_once(case: str, door: Door) -> None:
    fields, files, status, code = WRONG[case]
    uploads = door.app.config["STUDIES"] / ".uploads"
    uploads.mkdir(exist_ok=True)
    before = {path.name for path in uploads.iterdir() if path.is_dir()}
    data: dict[str, Any] = {"study": "new", **fields}
    for role, name in files or []:
        data.setdefault(role, []).append((io.BytesIO(b"x"), name))
    answer = door.client.post("/api/v1/studies", data=data, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["code"], answer.mimetype) == (status, code, "application/problem+json")
    assert {path.name for path in uploads.iterdir() if path.is_dir()} == before


def test_names_of_files_are_shown_and_never_used(door: Door, tmp_path: Path) -> None:
    options = write_town(tmp_path)
    data: dict[str, Any] = {"study": "named"}
    for role, path in zip(options[::2], options[1::2], strict=True):
        name = f"..\\../<b onload=x>{Path(path).name}" if role == "--units" else Path(path).name
        data[role[2:]] = (io.BytesIO(Path(path).read_bytes()), name)
    answer = door.client.post("/api/v1/studies", data=data, content_type="multipart/form-data")
    assert door.app.extensions["jobs"].wait(answer.json["job_id"]).state == DONE
    page = door.client.get("/data?study=named").get_data(as_text=True)
    assert "&lt;b onload=x&gt;units.geojson" in page and "<b onload" not in page


def test_a_body_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    client = create_app({"STUDIES": tmp_path, "MOST_UPLOAD_MB": 1}).test_client()
    data = {"study": "s", "osm": (io.BytesIO(bytes(1 << 20)), "a.osm")}
    answer = client.post("/api/v1/studies", data=data, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")


FOREIGN = ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
           {"Origin": "http://localhost:81"}, {"Sec-Fetch-Site": "same-site"})  # fmt: skip


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "/api/v1/studies"), ("delete", "/api/v1/jobs/x"), ("post", "/data/new"), ("post", "/data/jobs/x/cancel")],
)
def test_a_page_of_another_host_changes_nothing(door: Door, headers: dict[str, str], method: str, path: str) -> None:
    answer = getattr(door.client, method)(path, headers=headers)
    assert answer.status_code == 403
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert getattr(door.client, method)(path, headers=own).status_code != 403


def chosen(page: str, name: str) -> str:
    """What a select of a page stands on."""
    inside = re.search(rf'<select name="{name}"[^>]*>(.*?)</select>', page, re.DOTALL)
    assert inside is not None, name
    return re.findall(r'<option value="([^"]*)"[^>]* selected', inside[1])[0]


def send_files(door: Door, options: list[str]) -> str:
    """Upload files through the page and return the address of the page that shows what they were taken for."""
    files = [(io.BytesIO(Path(path).read_bytes()), Path(path).name) for path in options[1::2]]
    answer = door.client.post("/data/new", data={"files": files}, content_type="multipart/form-data")
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def form_of(names: list[str], **fields: str) -> dict[str, str]:
    """The form of the checking page: every file in WGS 84, merged, loaded."""
    return {f"crs-{n}": "EPSG:4326" for n in range(1, len(names) + 1)} | {"is_merged": "on", "do": "load", **fields}


def test_every_file_is_taken_for_what_it_is_and_loads_once_its_system_is_declared(door: Door, tmp_path: Path) -> None:
    options = write_town(tmp_path)
    place = send_files(door, options)
    page = door.client.get(f"{place}?lang=en").get_data(as_text=True)
    roles = [role[2:] for role in options[::2]]
    assert [chosen(page, f"role-{n}") for n in range(1, 7)] == roles
    assert "people" in page and "80" in page, "the first rows are shown"
    silent = door.client.post(place, data={"study": "wizard", "do": "load"})
    assert silent.status_code == 422
    told = silent.get_data(as_text=True)
    assert told.count(words("en")["load.not_yet"]) == 1
    assert set(re.findall(r"<b>(\S+)</b>", told)) >= {"demand.csv", "facilities.csv"}
    answer = door.client.post(place, data=form_of(roles, study="wizard"))
    assert answer.status_code == 303
    job = door.app.extensions["jobs"].wait(answer.headers["Location"].rpartition("/")[2])
    assert job.state == DONE
    assert "/data?study=wizard" in door.client.get(answer.headers["Location"]).get_data(as_text=True)
    assert door.client.get("/data?study=wizard").status_code == 200


def test_faulty_rows_are_told_and_may_be_accepted(door: Door, tmp_path: Path) -> None:
    options = write_town(tmp_path)
    homes = tmp_path / "demand.csv"
    homes.write_text(
        homes.read_text(encoding="utf-8") + f"h9,-5,{lonlat(0, 0)[0]},{lonlat(0, 0)[1]}\n", encoding="utf-8"
    )
    place = send_files(door, options)
    failed = door.client.post(place, data=form_of(options[::2], study="faulty")).headers["Location"]
    door.app.extensions["jobs"].wait(failed.rpartition("/")[2])
    for lang, words_of_it in (("en", "people"), ("zh", words("zh")["problem.people_negative"])):
        page = door.client.get(f"{failed}?lang={lang}").get_data(as_text=True)
        assert "demand.csv" in page and words_of_it in page and words(lang)["load.again"] in page
    again = door.client.post(f"{failed}/again").headers["Location"]
    assert door.app.extensions["jobs"].wait(again.rpartition("/")[2]).state == DONE
    report = door.client.get("/api/v1/studies/faulty/report").json
    assert [file["rejected"] for file in report["files"] if file["role"] == "demand"] == [1]


def test_a_sheet_is_chosen_and_more_files_are_added(door: Door, tmp_path: Path) -> None:
    options = write_town(tmp_path)
    book = tmp_path / "两张表.xlsx"
    with pd.ExcelWriter(book) as writer:
        for name in ("甲", "乙"):
            pd.DataFrame({"名称": [name], "类别": ["canteen"], "经度": [105.0], "纬度": [30.72]}).to_excel(
                writer, sheet_name=name, index=False
            )
    place = send_files(door, options[:2])
    more = {"files": (io.BytesIO(book.read_bytes()), book.name), "do": "add"}
    assert door.client.post(place, data=more, content_type="multipart/form-data").status_code == 303
    page = door.client.get(f"{place}?lang=zh").get_data(as_text=True)
    assert "两张表.xlsx" in page and '<option value="乙"' in page
    assert door.client.post(place, data={"do": "load", "study": "x"}).status_code == 422
    assert door.client.post(place, data={"do": "look", "layer-2": "乙"}).status_code == 303
    page = door.client.get(place).get_data(as_text=True)
    assert chosen(page, "role-2") == "facilities" and "<td>乙</td>" in page


def test_a_column_with_a_heading_of_its_own_is_said_by_the_planner(door: Door, tmp_path: Path) -> None:
    options = write_town(tmp_path)
    homes = tmp_path / "demand.csv"
    homes.write_text(homes.read_text(encoding="utf-8").replace("people", "E11[夜]", 1), encoding="utf-8")
    place = send_files(door, options)
    number = options[::2].index("--demand") + 1
    page = door.client.get(f"{place}?lang=en").get_data(as_text=True)
    assert f'name="column-{number}-2"' in page and "E11[夜]" in page
    fields = {f"role-{number}": "demand", f"column-{number}-2": "people"}
    look = door.client.post(place, data={**form_of(options[::2], do="look"), **fields})
    assert look.status_code == 303
    assert chosen(door.client.get(place).get_data(as_text=True), f"column-{number}-2") == "people"
    answer = door.client.post(place, data={**form_of(options[::2], study="mapped"), **fields})
    assert door.app.extensions["jobs"].wait(answer.headers["Location"].rpartition("/")[2]).state == DONE
    assert {s["name"]: s["people"] for s in door.client.get("/api/v1/studies").json["studies"]}["mapped"] == 100
    facts = door.client.get("/api/v1/studies/mapped/report").json["files"]
    assert next(file["facts"]["columns"]["people"] for file in facts if file["role"] == "demand") == "E11[夜]"


def test_a_shapefile_sent_in_parts_is_one_file(door: Door, tmp_path: Path) -> None:
    units = gpd.GeoDataFrame({"name": ["北"]}, geometry=[shapely.box(105, 30.7, 105.1, 30.8)], crs=4326)
    units.to_file(tmp_path / "社区.shp", encoding="GBK")
    parts = [(io.BytesIO(path.read_bytes()), path.name) for path in sorted(tmp_path.iterdir())]
    answer = door.client.post("/data/new", data={"files": parts}, content_type="multipart/form-data")
    page = door.client.get(answer.headers["Location"]).get_data(as_text=True)
    assert page.count('<fieldset class="file keep">') == 1
    assert chosen(page, "role-1") == "units" and "<td>北</td>" in page


def test_files_that_wait_are_listed_and_can_be_removed(door: Door, tmp_path: Path) -> None:
    options = write_town(tmp_path)
    (tmp_path / "only-here.csv").write_bytes((tmp_path / "demand.csv").read_bytes())
    place = send_files(door, ["--demand", str(tmp_path / "only-here.csv")])
    page = door.client.get("/data/new?lang=en").get_data(as_text=True)
    assert "only-here.csv" in page and f'action="{place}/remove"' in page
    assert door.client.post(f"{place}/remove").status_code == 303
    assert "only-here.csv" not in door.client.get("/data/new").get_data(as_text=True)
    assert door.client.get(place).status_code == 404
    answer = door.send(options)
    draft_id = door.app.extensions["jobs"].table.get(answer.json["job_id"]).request["draft_id"]
    assert door.client.post(f"/data/new/{draft_id}/remove").status_code in (409, 404)
    assert door.app.extensions["jobs"].wait(answer.json["job_id"]).state == DONE


def test_uploads_beyond_their_room_are_refused(tmp_path: Path) -> None:
    full = Door(tmp_path / "s")
    full.app.config["MOST_STORED_MB"] = 0
    options = write_town(tmp_path / "f")
    place = send_files(full, options[:2])
    answer = full.send(options)
    assert (answer.status_code, answer.json["code"]) == (413, "quota_full")
    full.client.post(f"{place}/remove")
    assert full.load(options) == (200, {}), "jobs.sqlite is no upload"
    full.app.extensions["jobs"].readers.close()


def test_a_stranger_draft_is_not_found(door: Door) -> None:
    for path in ("/data/new/..%2f..%2fetc", "/data/new/0123456789abcdef", "/data/jobs/nobody"):
        assert door.client.get(path).status_code == 404
