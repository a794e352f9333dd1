"""Own standards stored, sent and refused: what is written is what is read, and nothing reaches beyond its folder."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_standards import BROKEN, KNOWN, RULES, STANDARD, changed

from app import create_app
from geo.model.errors import BusyError, LimitError, NotFoundError, RuleError
from geo.model.standards import parse_standard, read_standard, standard_text
from geo.model.yaml_strict import parse_yaml, without_lines
from geo.store import own_ids, own_text, remove_own, save_own, wording_of_text
from geo.store.files import study_lock
from geo.store.standards import FOLDER, MOST_BYTES, MOST_KEPT
from web.commands.options import standard_of
from web.settings import ROOT
from web.standards.fields import shown_rule
from web.standards.slips import slip

API = "/api/v1/standards"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{chr(ord(name) - 1)}'] * 9)}]\n" for name in "bcdefghi"
)
"""Nine to the ninth words in nine lines."""


@pytest.fixture
def visitor(tmp_path: Path) -> FlaskClient:
    return create_app({"STUDIES": tmp_path}).test_client()


def save(folder: Path, text: str, over: str | None = None) -> None:
    save_own(folder, text, name="mine.yaml", known=KNOWN, shipped=["gb50180-2018"], over=over)


def put(visitor: FlaskClient, standard_id: str, text: str | bytes, **headers: str) -> Any:
    return visitor.put(f"{API}/{standard_id}", data=text, headers=headers)


def upload(visitor: FlaskClient, text: str | bytes, name: str = "mine.yaml", **fields: str) -> Any:
    data = text.encode() if isinstance(text, str) else text
    return visitor.post("/standards?lang=en", data={"file": (io.BytesIO(data), name), **fields})


@pytest.mark.parametrize("path", sorted((ROOT / "data" / "standards").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_standard_written_again_says_the_same(path: Path) -> None:
    record = without_lines(parse_yaml(path.read_text(encoding="utf-8"), path.name))
    assert without_lines(parse_yaml(standard_text(record), path.name)) == record
    assert parse_standard(standard_text(record), path.name, KNOWN) == read_standard(path, KNOWN)


@settings(deadline=None, max_examples=60)
@given(
    said=st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip),
    number=st.one_of(st.floats(1e-6, 5000, exclude_min=True), st.integers(1, 5000)),
    weight=st.floats(0, 1e9).map(abs),
)
def test_whatever_is_typed_reads_back_as_it_was_typed(said: str, number: float, weight: float) -> None:
    record = without_lines(parse_yaml(STANDARD, "town.yaml"))
    record["note"] = record["source"] = said
    record["rules"][0] |= {"clause": said, "threshold_m": number, "weight": weight, "name": {"zh": said, "en": said}}
    again = parse_yaml(standard_text(record), "town.yaml")
    assert without_lines(again) == record
    assert parse_standard(standard_text(record), "town.yaml").rules[0].threshold_m == number


def test_a_standard_is_stored_listed_changed_and_removed(tmp_path: Path) -> None:
    save(tmp_path, STANDARD)
    assert own_ids(tmp_path) == ["town"] and own_text(tmp_path, "town") == STANDARD
    save(tmp_path, changed(STANDARD, "300", "400"), over=wording_of_text(STANDARD))
    with pytest.raises(BusyError) as told:
        save(tmp_path, STANDARD, over=wording_of_text(STANDARD))
    assert told.value.code == "changed_since" and "400" in own_text(tmp_path, "town")
    remove_own(tmp_path, "town")
    assert own_ids(tmp_path) == []
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [".town.lock"], "nothing half-written is left"


def test_a_standard_that_somebody_writes_is_busy(tmp_path: Path) -> None:
    save(tmp_path, STANDARD)
    with study_lock(tmp_path / FOLDER, "town"), pytest.raises(BusyError):
        save(tmp_path, STANDARD, over=wording_of_text(STANDARD))


def test_room_is_bounded(tmp_path: Path) -> None:
    with pytest.raises(LimitError) as told:
        save(tmp_path, STANDARD + "#" * MOST_BYTES)
    assert told.value.code == "standard_too_large"
    (tmp_path / FOLDER).mkdir()
    for number in range(MOST_KEPT):
        (tmp_path / FOLDER / f"s{number}.yaml").touch()
    with pytest.raises(LimitError) as full:
        save(tmp_path, STANDARD)
    assert full.value.code == "quota_full"


HOSTILE = {
    "aliases without end": (BOMB, "an alias is not read here", 2),
    "an alias that holds itself": ("a: &a [*a]\n", "an alias is not read here", 1),
    "nesting without end": ("a: " + "[" * 90_000, "nested more than 20 deep", 1),
    "mappings without end": ("{a: " * 5_000, "nested more than 20 deep", 1),
    "an object of Python": ("!!python/object/apply:os.system [ls]", "tag", 1),
    "a merged mapping": ("a: &b {c: 1}\n<<: *b\n", "an alias is not read here", 2),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_yaml_is_refused_with_its_line(visitor: FlaskClient, tmp_path: Path, case: str) -> None:
    text, message, line = HOSTILE[case]
    with pytest.raises(RuleError, match=message) as told:
        parse_yaml(text, "x.yaml")
    assert told.value.line == line
    assert put(visitor, "x", text).status_code == 422
    page = upload(visitor, text)
    assert page.status_code == 422 and f"line {line}" in page.get_data(as_text=True)
    assert own_ids(tmp_path) == []


IDS = [
    "../x",
    "..",
    ".x",
    "x/y",
    "x\\y",
    "%2e%2e",
    "a b",
    "",
    "-x",
    "x" * 64,
    "compare",
    "gb50180-2018",
    "GB50180-2018",
]


@pytest.mark.parametrize("bad", IDS)
def test_no_id_reaches_beyond_the_folder_or_over_what_ships(visitor: FlaskClient, tmp_path: Path, bad: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    quoted = json.dumps(bad)
    assert upload(visitor, changed(STANDARD, "id: town", f"id: {quoted}")).status_code == 422
    form = {"id": bad, "name_zh": "甲", "name_en": "a"}
    assert visitor.post("/standards/general/copy", data=form).status_code == 422
    for path in (f"{API}/{bad}", f"/standards/{bad}/rule", f"/standards/{bad}/remove"):
        if bad not in ("gb50180-2018", "compare", ""):
            assert visitor.get(path).status_code in (404, 422), path
    assert [p for p in sorted(tmp_path.rglob("*")) if p not in before and p.suffix == ".yaml"] == []


@pytest.mark.parametrize("case", BROKEN)
def test_an_uploaded_file_is_told_like_a_file_and_in_chinese_too(visitor: FlaskClient, case: str) -> None:
    old, new, _, _, _ = BROKEN[case]
    start = RULES if old in STANDARD[RULES:] else 0
    text = STANDARD[:start] + STANDARD[start:].replace(old, new, 1)
    with pytest.raises(RuleError) as told:
        parse_standard(text, "mine.yaml", KNOWN)
    answer = put(visitor, "town", text)
    problem = json.loads(answer.data)
    assert (answer.status_code, problem["code"]) == (422, "rule_invalid")
    assert problem["detail"].replace("town.yaml", "mine.yaml") == str(told.value)
    assert slip("en", told.value.message) == told.value.message
    assert any("\u4e00" <= sign <= "\u9fff" for sign in slip("zh", told.value.message))


def test_the_api_stores_and_removes(visitor: FlaskClient) -> None:
    assert put(visitor, "town", STANDARD).status_code == 201
    told = json.loads(visitor.get(f"{API}/town").data)
    assert (told["is_own"], told["rules"], told["standard"]["rules"][0]["threshold_m"]) == (True, 1, 300)
    assert visitor.get(f"{API}/town.yaml").get_data(as_text=True) == STANDARD
    later = changed(STANDARD, "300", "400")
    assert put(visitor, f"town?wording={'0' * 64}", later).status_code == 409
    assert put(visitor, f"town?wording={told['wording']}", later).status_code == 200
    assert put(visitor, "other", STANDARD).status_code == 422, "the id in the file is another"
    assert put(visitor, "gb50180-2018", changed(STANDARD, "id: town", "id: gb50180-2018")).status_code == 422
    assert put(visitor, "town", "#" * (MOST_BYTES + 1)).status_code == 413
    assert put(visitor, "town", STANDARD.encode("gbk")).status_code == 422
    assert visitor.delete(f"{API}/gb50180-2018").status_code == 422
    assert [visitor.delete(f"{API}/town").status_code for _ in range(2)] == [204, 404]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9"])
def test_a_page_of_another_host_changes_nothing(visitor: FlaskClient, tmp_path: Path, origin: str) -> None:
    assert put(visitor, "town", STANDARD, Origin=origin).status_code == 403
    for path in ("/standards", "/standards/general/copy", "/standards/general/judge"):
        answer = visitor.post(path, data={"id": "x", "name_zh": "x", "name_en": "x"}, headers={"Origin": origin})
        assert answer.status_code == 403
    assert visitor.delete(f"{API}/town", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert own_ids(tmp_path) == []


def test_an_upload_replaces_only_when_told_to(visitor: FlaskClient, tmp_path: Path) -> None:
    assert upload(visitor, STANDARD).status_code == 303
    again = upload(visitor, changed(STANDARD, "300", "400"))
    assert again.status_code == 422 and "already" in again.get_data(as_text=True)
    assert upload(visitor, changed(STANDARD, "300", "400"), replace="on").status_code == 303
    assert "400" in own_text(tmp_path, "town")
    assert upload(visitor, STANDARD + "#" * MOST_BYTES).status_code == 413
    assert upload(visitor, STANDARD + "#" * (2 << 20)).status_code == 413
    for nothing in (visitor.post("/standards", data={}), upload(visitor, b""), upload(visitor, b"\xff\xfe")):
        assert nothing.status_code == 422


NASTY = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["9" * 400, "1e999", "nan", ".inf", "-0", "0.000000001", "٣", "5:00", "0x1F", "a\r\nb", "null",
                     "yes", "{a: b}", "*x", "&x", "!!python/name:os", "\u2028", "\x00", "%", "{0}"]),
)  # fmt: skip
FIELDS = sorted(shown_rule({}))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.dictionaries(st.sampled_from(FIELDS), NASTY, max_size=4), lang=st.sampled_from(["zh", "en"]))
def test_whatever_is_typed_is_stored_or_told(
    visitor: FlaskClient, tmp_path: Path, typed: dict[str, str], lang: str
) -> None:
    """Stored so that it reads back, or told; never our fault, and what is refused changes nothing."""
    (tmp_path / FOLDER).mkdir(exist_ok=True)
    (tmp_path / FOLDER / "town.yaml").write_text(STANDARD, encoding="utf-8")
    form = {"id": "b", "name_zh": "甲", "name_en": "a", "category": "canteen", "level": "5min", "duty": "must",
            "threshold_m": "300", "clause": "c", "confidence": "ours", "source": "s"}  # fmt: skip
    sent = {**form, **typed, "wording": wording_of_text(STANDARD)}
    answer = visitor.post(f"/standards/town/rule?lang={lang}", data=sent)
    assert answer.status_code in (303, 422), answer.data
    rules = parse_standard(own_text(tmp_path, "town"), "town.yaml", KNOWN).rules
    assert len(rules) == (2 if answer.status_code == 303 else 1)


def test_a_file_damaged_by_hand_breaks_no_page(visitor: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "broken.yaml").write_text("id: broken\n", encoding="utf-8")
    assert "its file is faulty" in visitor.get("/standards?lang=en").get_data(as_text=True)
    assert visitor.get("/standards/broken").status_code == 422
    assert visitor.get("/standards/broken/rule").status_code == 422
    assert visitor.post("/standards/broken/remove").status_code == 303
    assert own_ids(tmp_path) == []


def test_names_are_shown_and_never_run(visitor: FlaskClient) -> None:
    script = "<script>alert(1)</script>"
    text = changed(changed(STANDARD, "en: town", f"en: {script}"), "en: canteen", f'en: "{script}"')
    assert upload(visitor, text).status_code == 303
    for path in ("/standards", "/standards/town", "/standards/town/rule?rule=a", "/standards/town/copy"):
        page = visitor.get(f"{path}{'&' if '?' in path else '?'}lang=en").get_data(as_text=True)
        assert script not in page and "&lt;script&gt;" in page


def test_the_command_line_knows_own_standards_by_their_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, STANDARD)
    monkeypatch.setenv("LIFECIRCLE_STUDIES", str(tmp_path))
    assert standard_of("town").rules[0].threshold_m == 300
    assert standard_of("general").standard_id == "general"
    with pytest.raises(NotFoundError, match=r"no standard 'towm'.*gb50180-2018.*town"):
        standard_of("towm")
