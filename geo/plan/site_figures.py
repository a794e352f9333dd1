"""What is told of chosen sites: the layer in the order of building, people gained, value and bound in plain units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from geo.judge.coverage import SECONDS_PER_MINUTE
from geo.judge.rollup import THOUSANDTHS
from geo.plan.baseline import Baseline
from geo.plan.briefs import PARTS, Brief, weights_told
from geo.plan.candidates import Candidates
from geo.plan.proofs import best_of
from geo.plan.serving import Ints, Want
from geo.plan.solve import Choice, value_of


@dataclass(frozen=True)
class Found:
    """Chosen candidates and what they rest on.

    Attributes
    ----------
    wants, covers
        The rules, and for each whom every candidate newly covers: thousandths of people, int64 (N, D).
    choice
        Rows of candidates in the order of building; value and bound as they were solved.
    before
        int64 (D,): the cost that walks are saved from, whole hundredths.
    factors
        How much a resident of each home counts, rule by rule, hundredths; None where all count one.
    served
        Thousandths of people who find a place, by the sites up to each; None without a capacity.
    closed, lost
        Ids of facilities given up; thousandths of people who are no longer covered.
    """

    wants: tuple[Want, ...]
    covers: tuple[csr_array, ...]
    choice: Choice
    before: Ints
    factors: tuple[Ints | None, ...] = (None,)
    served: tuple[int, ...] | None = None
    closed: tuple[str, ...] = ()
    lost: int = 0


def frame_of(base: Baseline, brief: Brief, candidates: Candidates, found: Found) -> gpd.GeoDataFrame:
    """Return the layer ``sites``: one row each, in the order of building, in study.crs."""
    rows = list(found.choice.chosen)
    mine = candidates.take(rows)
    totals = [_people(found.covers, rows[: n + 1]) for n in range(len(rows))]
    served = [np.nan] * len(rows) if found.served is None else np.diff([0, *found.served]) / THOUSANDTHS
    table = pd.DataFrame(
        {
            "site_id": pd.Series(mine.ids, dtype=object),
            "rank": np.arange(1, len(rows) + 1),
            "category": "|".join(brief.categories),
            "source": candidates.source,
            "name": pd.Series(mine.names, dtype=object),
            "people_gained": np.diff([0, *totals]) / THOUSANDTHS,
            "people_gained_total": np.array(totals) / THOUSANDTHS,
            "people_lost": 0.0,
            "people_served": served,
        }
    )
    return gpd.GeoDataFrame(table, geometry=mine.places, crs=base.study.crs)


def figures_of(base: Baseline, brief: Brief, candidates: int, found: Found) -> dict[str, Any]:
    """Return what is told of the whole, as ``sites --json`` prints it."""
    rules = [_rule(want, covers, found.choice.chosen) for want, covers in zip(found.wants, found.covers, strict=True)]
    first = rules[0]
    figures = {
        "study": base.study.name,
        "category": "|".join(brief.categories),
        **{name: first[name] for name in ("rule_id", "measure", "threshold_m", "threshold_min")},
        "people_uncovered": float(first["people_uncovered"]),
        "people_beyond": float(first["people_beyond"]),
        "people_gained": _people(found.covers, found.choice.chosen) / THOUSANDTHS,
        "people_lost": found.lost / THOUSANDTHS,
        "rules": rules,
        "goal": brief.goal,
        "method": "exact" if brief.is_exact else "greedy",
        "count": brief.count,
        "candidates": candidates,
        "weights": weights_told(brief, found.wants),
        "capacity": brief.capacity,
        "people_served": None if found.served is None else found.choice.value / THOUSANDTHS,
        "closing": brief.closing,
        "closed": list(found.closed),
    }
    return figures | _said(brief, found, rules)


def _people(covers: Sequence[csr_array], chosen: Sequence[int]) -> int:
    """Return thousandths of people newly covered by any of the rules."""
    return int(np.maximum.reduce([best_of(some, chosen) for some in covers]).sum())


def _rule(want: Want, covers: csr_array, chosen: Sequence[int]) -> dict[str, Any]:
    reachable = np.zeros(len(want.people), bool)
    reachable[covers.indices] = True
    return {
        "rule_id": want.rule.rule_id,
        "measure": want.rule.measure,
        "threshold_m": want.rule.threshold_m,
        "threshold_min": want.rule.threshold_min,
        "people_uncovered": float(want.people[want.is_open].sum() / THOUSANDTHS),
        "people_beyond": float(want.people[want.is_open & ~reachable].sum() / THOUSANDTHS),
        "people_gained": value_of(covers, list(chosen)) / THOUSANDTHS,
    }


def _said(brief: Brief, found: Found, rules: list[dict[str, Any]]) -> dict[str, Any]:
    """Return value and bound in the goal's own unit, the gap, and whether the goal is reached, else why not."""
    choice, want = found.choice, found.wants[0]
    value, bound = float(choice.value), float(choice.bound)
    reasons: list[dict[str, Any]] = []
    factor = found.factors[0]
    per, unit = (SECONDS_PER_MINUTE, "minutes") if want.is_in_seconds else (1.0, "metres")
    if brief.goal == "people":
        each = THOUSANDTHS * (1 if factor is None else PARTS)
        value, bound = value / each, bound / each
        unit = "people" if len(found.wants) == 1 else "people, once a rule"
        unit = unit if factor is None else "people by weight"
        unit = "people served" if found.served is not None else unit
    elif brief.goal == "all":
        unit, reasons = "sites", _why_not_all(choice, brief.count, rules)
    elif brief.goal == "average":
        weight = want.people if factor is None else want.people * factor
        total, crowd = float((found.before * weight).sum()), float(weight.sum()) or 1.0
        value, bound = ((total - x) / crowd / 100 / per for x in (value, bound))
        unit += " on average" if factor is None else " on average by weight"
    else:
        unit, value, bound = f"{unit} at worst", value / 100 / per, bound / 100 / per
    if brief.goal != "all" and not choice.chosen and not found.closed:
        reasons = [{"code": "none_better"}]
    gap = abs(bound - value) / max(abs(value), abs(bound), 1e-9)
    return {"value": value, "bound": bound, "unit": unit, "gap": gap, "is_best": choice.is_best,
            "is_feasible": not reasons, "reasons": reasons,
            "reason": "; ".join(REASONS[r["code"]].format(**r) for r in reasons)}  # fmt: skip


def _why_not_all(choice: Choice, count: int, rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return why not everybody is covered, as codes with their figures."""
    reasons: list[dict[str, Any]] = []
    if choice.value > count:
        is_sure = choice.bound > count
        code = "more_sites" if is_sure else "more_sites_found"
        reasons.append({"code": code, "sites": choice.bound if is_sure else choice.value})
    for rule in rules:
        if rule["people_beyond"]:
            far = f"{rule['threshold_m']:g} m" if rule["threshold_m"] is not None else f"{rule['threshold_min']:g} min"
            reasons.append({"code": "beyond", "people": rule["people_beyond"], "far": far})
    return reasons


REASONS = {
    "more_sites": "at least {sites} sites are needed",
    "more_sites_found": "as far as we found {sites} sites are needed",
    "beyond": "{people:,.0f} people have no candidate within {far}",
    "none_better": "no candidate makes it better than what is there",
}
"""What the codes say; the pages have words of their own."""
