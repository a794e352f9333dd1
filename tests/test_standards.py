"""Reading standards and profiles: what is written is what is read, and a slip of the pen never passes in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.intake.classify import read_categories
from geo.model.errors import LifeCircleError, NotFoundError, RuleError, SourceError
from geo.model.standards import Rule, Standard, find_file, read_profile, read_standard
from geo.model.yaml_strict import LINE_KEY, read_yaml

DATA = Path(__file__).resolve().parents[1] / "data"
KNOWN = frozenset(read_categories(DATA / "categories" / "categories.yaml").categories)

STANDARD = """\
id: town
name: {zh: 镇, en: town}
version: "1"
source: ours
target:
  share: 0.9
  confidence: ours
  source: ours
rules:
  - id: a
    category: canteen
    level: 5min
    duty: must
    threshold_m: 300
    name: {zh: 食堂, en: canteen}
    clause: "T.1"
    confidence: ours
    source: town
"""
PROFILE = """\
id: adult
name: {zh: 成年人, en: adult}
speed_mps: 1.2
steps_speed_mps: 0.6
source: ours
"""
RULES = STANDARD.index("rules:")


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "mine.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) >= 1
    return text.replace(old, new, 1)


def fault_of(folder: Path, text: str | bytes) -> LifeCircleError:
    """The error that reading a standard gives; anything but our own error fails the test."""
    with pytest.raises(LifeCircleError) as told:
        read_standard(written(folder, text), KNOWN)
    return told.value


def read_rule(folder: Path, text: str) -> Rule:
    (rule,) = read_standard(written(folder, text), KNOWN).rules
    return rule


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    standard = read_standard(written(tmp_path, STANDARD), KNOWN)
    rule = read_rule(tmp_path, STANDARD)
    assert standard == Standard("town", standard.name, "1", "ours", 0.9, "ours", (rule,))
    assert rule == Rule("a", ("canteen",), "5min", "must", rule.name, "T.1", "ours", "town", 300.0)
    assert (rule.category, rule.is_must) == ("canteen", True)
    assert [rule.name.in_language(lang) for lang in ("zh", "en")] == ["食堂", "canteen"]


@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_and_byte_order_marks_are_of_no_consequence(tmp_path: Path, mark: str, end: str) -> None:
    text = mark + STANDARD.replace("\n", end)
    assert read_standard(written(tmp_path, text)) == read_standard(written(tmp_path, STANDARD))


def test_a_rule_may_accept_several_categories_and_minutes(tmp_path: Path) -> None:
    text = changed(STANDARD, "category: canteen", "category: [canteen, restaurant]")
    rule = read_rule(tmp_path, changed(text, "threshold_m: 300", "threshold_min: 5"))
    assert rule.category == "canteen|restaurant"
    assert (rule.threshold_m, rule.threshold_min) == (None, 5.0)
    assert rule.metres(1.2) == pytest.approx(360)


@pytest.mark.parametrize(("text", "metres"), [("300", 300), ("+300", 300), ("300.5", 300.5), ("0.5", 0.5), (".5", 0.5)])
def test_plain_decimal_numbers_are_read_as_written(tmp_path: Path, text: str, metres: float) -> None:
    assert read_rule(tmp_path, changed(STANDARD, "m: 300", f"m: {text}")).threshold_m == metres


BROKEN = {
    "tab": ("    level", "\tlevel", 12, "", "'\\t'"),
    "not yaml": ("level: 5min", "level：5min", 13, "", "':'"),
    "key twice": ("    duty: must\n", "    duty: must\n    duty: must\n", 14, "", "'duty' is given twice"),
    "key twice at the top": ("version:", "id: x\nversion:", 3, "", "'id' is given twice"),
    "python tag": ("canteen", "!!python/name:os.system", 11, "", "tag"),
    "no clause": ('    clause: "T.1"\n', "", 10, "clause", "missing key"),
    "no source": ("source: ours\ntarget", "target", 1, "source", "missing key"),
    "no English": ("{zh: 食堂, en: canteen}", "{zh: 食堂}", 15, "en", "missing key"),
    "no words": ("{zh: 食堂, en: canteen}", "{zh: 食堂, en: ''}", 15, "en", "expected some text"),
    "strange key": ("    duty", "    dutty: x\n    duty", 10, "dutty", "unknown key"),
    "text for a number": ("m: 300", "m: three", 10, "threshold_m", "expected int or float, found 'three'"),
    "truth for a number": ("m: 300", "m: true", 10, "threshold_m", "expected int or float, found True"),
    "unit in a number": ("m: 300", "m: 300 m", 10, "threshold_m", "expected int or float, found '300 m'"),
    "zero": ("m: 300", "m: 0", 10, "threshold_m", "above 0"),
    "negative": ("m: 300", "m: -300", 10, "threshold_m", "above 0"),
    "not a number": ("m: 300", "m: .nan", 10, "threshold_m", "above 0"),
    "endless": ("m: 300", "m: .inf", 10, "threshold_m", "above 0"),
    "beyond every number": ("m: 300", "m: " + "9" * 400, 10, "threshold_m", ""),
    "base 60": ("m: 300", "m: 5:00", 14, "", "expected a plain decimal number such as 300 or 0.9, found '5:00'"),
    "base 60 with a point": ("m: 300", "m: 5:00.5", 14, "", "plain decimal number"),
    "base 8": ("m: 300", "m: 0300", 14, "", "expected a plain decimal number such as 300 or 0.9, found '0300'"),
    "base 16": ("m: 300", "m: 0x12c", 14, "", "plain decimal number"),
    "bars in a number": ("m: 300", "m: 3_00", 14, "", "plain decimal number"),
    "nought before a point": ("m: 300", "m: 0300.0", 14, "", "plain decimal number"),
    "power of ten": ("m: 300", "m: 3.0e+2", 14, "", "plain decimal number"),
    "no number tagged as one": ("m: 300", "m: !!int ''", 14, "", "plain decimal number"),
    "list tagged as a number": ("m: 300", "m: !!int [300]", 14, "", "scalar"),
    "beyond every reader": ("m: 300", "m: " + "9" * 9999, 10, "threshold_m", "expected a finite number above 0"),
    "no threshold": ("threshold_m: 300", "threshold_m:", 10, "a", "either threshold_m or threshold_min"),
    "two thresholds": ("m: 300", "m: 300\n    threshold_min: 5", 10, "a", "either threshold_m or threshold_min"),
    "number for text": ("id: town", "id: 5", 1, "id", "expected str, found 5"),
    "nothing for text": ("id: town", "id:", 1, "id", "expected some text"),
    "date for text": ("    source: town", "    source: 2018-01-01", 10, "source", "expected str"),
    "no such date": ("    source: town", "    source: 2018-99-99", None, "", ""),
    "no such day, and what to do": (
        ": town\n",
        ": 2018-02-30\n",
        1,
        "",
        "a timestamp, found '2018-02-30'; put text in",
    ),
    "no such truth": ("duty: must", "duty: !!bool maybe", 13, "", "expected a bool, found 'maybe'"),
    "list tagged as a mapping": ("{zh: 食堂, en: canteen}", "!!map [a]", 15, "", "expected a map, found a list"),
    "truth for a key": ("    duty", "    yes: b\n    duty", 13, "", "expected text as a key, found 'yes'"),
    "our own key": ("    duty", "    __line__: 7\n    duty", 13, "", "unknown key '__line__'"),
    "our own key at the top": ("version:", "__line__: 7\nversion:", 3, "", "unknown key '__line__'"),
    "blank id": ("id: town", "id: '  '", 1, "id", "expected some text"),
    "blank id of a rule": ("- id: a", "- id: '  '", 10, "id", "expected some text"),
    "wide blank for a clause": ('"T.1"', "'\u3000'", 10, "clause", "expected some text"),
    "number for the version": ('version: "1"', "version: 1.10", 1, "version", "expected str, found 1.1"),
    "list for the note": ("rules:", "note: []\nrules:", 1, "note", "expected str"),
    "mapping for the note of a rule": ("    duty", "    note: {a: b}\n    duty", 10, "note", "expected str"),
    "list for a key": ("    duty", "    ? [a]\n    : b\n    duty", None, "", ""),
    "mapping for a key": ("    duty", "    ? {a: 1}\n    : b\n    duty", None, "", ""),
    "nothing for the version": ('version: "1"', "version:", None, "version", ""),
    "text for names": ("{zh: 食堂, en: canteen}", "canteen", 10, "name", "expected dict"),
    "strange level": ("level: 5min", "level: 7min", 10, "level", "15min, 10min, 5min, block"),
    "strange duty": ("duty: must", "duty: maybe", 10, "duty", "must, as_needed"),
    "strange confidence": ("    confidence: ours", "    confidence: sure", 10, "confidence", "verified"),
    "strange category": ("category: canteen", "category: cantine", None, "category", "Did you mean canteen"),
    "one strange category": ("canteen", "[canteen, mars]", None, "category", "'mars' in rule 'a'"),
    "nothing for the category": ("category: canteen", "category:", None, "category", ""),
    "no category in the list": ("category: canteen", "category: []", None, "category", ""),
    "blank category": ("category: canteen", "category: '  '", 10, "category", "expected a category or a list"),
    "truth for a category": ("category: canteen", "category: [canteen, yes]", 10, "category", "expected a category or"),
    "category twice": ("canteen", "[canteen, canteen]", 10, "category", "every category once, found 'canteen' twice"),
    "strange confidence of the target": ("  confidence: ours", "  confidence: sure", 6, "confidence", "verified"),
    "share of none": ("share: 0.9", "share: 0", 6, "share", "above 0"),
    "share above all": ("share: 0.9", "share: 1.2", 6, "share", "at most 1"),
    "share in per cent": ("share: 0.9", "share: 90%", 6, "share", "expected int or float"),
    "list for the target": (STANDARD[STANDARD.index("target") : RULES], "target: []\n", 1, "target", "expected dict"),
    "nothing for the target": (STANDARD[STANDARD.index("target") : RULES], "target:\n", None, "target", ""),
    "no rules": (STANDARD[RULES:], "rules: []\n", None, "rules", "at least one rule"),
    "text for rules": (STANDARD[RULES:], "rules: none\n", 1, "rules", "expected list"),
    "text for a rule": (STANDARD[RULES:], "rules: [a]\n", None, "rules", "expected a rule, found 'a'"),
    "rule id twice": (STANDARD[RULES:], STANDARD[RULES:] + STANDARD[RULES + 7 :], None, "id", "'a' is used twice"),
}
"""What is replaced, by what, then the line and key that the error names and words of its remedy."""


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_standard_is_told_with_file_place_and_what_is_expected(tmp_path: Path, name: str) -> None:
    old, new, line, key, words = BROKEN[name]
    fault = fault_of(tmp_path, changed(STANDARD, old, new))
    assert isinstance(fault, RuleError)
    assert str(fault).startswith("mine.yaml")
    assert words in str(fault)
    assert fault.path == "mine.yaml"
    assert key in ("", fault.key)
    assert line is None or fault.line == line
    assert fault.line or fault.key


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "keys and values"),
        (b"- a\n", "keys and values"),
        (STANDARD.encode("gbk"), "save it as UTF-8"),
        (STANDARD.encode("utf-16"), "save it as UTF-8"),
        (b"a: " + b"[" * 5000, "not valid YAML"),
        (b"id: a\0", "not valid YAML"),
        (b"a: &a {b: *a}\n", "recursive"),
    ],
)
def test_a_file_that_is_no_standard_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    fault = fault_of(tmp_path, content)
    assert (fault.code, isinstance(fault, RuleError)) == ("rule_invalid", True)
    assert "mine.yaml" in str(fault) and words in str(fault)


def test_a_file_that_is_not_there_is_told_and_an_id_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.yaml") as told:
        read_standard(tmp_path / "none.yaml")
    assert told.value.code == "file_missing"
    with pytest.raises(NotFoundError, match=r"no standard 'gb1'.*gb50180-2018"):
        find_file("gb1", DATA / "standards")
    assert find_file("elsewhere/mine.yaml", DATA / "standards") == Path("elsewhere/mine.yaml")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("speed_mps: 1.2", "speed_mps: 0", "speed_mps"),
        ("speed_mps: 1.2", "speed_mps: fast", "speed_mps"),
        ("speed_mps: 1.2", "speed_mps:", "speed_mps"),
        ("steps_speed_mps: 0.6", "steps_speed_mps: -1", "steps_speed_mps"),
        ("steps_speed_mps: 0.6\n", "", "steps_speed_mps"),
        ("source: ours", "source: ours\nlimited_speed_mps: 0", "limited_speed_mps"),
        ("source: ours", "source: ''", "source"),
        ("source: ours", "source: ours\nspeed: 1", "speed"),
        ("{zh: 成年人, en: adult}", "{en: adult}", "zh"),
    ],
)
def test_a_broken_profile_is_told_with_file_line_and_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(RuleError) as told:
        read_profile(written(tmp_path, changed(PROFILE, old, new)))
    assert (told.value.path, told.value.key) == ("mine.yaml", key)
    assert told.value.line in (1, 2)


def test_null_steps_are_closed_steps(tmp_path: Path) -> None:
    assert read_profile(written(tmp_path, PROFILE)).steps_speed_mps == 0.6
    closed = changed(PROFILE, "steps_speed_mps: 0.6", "steps_speed_mps: null")
    assert read_profile(written(tmp_path, closed)).steps_speed_mps is None


def test_every_mapping_knows_the_line_it_starts_on(tmp_path: Path) -> None:
    record = read_yaml(written(tmp_path, STANDARD))
    assert record[LINE_KEY] == 1
    assert record["target"][LINE_KEY] == 6
    assert record["rules"][0][LINE_KEY] == 10
