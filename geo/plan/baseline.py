"""A study judged, ready to hold scenarios against it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geo.judge.answering import answer_ground, answers_of
from geo.judge.coverage import Answers, complete
from geo.judge.ground import Ground
from geo.judge.populations import Populations, populations_of
from geo.judge.reachable import Reachable, find_reachable
from geo.judge.rollup import assign_units, climb
from geo.judge.verdicts import Counts, count
from geo.model.standards import Profile, Rule, Standard
from geo.model.study import Study
from geo.walk.network import Network


@dataclass(frozen=True)
class Baseline:
    """A study judged, as scenarios are held against it.

    ``answers`` of every home, ``is_complete`` int8 (D,), ``unit`` int32 (D,), ``crowd`` whom each rule counts there,
    ``counts`` of each unit's own homes, ``ground`` where a rule asks for a share of it.
    """

    study: Study
    network: Network
    standard: Standard
    profile: Profile
    found: Reachable
    answers: Answers
    is_complete: NDArray[np.int8]
    unit: NDArray[np.int32]
    crowd: Populations
    counts: Counts
    ground: Ground | None

    @property
    def everybody(self) -> NDArray[np.int64]:
        """All residents of every home, thousandths."""
        return self.crowd.people[:, 0]

    @cached_property
    def people_of_units(self) -> NDArray[np.int64]:
        """All residents of every unit, thousandths."""
        own = np.zeros(len(self.study.units) + 1, np.int64)
        np.add.at(own, self.unit, self.everybody)
        return climb(own[:-1], self.study.units)

    @cached_property
    def of_units(self) -> Counts:
        """The counts of every unit with those below it."""
        return self.counts.of(self.study.units)


def baseline(study: Study, network: Network, standard: Standard, profile: Profile) -> Baseline:
    """Return a study judged, ready to hold scenarios against it."""
    found = find_reachable(study, network, standard, profile)
    answers = answers_of(study, network, standard, profile, found)
    unit, _ = assign_units(study.demand.geometry, study.units)
    crowd, ground = populations_of(study, standard, unit), answer_ground(study, network, standard, found)
    counts = count(crowd, answers, unit, units=len(study.units), ground=ground)
    whole = complete(standard, answers.status, found.missing)
    return Baseline(study, network, standard, profile, found, answers, whole, unit, crowd, counts, ground)


def why_not_repaired(rule: Rule) -> str:
    """Return why a rule is not answered by the nearest facility in metres on foot; "" where it is."""
    if rule.measure == "line":
        return "by straight radius"
    if rule.threshold_m is None:
        return "in minutes" if rule.threshold_min else "without a distance"
    return "for several places" if rule.min_count > 1 else ""
