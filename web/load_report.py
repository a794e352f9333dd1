"""The load report in words, for the command line; the page /data shows the same facts."""

from __future__ import annotations

from typing import Any

from geo.model.errors import SHOWN_ROWS, Problem
from geo.model.study import FileReport, LoadReport
from web.texts import fault_text, translate, words


def report_text(report: LoadReport, lang: str = "en") -> str:
    """Return the report as lines: a file each, what was taken and found wrong below, then what concerns several."""
    lines = []
    for file in report.files:
        counts = {"read": file.read, "ok": file.ok, "repaired": file.repaired, "rejected": file.rejected}
        lines.append(translate(lang, "report.file", role=_named(lang, "role", file.role), file=file.file, **counts))
        lines += [f"  {line}" for line in _facts_of(file, lang)]
        lines += [f"  {_told(problem, lang)}" for problem in file.problems]
    lines += [translate(lang, "report.finding", told=_told(problem, lang)) for problem in report.findings]
    return "\n".join([*lines, *_streets(report.facts, lang), *_people(report.facts, lang)])


def _facts_of(file: FileReport, lang: str) -> list[str]:
    """Return one line on encoding, coordinate system and columns, where the file has any."""
    facts = file.facts
    told = [
        translate(lang, "report.encoding", encoding=facts["encoding"]) if facts.get("encoding") else "",
        translate(lang, "report.crs", crs=facts["crs"]) if facts.get("crs") else "",
    ]
    if facts.get("columns"):
        taken = ", ".join(f"{name} = {heading}" for name, heading in facts["columns"].items())
        told.append(translate(lang, "report.columns", columns=taken))
    line = "; ".join(part for part in told if part)
    return [line] if line else []


def _told(problem: Problem, lang: str) -> str:
    text = problem_text(problem, lang)
    return text if problem.remedy or lang != "en" else f"{text} {translate(lang, 'report.nothing_to_do')}"


def problem_text(problem: Problem, lang: str) -> str:
    """Return a fault by file, rows, column, and what to do."""
    if lang == "en":
        return str(problem)
    place = words(lang).get(f"role.{problem.source}", problem.source)
    if problem.rows:
        shown = "、".join(map(str, problem.rows[:SHOWN_ROWS]))
        place += translate(lang, "report.rows", rows=shown, n=f"{problem.count or len(problem.rows):,}")
    if problem.column:
        place += translate(lang, "report.column", column=problem.column)
    return f"{place}：{fault_text(lang, problem.to_json())}"


def _named(lang: str, subject: str, word: str) -> str:
    """Return a word of ours by its name in Chinese, in English as it is."""
    return word if lang == "en" else words(lang).get(f"{subject}.{word}", word)


def _streets(facts: dict[str, Any], lang: str) -> list[str]:
    kinds = facts.get("street_m_by_kind", {})
    by_kind = ", ".join(f"{_named(lang, 'way', kind)} {metres / 1000:,.1f}" for kind, metres in kinds.items())
    lines = [
        translate(
            lang, "report.streets", km=f"{facts['street_m'] / 1000:,.1f}", private=f"{facts['private_m'] / 1000:,.1f}"
        )
    ]
    if by_kind:
        lines.append("  " + translate(lang, "report.by_kind", kinds=by_kind))
    if "islands" in facts:
        lines.append(
            "  " + translate(lang, "report.islands", n=facts["islands"], km=f"{facts['island_m'] / 1000:,.1f}")
        )
    lines += [
        "  " + translate(
            lang, "report.thin", unit=f"{one['unit_id']} {one['name'] or ''}".strip(),
            density=one["km_per_km2"], share=f"{one['foot_share']:.0%}",
        )
        for one in facts.get("thin_units", [])
    ]  # fmt: skip
    return lines


def _people(facts: dict[str, Any], lang: str) -> list[str]:
    found = [
        translate(lang, "report.source", how=translate(lang, f"how.{how}"), people=f"{people:,.0f}")
        for how, people in facts.get("people_by_source", {}).items()
    ]
    return [translate(lang, "report.people", parts="; ".join(found))] if found else []
