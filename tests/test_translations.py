"""Both languages say the same things with the same gaps to fill, and every word that is asked for is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

from geo.judge.barriers import KINDS
from geo.model.assessment import CAUSES, REMEDIES
from geo.model.standards import AREA_TYPES, CIRCLES, CONFIDENCES, MEASURES, SERVED
from geo.model.tables import AGE_GROUPS, LEVELS
from geo.plan.edits import KINDS as KINDS_OF_EDITS
from layers.catalog import LAYERS
from web.problems import STATUS
from web.standards.fields import CHOICES, COLUMNS
from web.standards.kept import CURRENT, EARLIER, ELSEWHERE
from web.standards.slips import SLIPS
from web.texts import words

WEB = Path(__file__).resolve().parents[1] / "web"
ASKED = re.compile(r"""\bt\(\s*['"]([a-z][a-z0-9_.]*[a-z0-9_])['"]""")
ASKED_FIELDS = ("width_m", "access", "hours", "name", "form", "category", "capacity", "opening", "people")
CHOICES_OF_EDITS = {
    key: field.choices for kind in KINDS_OF_EDITS.values() for key, field in kind.fields.items() if field.choices
}
MADE = (
    *(f"{word}.{cause}" for cause in CAUSES for word in ("cause", "cause_how")),
    *(f"barrier.{kind}" for kind in KINDS),
    *(f"remedy.{remedy}" for remedy in REMEDIES),
    *(f"circle.{circle}" for circle in CIRCLES),
    *(f"confidence.{confidence}" for confidence in CONFIDENCES),
    *(f"sure.{confidence}" for confidence in CONFIDENCES),
    *(f"level.{level}" for level in LEVELS),
    *(f"layer.{layer}" for layer in LAYERS),
    *(f"error.{status}" for _, status in STATUS if status in (404, 422, 500, 503)),
    *(f"how.{how}" for how in ("counted", "rescaled", "buildings", "streets", "unit")),
    *(f"verdict.{verdict}" for verdict in ("pass", "fail", "insufficient data")),
    *(f"show.{mode}" for mode in ("coverage", "gaps", "homes", "unknown")),
    *(f"legend.{mode}" for mode in ("coverage", "gaps", "homes", "unknown", "walk")),
    *(f"measure.{measure}" for measure in MEASURES),
    *(f"serves.{group}" for group in SERVED),
    *(f"area.{area_type}" for area_type in AREA_TYPES),
    *(f"unit.sentence{kind}" for kind in ("", "_line", "_area", "_area_line")),
    *(f"legend.coverage{kind}" for kind in ("", "_line", "_area", "_area_line")),
    *(f"{key}.{one}" for key, choices in CHOICES.items() if key in ("duty", "combine", "share_of") for one in choices),
    *(f"size.{unit}" for unit in CHOICES["unit"]),
    *(f"std.col.{column}" for column in (*COLUMNS, "basis")),
    *(f"standing.{state}" for state in (CURRENT, EARLIER, ELSEWHERE)),
    *(key for _, key in SLIPS),
    *(f"versus.by.{key}" for key in ("rule", "category")),
    *(f"plan.{word}.{kind}" for kind in KINDS_OF_EDITS for word in ("title", "kind", "hint")),
    *(f"plan.ages.{group}" for group in AGE_GROUPS),
    *(f"plan.mode.{mode}" for mode in ("change", "side", "swipe")),
    *(f"plan.tool.{tool}" for tool in ("wall", "gate", "path", "facility", "street", "people")),
    *(
        f"plan.field.{key}"
        for kind in KINDS_OF_EDITS.values()
        for key, field in kind.fields.items()
        if key in ASKED_FIELDS
    ),
    *(f"plan.{what}.{choice}" for what in ("form", "access") for choice in CHOICES_OF_EDITS[what]),
    *(f"role.{role}" for role in ("osm", "streets", "units", "facilities", "demand", "population", "walls", "gates")),
)


def test_both_languages_have_the_same_keys_with_the_same_values_to_fill_in() -> None:
    chinese, english = words("zh"), words("en")
    assert chinese.keys() == english.keys()
    for key in chinese:
        blanks = [sorted(set(re.findall(r"\{(\w+)\}", text[key]))) for text in (chinese, english)]
        assert blanks[0] == blanks[1], key


def test_no_key_stands_in_two_files() -> None:
    for lang in ("zh", "en"):
        files = [json.loads(file.read_text(encoding="utf-8")) for file in (WEB / "translations" / lang).glob("*.json")]
        assert sum(map(len, files)) == len(words(lang))


def test_every_word_that_pages_ask_for_is_there() -> None:
    sources = [*WEB.glob("templates/*.html"), *WEB.glob("static/js/*.js")]
    asked = {key for source in sources for key in ASKED.findall(source.read_text(encoding="utf-8"))}
    assert len(asked) > 100
    assert not (asked | set(MADE)) - words("zh").keys()


def test_chinese_is_chinese_and_english_is_not() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    assert [k for k, text in words("zh").items() if not han.search(text)] in ([], ["km2"], ["people"])
    assert [k for k, text in words("en").items() if han.search(text)] == ["app.title"]


def test_every_fault_that_a_loaded_study_can_carry_is_said_in_both_languages() -> None:
    manual = (WEB.parent / "docs" / "faults.md").read_text(encoding="utf-8")
    told = manual[manual.index("## Faults of rows") :]
    codes = re.findall(
        r"`([a-z_]+)`", "\n".join(line.split("|")[1] for line in told.splitlines() if line.startswith("|"))
    )
    assert len(codes) > 25
    assert not {f"problem.{code}" for code in codes} - words("zh").keys()
