"""From what every place reaches to its answers, for homes and for built-up ground alike."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.judge.causes import line_distances
from geo.judge.coverage import Answers, Costs, judge
from geo.judge.ground import Ground, built_up_cells, cell_area_m2, rules_of_ground
from geo.judge.reachable import Reachable
from geo.judge.rollup import assign_units
from geo.judge.several import several_by_line
from geo.model.standards import Profile, Standard
from geo.model.study import Study
from geo.walk.network import Network
from geo.walk.reach import nearest_of_groups
from geo.walk.snap import is_on_island, join


def answer_homes(
    study: Study, standard: Standard, found: Reachable, line_m: NDArray[np.float64], *, scale: float, speed_mps: float
) -> Answers:
    """Return the answers of every demand place to every rule.

    Parameters
    ----------
    line_m
        float64 (D, C): straight metres to the nearest entrance of each category.
    scale
        Metres of study.crs per metre on the ground.
    """
    points = shapely.get_coordinates(study.demand.geometry.to_numpy())
    costs = Costs(
        walk_m=found.reach.place_m,
        walk_s=found.walk_s,
        line_m=line_m,
        is_judged=found.homes.is_joined & ~found.is_island,
        several_m=found.several_m,
        several_line_m=several_by_line(study, points, standard.rules, scale=scale),
    )
    return judge(standard.rules, found.categories, costs, missing=found.missing, speed_mps=speed_mps)


def answers_of(study: Study, network: Network, standard: Standard, profile: Profile, found: Reachable) -> Answers:
    """Return the answers of every demand place to every rule, lines measured here."""
    scale = network.ground_scale
    line = line_distances(study, found.categories, found.entrances.group, scale=scale)
    return answer_homes(study, standard, found, line.metres, scale=scale, speed_mps=profile.speed_mps)


def answer_ground(study: Study, network: Network, standard: Standard, found: Reachable) -> Ground | None:
    """Return the built-up ground with its answers; None where no rule asks for a share of area."""
    numbers = rules_of_ground(standard)
    if not numbers:
        return None
    cells, scale = built_up_cells(study), network.ground_scale
    rules = [standard.rules[number] for number in numbers]
    as_places = replace(study, demand=gpd.GeoDataFrame(geometry=cells))
    line = line_distances(as_places, found.categories, found.entrances.group, scale=scale)
    costs = Costs(np.full_like(line.metres, np.inf), None, line.metres, np.zeros(len(cells), bool))
    if any(rule.measure == "walk" for rule in rules):
        joins = join(network, cells, walls=study.walls.geometry, gates=study.gates)
        walk_m = nearest_of_groups(network, found.entrances, joins, groups=len(found.categories)).place_m
        costs = replace(costs, walk_m=walk_m, is_judged=joins.is_joined & ~is_on_island(network, joins))
    answers = judge(rules, found.categories, costs, missing=found.missing, speed_mps=1.0)
    return Ground(assign_units(cells, study.units)[0], cell_area_m2(len(cells), scale), numbers, answers)
