"""The straight line itself: a study, its network, a standard in; an assessment out.

study -> (scenario ->) network -> what every place reaches -> answers -> units -> gaps -> drawings
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.judge.answering import answer_ground, answer_homes
from geo.judge.capacity import judge_capacity
from geo.judge.causes import LineDistance, counted, find_causes, line_distances
from geo.judge.doors import weight_by_doors, with_one_door
from geo.judge.drawings import draw_areas
from geo.judge.gaps import find_gaps
from geo.judge.headline import headline
from geo.judge.populations import populations_of
from geo.judge.provenance import inputs_of, name_of
from geo.judge.reachable import Reachable, find_reachable
from geo.judge.rollup import THOUSANDTHS, milli
from geo.judge.summary import roll_up
from geo.model.assessment import Assessment
from geo.model.errors import SHOWN_ROWS, Problem
from geo.model.standards import Profile, Standard
from geo.model.study import Progress, Study, no_progress
from geo.plan.apply import Edited
from geo.plan.compare import scenario_facts
from geo.plan.doors import found_after
from geo.walk.build import build_network
from geo.walk.network import Network
from geo.walk.reach import SEARCH_LIMIT_M
from geo.walk.unjoined import check_joins
from geo.walk.walls import doubtful_walls
from geo.walk.within import people_within


def prepare(study: Study) -> Network:
    """Return the walking network of a study; `NetworkError` where it has no streets."""
    return build_network(study)


def with_doubts(study: Study) -> Study:
    """Return the study, its report telling also which mapped walls give way to a mapped path."""
    doubtful = doubtful_walls(study)
    if not doubtful:
        return study
    message = f"{len(doubtful)} walls are crossed by a mapped path without a gate; the path wins: {_few(doubtful)}."
    remedy = "Give walls and gates as files of your own where nobody passes."
    found = Problem("walls", message, remedy, code="wall_doubtful", count=len(doubtful), severity="note")
    return replace(study, report=replace(study.report, findings=(*study.report.findings, found)))


def with_joins(study: Study, network: Network) -> Study:
    """Return the study, its report telling also which homes and facilities meet no street, and why."""
    found, facts = check_joins(study, network)
    report = study.report
    findings = (*report.findings, *found)
    return replace(study, report=replace(report, findings=findings, facts={**report.facts, **facts}))


def _few(ids: list[str]) -> str:
    return ", ".join(ids[:SHOWN_ROWS]) + (" …" if len(ids) > SHOWN_ROWS else "")


def assess(
    study: Study,
    network: Network,
    standard: Standard,
    profile: Profile,
    *,
    code_version: str,
    created: str,
    progress: Progress = no_progress,
) -> Assessment:
    """Judge a study by a standard.

    Parameters
    ----------
    network
        From `prepare` on the same study.
    code_version, created
        Recorded in the provenance; ``created`` (ISO 8601) is not part of the assessment's id.

    Returns
    -------
    assessment
        See `geo.model.assessment.Assessment`.
    """
    progress("searching every category", 0.1)
    found = find_reachable(study, network, standard, profile)
    inputs = inputs_of(study, standard, profile, code_version)
    return _assessment(_Run(study, network, standard, profile, found), inputs, created, progress)


def assess_scenario(
    edited: Edited,
    network: Network,
    standard: Standard,
    profile: Profile,
    *,
    code_version: str,
    created: str,
    progress: Progress = no_progress,
) -> Assessment:
    """Judge a study as a scenario would leave it; without an edit that is on, the same as `assess` on the base.

    ``network`` is that of the base; the rest as in `assess`. Rows are those of ``edited.study``.
    """
    progress("searching every category", 0.1)
    after, doors = found_after(edited, network)
    found = find_reachable(edited.study, after, standard, profile, doors)
    inputs = inputs_of(edited.base, standard, profile, code_version)
    if not edited.is_same:
        inputs["scenario"] = scenario_facts(edited)
    return _assessment(_Run(edited.study, after, standard, profile, found), inputs, created, progress)


@dataclass(frozen=True)
class _Run:
    """What an assessment is made of."""

    study: Study
    network: Network
    standard: Standard
    profile: Profile
    found: Reachable


def _assessment(run: _Run, inputs: dict[str, Any], created: str, progress: Progress) -> Assessment:
    study, network, standard, profile, found = run.study, run.network, run.standard, run.profile, run.found
    progress("judging every place", 0.4)
    limits_m = [rule.metres(profile.speed_mps) for rule in standard.rules]
    line = line_distances(study, found.categories, found.entrances.group, scale=network.ground_scale)
    scale, speed = network.ground_scale, profile.speed_mps
    answers = answer_homes(study, standard, found, line.metres, scale=scale, speed_mps=speed)
    rolled = roll_up(study, standard, found, answers, answer_ground(study, network, standard, found))
    progress("gathering gaps", 0.5)
    people = counted(populations_of(study, standard, rolled.unit))
    capacity = judge_capacity(study, network, standard, found, people=people, limits_m=limits_m, unit=rolled.unit)
    causes = find_causes(answers, line, limits_m, is_short=capacity.is_short, people=people)
    gaps = find_gaps(study, network, standard, found, causes=causes, demand_unit=rolled.unit)
    progress("counting people in reach of each facility", 0.6)
    in_reach = _people_in_reach(study, network, found, widest=_widest(standard, limits_m))
    progress("drawing service areas", 0.8)
    areas, catchments = draw_areas(study, network, standard, found)
    facts = {"assessment_id": name_of(inputs), "profile": profile.profile_id, "gaps": len(gaps), **rolled.facts}
    facts |= {"scenario": inputs["scenario"]} if "scenario" in inputs else {}
    figures = headline(study, standard, totals=rolled.fields["totals"], missing=found.missing, facts=facts)
    provenance = {**inputs, "created": created}
    progress("done", 1.0)
    return Assessment(
        assessment_id=name_of(inputs),
        study_name=study.name,
        standard=standard,
        profile=profile,
        status=answers.status,
        cause=causes.code,
        capacity=capacity.table,
        facility_people=in_reach,
        gaps=gaps,
        service_areas=areas,
        catchments=catchments,
        headline={**figures, "provenance": provenance},
        provenance=provenance,
        **_distances(network, found, line),
        **rolled.fields,
    )


def _distances(network: Network, found: Reachable, line: LineDistance) -> dict[str, Any]:
    """Return the fields of an assessment that hold distances."""
    return {
        "categories": found.categories,
        "missing_categories": found.missing,
        "search_limit_m": SEARCH_LIMIT_M,
        "node_id": network.node_id,
        "node_walk_m": found.reach.node_m,
        "demand_walk_m": found.reach.place_m,
        "demand_nearest": found.reach.place_owner,
        "demand_line_m": line.metres,
        "demand_access_m": found.homes.access_m,
        "demand_is_island": found.is_island,
        "facility_access_m": found.facility_access_m,
    }


def _widest(standard: Standard, limits_m: list[float]) -> dict[str, float]:
    """Return the widest limit of any rule for each category, metres."""
    widest: dict[str, float] = {}
    for rule, limit in zip(standard.rules, limits_m, strict=True):
        for category in rule.categories:
            widest[category] = max(widest.get(category, 0.0), limit)
    return widest


def _people_in_reach(
    study: Study, network: Network, found: Reachable, *, widest: dict[str, float]
) -> NDArray[np.float64]:
    """Return people within the widest limit of the facility's category; nan without a rule."""
    limit = np.array([widest.get(c, np.nan) for c in study.facilities["category"]], dtype=float)
    weight = milli(study.demand["people"].to_numpy())
    total = weight_by_doors(network, found.entrances, found.doors, weight=weight, limit_m=limit)
    homes = with_one_door(found.doors)
    total += people_within(network, found.entrances, homes, weight=weight, owners=len(limit), limit_m=limit)
    return np.where(np.isnan(limit), np.nan, total / THOUSANDTHS)
