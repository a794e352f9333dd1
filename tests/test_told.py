"""What is told of a load is told in the reader's language: every code and every value has words, none stays English."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from geo.model.errors import LimitError, Problem, problem_from_json, told
from web.load_report import problem_text
from web.settings import ROOT
from web.texts import LANGUAGES, fault_text, words

ENGLISH = re.compile(r"[a-z]+ [a-z]+ [a-z]+")
QUOTED = re.compile(r"「[^」]*」|<code>.*?</code>|<[^>]+>")


def english_in(text: str) -> list[str]:
    """Three English words in a row, outside what is quoted: names, headings, a library's own words."""
    return ENGLISH.findall(QUOTED.sub("", text))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_has_words(lang: str) -> None:
    tables = (
        (ROOT / "docs" / "tables.md").read_text(encoding="utf-8").partition("\n## Errors\n")[2].partition("\n## ")[0]
    )
    faults = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1] for line in (tables + faults).splitlines() if line.startswith("| `")]
    codes = {code for cell in cells for code in re.findall(r"`([a-z_]+)`", cell)}
    assert len(codes) > 150
    assert not {f"problem.{code}" for code in codes} - words(lang).keys()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_value_of_a_sentence_has_words(lang: str) -> None:
    names = {name for room in ("geo", "web") for path in (ROOT / room).rglob("*.py") for name in values_told(path)}
    assert len(names) > 70
    assert not {f"value.{name}" for name in names} - words(lang).keys()


def values_told(path: Path) -> set[str]:
    """The names of the values in the sentences of a module: of the calls, and of the blanks of their patterns."""
    found: set[str] = set()
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "told":
            texts = [
                t.value for t in ast.walk(call.args[0]) if isinstance(t, ast.Constant) and isinstance(t.value, str)
            ]
            found |= {k.arg for k in call.keywords if k.arg}
            found |= {name for text in texts for name in re.findall(r"\{(\w+)", text)}
    return found


def test_a_sentence_keeps_its_values_through_json_and_back() -> None:
    problem = Problem("a.csv", told("{pairs} pairs of {level}.", pairs=3, level="community"), code="units_overlap")
    assert (problem.message, problem.values) == ("3 pairs of community.", {"pairs": 3, "level": "community"})
    assert problem_from_json(problem.to_json()) == problem
    assert fault_text("en", problem.to_json()) == "3 pairs of community."
    assert fault_text("zh", problem.to_json()).endswith("（3 对；层级：社区）")


def test_a_fault_stored_before_values_were_kept_is_told_by_its_code() -> None:
    old = {
        key: value for key, value in Problem("a.csv", "bad.", code="json_invalid").to_json().items() if key != "values"
    }
    assert fault_text("zh", old) == words("zh")["problem.json_invalid"]
    assert problem_text(problem_from_json(old), "zh") == f"a.csv：{words('zh')['problem.json_invalid']}"


def test_an_error_without_problems_keeps_its_values_too() -> None:
    fault: dict[str, Any] = {"code": "too_many_rows", "detail": "x", "values": {}}
    fault["values"] = LimitError(told("{file}: {found:,} rows", file="a.csv", found=5000), code="too_many_rows").values
    assert "文件「a.csv」；实有 5,000" in fault_text("zh", fault)


def test_rows_and_column_are_told_in_chinese() -> None:
    problem = Problem("a.csv", "m.", "r.", "people_negative", "people", (3, 9), 12)
    assert problem_text(problem, "zh").startswith("a.csv，第 3、9 行等，共 12 行，列「people」：人口是负数")
