"""The chapter of docs/tables.md on standards and their rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from docs.markdown import grid
from geo.judge.verdicts import threshold_text
from geo.model.standards import CONFIDENCES, Rule, Standard


def standards(read: Sequence[Standard]) -> list[str]:
    """Return the chapter on standards: one table of them all, and each with its rules."""
    rows = [
        (f"`{s.standard_id}`", s.name.zh, s.name.en, len(s.rules), sum(rule.is_must for rule in s.rules),
         ", ".join(sorted({rule.measure for rule in s.rules})), f"{s.target_share:.0%}", _confidences(s.rules))
        for s in read
    ]  # fmt: skip
    head = ("id", "名称", "name", "rules", "required", "measured by", "target", "confidence of its rules")
    return [
        "## Standards\n",
        "From `data/standards/`. Copy one, edit it, and judge by it with `--standard FILE`.\n",
        *grid(head, rows),
        *[line for standard in read for line in _standard(standard)],
    ]


def _confidences(rules: Sequence[Rule]) -> str:
    found = Counter(rule.confidence for rule in rules)
    return ", ".join(f"{found[confidence]} {confidence}" for confidence in CONFIDENCES if confidence in found)


def _standard(standard: Standard) -> list[str]:
    rows = [
        (
            f"`{rule.rule_id}`", rule.name.zh, rule.name.en, rule.category, rule.level, rule.duty,
            threshold_text(rule), _besides(rule), rule.clause, rule.confidence,
            rule.source + (f" {rule.note}" if rule.note else ""),
        )
        for rule in standard.rules
    ]  # fmt: skip
    head = (
        "rule",
        "名称",
        "name",
        "category",
        "circle",
        "duty",
        "threshold",
        "besides",
        "clause",
        "confidence",
        "source",
    )
    return [
        f"## Standard {standard.standard_id}\n",
        f"{standard.name.zh}. {standard.name.en}. Version {standard.version}. Source: {standard.source}.\n",
        f"Target: {standard.target_share:.0%}. {standard.target_source}\n",
        *([f"{standard.note}\n"] if standard.note else []),
        *grid(head, rows),
    ]


def _besides(rule: Rule) -> str:
    """Return what a rule says beyond its category and threshold."""
    said = {
        "straight radius": rule.measure == "line",
        "share of built-up area": rule.share_of == "area",
        "each of them": rule.combine == "each",
        f"at least {rule.min_count}": rule.min_count > 1,
        f"target {rule.target_share or 0:.0%}": rule.target_share is not None,
        f"serves {rule.serves}": rule.serves != "all",
        f"in {rule.area_type} areas": rule.area_type != "all",
        f"floor {rule.floor_area}": rule.floor_area,
        f"site {rule.site_area}": rule.site_area,
        f"{rule.capacity_per_1000} per 1,000 people": rule.capacity_per_1000,
    }
    return "; ".join(text for text, is_so in said.items() if is_so)
