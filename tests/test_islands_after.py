"""The connected parts after an edit are those found anew, wherever they are merged from those before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scenarios
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_plan_laws import STANDARD, closings, fitting, openings, walled

from geo.model.study import Study
from geo.plan.edits import Edit
from geo.plan.islands import merged
from geo.walk.build import components

TOWNS = 12


def test_parts_are_merged_as_they_are_found_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[bool] = []

    def checked(network: Any, new: Any, node: Any, gone: Any) -> Any:
        found = merged(network, new, node, gone)
        held.append(found is not None)
        if found is not None:
            ends = [
                np.concatenate([old, node[ours]])
                for old, ours in ((network.edge_from, new.edge_from), (network.edge_to, new.edge_to))
            ]
            stays = np.ones(len(ends[0]), bool)
            stays[gone] = False
            cm = np.concatenate([network.edge_cm, new.edge_cm])
            anew, metres = components(ends[0][stays], ends[1][stays], cm[stays], len(found[0]))
            used = np.unique(np.concatenate([end[stays] for end in ends]))
            np.testing.assert_allclose(found[1][found[0][used]], metres[anew[used]])
            pairs = np.unique(np.stack([found[0][used], anew[used]]), axis=1)
            assert len(np.unique(pairs[0])) == len(np.unique(pairs[1])) == pairs.shape[1]
        return found

    monkeypatch.setattr("geo.plan.overlay.merged", checked)

    @settings(
        max_examples=TOWNS, derandomize=True, deadline=None, phases=(Phase.generate,),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )  # fmt: skip
    @given(walled(), st.lists(st.one_of(openings, closings), min_size=1, max_size=3))
    def holds(town: Study, edits: list[Edit]) -> None:
        anew, quick = scenarios.both_ways(town, *fitting(town, edits), standard=STANDARD)
        assert quick.figures == anew.figures

    holds()
    assert any(held) and not all(held)
