"""Comparing: units of one type with each other, one standard with another, one assessment with an earlier one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geo.judge.coverage import strictest_rules
from geo.judge.verdicts import PASS
from geo.model.assessment import Assessment

WHOLE = "*"
"""Stands for everybody where a unit is named."""

_FIGURES = ("people", "covered", "ratio", "verdict")


def with_peers(verdicts: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Return verdicts with the rank of every unit among those of its type, how many they are, and their median ratio.

    Of one type are units of the same level and, where they say it, of the same ``area_type``. Rank 1 is the best
    ratio; equal ratios share a rank; null where the ratio is.
    """
    area_type = units["area_type"] if "area_type" in units else pd.Series(None, index=units.index, dtype=object)
    kind = units["level"].astype(str) + "|" + area_type.fillna("").astype(str)
    rules = len(verdicts) // len(units) if len(units) else 0
    peers = pd.Series(verdicts["ratio"]).groupby([np.repeat(kind.to_numpy(), rules), verdicts["rule_id"].to_numpy()])
    return verdicts.assign(
        rank=peers.rank(method="min", ascending=False),
        peers=peers.transform("count").astype(int),
        peers_ratio=peers.transform("median"),
    )


def compare_in_time(before: Assessment, after: Assessment) -> pd.DataFrame:
    """Return one row per unit and rule that either assessment has: the figures of both, and whether they changed.

    Columns are ``unit_id`` (`WHOLE` for everybody), ``rule_id``, people, covered, ratio and verdict of both with
    ``_before`` and ``_after``, ``covered_gained`` and ``is_changed``. The two may be of different studies: units and
    rules meet by their ids.
    """
    keys = ["unit_id", "rule_id"]
    return _changes(_figures(before, keys), _figures(after, keys), keys)


def compare_standards(first: Assessment, second: Assessment) -> pd.DataFrame:
    """Return one row per unit and category that both standards judge: the strictest rule of each and its figures.

    Rules of two standards seldom share an id, so they meet by category, each standard speaking by its strictest rule
    for it: a must before an as-needed, then the shortest distance. Columns as in `compare_in_time`, with ``category``
    as the key, and ``rule_id_before`` and ``rule_id_after``.
    """
    keys = ["unit_id", "category"]
    one, other = (_by_category(_figures(each, ["unit_id", "rule_id"]), each) for each in (first, second))
    found = _changes(one, other, keys)
    return found[found["rule_id_before"].notna() & found["rule_id_after"].notna()].reset_index(drop=True)


def summary(changes: pd.DataFrame) -> dict[str, Any]:
    """Return how many verdicts were compared, how many changed, and from what to what."""
    changed = changes[changes["is_changed"]]
    ways = (changed["verdict_before"].fillna("none") + " -> " + changed["verdict_after"].fillna("none")).value_counts()
    return {
        "compared": len(changes),
        "changed": len(changed),
        "ways": {str(way): int(count) for way, count in sorted(ways.items())},
        "newly_passing": int(((changed["verdict_after"] == PASS) & (changed["verdict_before"] != PASS)).sum()),
        "no_longer_passing": int(((changed["verdict_before"] == PASS) & (changed["verdict_after"] != PASS)).sum()),
    }


def _figures(assessment: Assessment, keys: list[str]) -> pd.DataFrame:
    everybody = assessment.totals.assign(unit_id=WHOLE)
    return pd.concat([everybody, assessment.verdicts])[[*keys, *_FIGURES]]


def _by_category(figures: pd.DataFrame, assessment: Assessment) -> pd.DataFrame:
    strictest = [(c, rule.rule_id) for c, rule in strictest_rules(assessment.standard).items() if rule.has_threshold]
    return figures.merge(pd.DataFrame(strictest, columns=["category", "rule_id"]), on="rule_id")


def _changes(before: pd.DataFrame, after: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    both = before.merge(after, on=keys, how="outer", suffixes=("_before", "_after"))
    is_changed = both["verdict_before"].fillna("") != both["verdict_after"].fillna("")
    return both.assign(covered_gained=both["covered_after"] - both["covered_before"], is_changed=is_changed)
