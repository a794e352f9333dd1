"""Every ratio of the contract, in one run.

A rival that is not installed, or data that are not here, give no ratio and a word why.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.assessing import assess_case
from benchmarks.cards import card_case
from benchmarks.cities import catchments_case, city_cases, service_area_case, snap_case
from benchmarks.intake import crs_case, load_case
from benchmarks.networks import make_network
from benchmarks.pairs import pairs_case
from benchmarks.scenarios import made_case, real_cases
from benchmarks.searches import growth_case, many_case, nearest_cases, pandana_case, repair_case
from benchmarks.siting import siting_cases
from benchmarks.timing import NODES, Ratio


def all_cases(tell: Callable[[str], None]) -> list[Ratio]:
    """Return every ratio of the contract, in its order; ``tell`` hears what is running."""
    tell("making networks")
    small, large = make_network(NODES // 10), make_network(NODES)
    found: list[Ratio] = []
    for name, case in (
        ("nearest", lambda: nearest_cases(large)),
        ("pandana", lambda: [pandana_case(small)]),
        ("many categories", lambda: [many_case(large)]),
        ("pairs", lambda: [pairs_case(large)]),
        ("repair", lambda: [repair_case(large)]),
        ("growth", lambda: [growth_case(small, large)]),
        ("a real city", lambda: city_cases(large)),
        ("service areas", lambda: [service_area_case(small), catchments_case(small)]),
        ("assessing", lambda: [assess_case(large)]),
        ("sites", lambda: siting_cases(large)),
        ("report cards", lambda: [card_case()]),
        ("scenarios", lambda: [made_case(small), made_case(large), *real_cases()]),
        ("joining", lambda: [snap_case(small)]),
        ("a list of facilities", lambda: [load_case()]),
        ("coordinates", crs_case),
    ):
        tell(name)
        found += case()
    return found


def to_json(ratios: list[Ratio]) -> dict[str, Any]:
    """Return the document that ``bench --json`` prints."""
    return {
        "ratios": {ratio.name: ratio.value and round(ratio.value, 2) for ratio in ratios},
        "seconds": {ratio.name: {k: round(v, 5) for k, v in ratio.seconds.items()} for ratio in ratios},
        "notes": {ratio.name: ratio.note for ratio in ratios},
    }
