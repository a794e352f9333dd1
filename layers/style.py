"""The colours and class breaks of every map and chart, in one place for the desk, the portable map and print."""

from __future__ import annotations

import itertools

BREAKS = (0.4, 0.6, 0.75, 0.9)
"""Upper bounds of the first four classes of a coverage ratio; the fifth ends at 1."""

SERVED = ("#EAF4F5", "#A9D2D8", "#69ABB9", "#2F7A90", "#0E4558")
LACKING = ("#FFF1DE", "#F7C588", "#E8903F", "#BC530D", "#7D2E06")
BANDS = ("#14607A", "#5AA5B8", "#B4DAE0")
UNKNOWN_FILL, UNKNOWN_LINE = "#F1F2F2", "#7C8791"
GAP_LINE, GAP_FILL = "#B5480A", "#FFF1DE"
UNIT_LINE, INK = "#5A646E", "#14191F"
LAND, WATER, GREEN, STREET = "#F4F4F2", "#CBD9DF", "#DFE8DC", "#C9CCCF"
GROUPS = {
    "learning": "#12327A",
    "health": "#C92A78",
    "culture": "#2F9560",
    "shops": "#7A4300",
    "transit": "#5E6973",
}

UNKNOWN_SHARE = 0.5
"""A unit with more of its people unknown than this is drawn as unknown."""


def class_of(ratio: float | None) -> int | None:
    """Return the class of a coverage ratio, 0 the lowest; None where it is not known."""
    if ratio is None or ratio != ratio:
        return None
    return sum(ratio >= bound for bound in BREAKS)


def class_names() -> list[str]:
    """Return the classes in per cent: 0-40, 40-60 and so on."""
    bounds = [0.0, *BREAKS, 1.0]
    return [f"{low:.0%}–{high:.0%}".replace("%–", "–") for low, high in itertools.pairwise(bounds)]
