"""Patches: the kernels against SciPy and plain sums, the patch of every place, and shapes drawn from it."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.judge.patches import draw_gaps, gather
from geo.model.assessment import NO_CAUSE, Assessment
from geo.model.study import Study

Sample = tuple[Study, Assessment]


@pytest.mark.parametrize("seed", range(5))
def test_patches_are_the_connected_parts_of_each_family(seed: int) -> None:
    dice = np.random.default_rng(seed)
    family = dice.integers(0, 4, 300).astype(np.int8)
    pairs = dice.integers(0, 300, (400, 2)).astype(np.int32)
    found = gather(family, pairs)
    linked = pairs[(family[pairs[:, 0]] == family[pairs[:, 1]]) & (family[pairs[:, 0]] > 0)]
    graph = coo_array((np.ones(len(linked)), (linked[:, 0], linked[:, 1])), shape=(300, 300))
    label = connected_components(graph, directed=False)[1]
    mine = np.split(found.rows, found.first[1:])
    expected = [np.flatnonzero((label == one) & (family > 0)) for one in dict.fromkeys(label[family > 0])]
    assert [part.tolist() for part in mine] == [part.tolist() for part in expected]
    assert found.label.tolist() == np.repeat(np.arange(len(mine)), [len(part) for part in mine]).tolist()


def test_nobody_makes_no_patch() -> None:
    found = gather(np.zeros(3, np.int8), np.array([[0, 1]], np.int32))
    assert len(found.rows) == len(found.first) == len(found.medians(np.empty(0), np.empty(0))) == 0


def test_the_median_is_that_of_people_and_none_where_most_reach_nothing() -> None:
    """Two patches: 1, 2 and 5 people at 10, 30 and 20 m; 3 people at 7 m, 4 who reach nothing."""
    found = gather(np.ones(5, np.int8), np.array([[0, 1], [1, 2], [3, 4]], np.int32))
    medians = found.medians(np.array([10.04, 30, 20, 7, np.inf]), np.array([1.0, 2, 5, 3, 4]))
    assert medians[0] == 20 and np.isnan(medians[1])


def test_the_places_of_a_gap_hold_its_people_and_lie_in_its_shape(sample: Sample) -> None:
    study, result = sample
    points, people = study.demand.geometry.to_numpy(), study.demand["people"].to_numpy()
    rules = [rule.rule_id for rule in result.standard.rules]
    some = result.gaps.iloc[::97]
    drawn = draw_gaps(study, result, some)
    assert drawn["gap_id"].tolist() == some["gap_id"].tolist() and drawn.crs == study.crs
    for row, gap, shape in zip(some.index, some.itertuples(), drawn.geometry, strict=True):
        number = rules.index(gap.rule_id)
        places = np.flatnonzero(result.demand_gap[:, number] == row)
        assert len(places) == gap.places
        assert result.standard.rules[number].serves != "all" or people[places].sum() == pytest.approx(gap.people)
        assert shapely.dwithin(points[places], shape, 10).all()


def test_nobody_who_lacks_nothing_is_in_a_patch(sample: Sample) -> None:
    _, result = sample
    is_in = np.asarray(result.demand_gap) >= 0
    assert is_in.any() and not (is_in & (np.asarray(result.cause) == NO_CAUSE)).any()
