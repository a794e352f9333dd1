"""The load report in words, for the command line; the page /data shows the same facts."""

from __future__ import annotations

from typing import Any

from geo.model.errors import Problem
from geo.model.study import FileReport, LoadReport
from web.texts import translate, words


def report_text(report: LoadReport, lang: str = "en") -> str:
    """Return the report as lines: a file each, what was taken and found wrong below, then what concerns several."""
    lines = []
    for file in report.files:
        lines.append(
            f"{file.role}: {file.file}: {file.read} read = {file.ok} ok"
            f" + {file.repaired} repaired + {file.rejected} rejected"
        )
        lines += [f"  {line}" for line in _facts_of(file, lang)]
        lines += [f"  {_told(problem, lang)}" for problem in file.problems]
    lines += [f"finding: {_told(problem, lang)}" for problem in report.findings]
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
    """Return a fault by file, rows, column, and what to do; in Chinese by its words, with the particulars behind."""
    text = str(problem) if problem.remedy else f"{problem} {translate(lang, 'report.nothing_to_do')}"
    meaning = words(lang).get(f"problem.{problem.code}")
    return f"{meaning} [{text}]" if lang == "zh" and meaning else text


def _streets(facts: dict[str, Any], lang: str) -> list[str]:
    kinds = facts.get("street_m_by_kind", {})
    by_kind = ", ".join(f"{kind} {metres / 1000:,.1f}" for kind, metres in kinds.items())
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
