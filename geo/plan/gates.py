"""Ways worth opening, through walls and over missing links: where, for how many residents, which few of them together.

All candidates are looked through by their links alone; the best of them (of each wall its best opening) are then
compared as scenarios, and only those figures are told.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.judge.coverage import SECONDS_PER_MINUTE
from geo.judge.rollup import THOUSANDTHS, milli
from geo.model.assessment import COVERED
from geo.model.crs import WGS84
from geo.model.errors import InputError, NotFoundError, Problem
from geo.model.standards import SERVED, Rule, Standard
from geo.model.study import Progress, no_progress
from geo.model.tables import AGE_GROUPS
from geo.plan.apply import apply
from geo.plan.baseline import Baseline, is_in_minutes, why_not_repaired
from geo.plan.edits import Edit
from geo.plan.links import APART_M, fences_crossed, find_links, severing
from geo.plan.openings import NO_WALL, Candidates, find_openings, gains_of_links, nowhere, people_of
from geo.plan.quick import Standing, compare_quickly
from geo.plan.scenario import Scenario
from geo.plan.together import chosen_together
from geo.walk.reach import SEARCH_LIMIT_M

SHORTLIST = 60
"""So many candidates are compared as scenarios, those whose links alone help most."""

KINDS = ("walls", "links")
"""What may be looked for: openings of walls, and missing links."""


@dataclass(frozen=True)
class Wanted:
    """What is looked for: how many together, for the rules that name which categories (all where none is given), of
    which `KINDS`, and who may pass an opened gate when.
    """

    count: int
    categories: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ("walls",)
    access: str = "public"
    hours: str | None = None


@dataclass(frozen=True)
class Gates:
    """The ways compared, most gain first (layer ``gates``, study.crs), what is told of the whole, and the scenario that
    opens those chosen together.
    """

    frame: gpd.GeoDataFrame
    figures: dict[str, Any]
    scenario: Scenario

    @property
    def told(self) -> dict[str, Any]:
        """The figures, and the ways compared, most gain first, as plain values."""
        table = self.frame.drop(columns="geometry").astype(object)
        return {**self.figures, "gates": table.where(table.notna(), None).to_dict("records")}


def for_gates(standard: Standard) -> Standard:
    """Return the standard with the rules only that openings are compared by: the nearest on foot, metres or minutes."""
    return replace(standard, rules=tuple(rule for rule in standard.rules if _is_asked(rule)))


def find_gates(stands: Standing, wanted: Wanted, progress: Progress = no_progress) -> Gates:
    """Return the walls and missing links worth opening.

    Raises
    ------
    InputError
        No wall has streets on both sides, and no streets lie near but severed.
    NotFoundError
        No rule names a category.
    """
    base = stands.base
    columns = _columns(base, wanted.categories)
    progress("looking along the walls", 0.0)
    walls = find_openings(base) if "walls" in wanted.kinds else nowhere()
    progress("looking for missing links", 0.1)
    links = find_links(base, columns) if "links" in wanted.kinds else nowhere()
    every = walls.and_these(links)
    if not len(every.wall):
        what = "no wall has" if "walls" in wanted.kinds else "no missing link has"
        remedy = "Load walls and inner paths."
        raise InputError(Problem("walls", f"{what} streets close on both sides.", remedy, code="no_openings"))
    progress("measuring links", 0.2)
    gains = gains_of_links(base, every, columns)
    short = every.take(_shortlist(every, gains, base.network.ground_scale))
    told = _Told(stands, columns, _edits(base, short, wanted))
    number = len(short.wall)
    for nth in range(number):
        progress("comparing openings", 0.3 + 0.5 * nth / number)
        told.figures((nth,))
    progress("choosing together", 0.8)
    chosen = chosen_together(number, wanted.count, told.worth)
    progress("done", 1.0)
    best = told.figures(chosen)
    figures = {
        "study": base.study.name, "standard": base.standard.standard_id, "profile": base.profile.profile_id,
        "categories": sorted(wanted.categories), "kinds": list(wanted.kinds), "access": wanted.access,
        "hours": wanted.hours, "rules": [base.standard.rules[c].rule_id for c in columns], "count": wanted.count,
        "candidates": len(every.wall), "walls": len(np.unique(walls.wall)), "links": len(links.wall),
        "compared": number, "people_gained": best["people_gained"], "people_lost": best["people_lost"],
    }  # fmt: skip
    return Gates(_frame(base, short, told, chosen), figures, told.scenario(chosen))


def _shortlist(every: Candidates, gains: NDArray[np.int64], scale: float) -> NDArray[np.int64]:
    """Return the candidates to compare, best first: of a wall one, of links whose middles lie close together one."""
    kept, seen, middles = list[int](), set[int](), list[shapely.Point]()
    for at in np.lexsort((every.link_m, -gains)).tolist():
        wall, middle = int(every.wall[at]), every.points[at]
        if wall in seen or (wall == NO_WALL and any(middle.distance(m) < APART_M * scale for m in middles)):
            continue
        kept.append(at)
        if len(kept) == SHORTLIST:
            break
        if wall == NO_WALL:
            middles.append(middle)
        else:
            seen.add(wall)
    return np.array(kept, np.int64)


class _Told:
    """What opening some of the shortlisted ways gains, each set compared once."""

    def __init__(self, stands: Standing, columns: list[int], edits: list[tuple[Edit, ...]]) -> None:
        self._stands, self._columns, self.edits = stands, columns, edits
        self._known: dict[frozenset[int], dict[str, float]] = {}

    def figures(self, chosen: tuple[int, ...]) -> dict[str, float]:
        """Return people and services gained and lost by the chosen rules, metres and minutes saved, and who gains."""
        key = frozenset(chosen)
        if key not in self._known:
            self._known[key] = self._compared(sorted(chosen))
        return self._known[key]

    def scenario(self, chosen: Collection[int]) -> Scenario:
        """Return the scenario that opens some of them, in this order."""
        return Scenario("gates", tuple(edit for n in chosen for edit in self.edits[n]))

    def worth(self, chosen: tuple[int, ...]) -> tuple[float, float]:
        """Return people and services gained."""
        figures = self.figures(chosen)
        return figures["people_gained"], figures["services_gained"]

    def _compared(self, chosen: list[int]) -> dict[str, float]:
        base, columns = self._stands.base, self._columns
        scenario = self.scenario(chosen)
        made = compare_quickly(self._stands, apply(base.study, scenario, scale=base.network.ground_scale))
        people, categories = people_of(base, columns), base.found.categories
        had, has = base.answers.status[:, columns] == COVERED, made.status[:, columns] == COVERED
        gained, lost = has & ~had, had & ~has
        rules = [base.standard.rules[column] for column in columns]
        named = sorted({c for rule in rules for c in rule.categories})
        which = [categories.index(category) for category in named]
        near, saved_m, whole_m = _saved(base, base.found.reach.place_m[:, which], made.walk_m[:, which], SEARCH_LIMIT_M)
        found = {
            "people_gained": float((gained * people).max(axis=1).sum() / THOUSANDTHS),
            "people_lost": float((lost * people).max(axis=1).sum() / THOUSANDTHS),
            "services_gained": float((gained * people).sum() / THOUSANDTHS),
            "people_nearer": near, "saved_m": saved_m, "saved_person_m": whole_m, "saved_min": np.nan,
        }  # fmt: skip
        timed = [n for n, column in enumerate(base.timed) if categories[column] in named]
        if made.walk_s is not None and timed:
            before = base.found.walk_s[:, [base.timed[n] for n in timed]]
            saved_s = _saved(base, before, made.walk_s[:, timed], base.found.limit_s)[1]
            found["saved_min"] = saved_s / SECONDS_PER_MINUTE
        for category in named:
            mine = [n for n, rule in enumerate(rules) if category in rule.categories]
            found[f"{category}_gained"] = float((gained * people)[:, mine].max(axis=1).sum() / THOUSANDTHS)
        return found | _ages_gained(base, rules, gained)


def _saved(
    base: Baseline, before: NDArray[np.float64], after: NDArray[np.float64], limit: float
) -> tuple[float, float, float]:
    """Return the people whose walks are shorter, what each saves (the mean over C categories), and all together."""
    saved = (np.minimum(before, limit) - np.minimum(after, limit)).sum(axis=1)
    is_saved = (saved > 0) & (base.everybody > 0)
    crowd = float(base.everybody[is_saved].sum())
    whole = float((saved * base.everybody)[is_saved].sum())
    each = whole / crowd / before.shape[1] if crowd else 0.0
    return crowd / THOUSANDTHS, each, whole / THOUSANDTHS / before.shape[1]


def _ages_gained(base: Baseline, rules: list[Rule], gained: NDArray[np.bool_]) -> dict[str, float]:
    """Return for each age group in the data who gains by a rule that serves it."""
    found, demand = {}, base.study.demand
    for group in AGE_GROUPS:
        if group in demand and demand[group].notna().any():
            mine = [n for n, rule in enumerate(rules) if rule.serves == "all" or group in SERVED[rule.serves]]
            people = milli(np.nan_to_num(demand[group].to_numpy(dtype=float)))
            found[f"{group}_gained"] = float(people[gained[:, mine].any(axis=1)].sum() / THOUSANDTHS)
    return found


def _is_asked(rule: Rule) -> bool:
    return (is_in_minutes(rule) and rule.min_count == 1) or not why_not_repaired(rule)


def _columns(base: Baseline, categories: Collection[str]) -> list[int]:
    """Return the rules of the nearest on foot that name any of the categories, all where none is given."""
    for category in categories:
        if category not in base.standard.categories:
            raise NotFoundError(f"no rule of {base.standard.standard_id} names '{category[:40]}'.")
    columns = [
        n
        for n, rule in enumerate(base.standard.rules)
        if _is_asked(rule) and (not categories or set(rule.categories) & set(categories))
    ]
    if not columns:
        raise NotFoundError(f"{base.standard.standard_id} has no rule on foot for these categories.")
    return columns


def _edits(base: Baseline, short: Candidates, wanted: Wanted) -> list[tuple[Edit, ...]]:
    """Return what opens each candidate: a part of its wall, or a bridge and gates in the fences that it crosses."""
    ids = base.study.walls["wall_id"].to_numpy(dtype=object)
    who = {"access": wanted.access} if wanted.access != "public" else {}
    who |= {"hours": wanted.hours} if wanted.hours else {}

    def places(*points: shapely.Point) -> list[list[float]]:
        found: list[list[float]] = gpd.GeoSeries(points, crs=base.study.crs).to_crs(WGS84).get_coordinates().to_numpy()
        return [[float(x), float(y)] for x, y in found]

    edits = []
    for wall, point, ends, fences in zip(
        short.wall.tolist(), short.points, zip(short.left, short.right, strict=True), fences_crossed(base, short),
        strict=True,
    ):  # fmt: skip
        if wall == NO_WALL:
            through = [Edit("add_gate", {"at": at, "access": "public"}) for at in places(*fences)] if fences else []
            edits.append((*through, Edit("add_path", {"line": places(*ends), "form": "bridge"})))
        else:
            edits.append((Edit("open_wall", {"wall_id": str(ids[wall]), "at": places(point)[0], **who}),))
    return edits


def _frame(base: Baseline, short: Candidates, told: _Told, chosen: tuple[int, ...]) -> gpd.GeoDataFrame:
    number, is_wall = len(short.wall), short.wall != NO_WALL
    ids = np.array([*base.study.walls["wall_id"], None], dtype=object)[short.wall]
    table = pd.DataFrame([told.figures((n,)) for n in range(number)])
    whole_m = table.pop("saved_person_m")
    table.insert(0, "opening_id", [f"{wall or 'link'}-{n}" for n, wall in enumerate(ids)])
    table.insert(1, "kind", np.where(is_wall, "wall", "link"))
    table.insert(2, "wall_id", ids)
    across = np.full(number, "wall", object)
    across[~is_wall] = severing(base, short.take(np.flatnonzero(~is_wall)))
    table.insert(3, "across", across)
    wall_m = np.append(base.study.walls.length.to_numpy(), np.nan)[short.wall] / base.network.ground_scale
    table["people_gained_per_wall_m"] = table["people_gained"] / wall_m
    table["people_gained_per_built_m"] = table["people_gained"] / short.link_m
    table["saved_m_per_built_m"] = whole_m / short.link_m
    table["link_m"] = short.link_m
    place = {n: nth for nth, n in enumerate(chosen)}
    table["together"] = [place[n] + 1.0 if n in place else np.nan for n in range(number)]
    total = [told.figures(chosen[: nth + 1])["people_gained"] for nth in range(len(chosen))]
    table["together_gained"] = [total[place[n]] if n in place else np.nan for n in range(number)]
    order = np.lexsort((table["opening_id"], -table["services_gained"], -table["people_gained"]))
    points = gpd.GeoSeries(short.points, crs=base.study.crs)
    frame = gpd.GeoDataFrame(table, geometry=points, crs=base.study.crs).iloc[order].reset_index(drop=True)
    frame.insert(4, "rank", np.arange(1, len(frame) + 1))
    return frame
