"""Writing what was measured: ``docs/performance.md`` with a table of the ratios, and its curves as a picture."""

from __future__ import annotations

import platform
from pathlib import Path

from benchmarks.growth import Curve
from benchmarks.timing import Ratio
from geo.walk.size import Size

TARGETS = {
    "nearest_vs_scipy": "≥ 6", "nearest_vs_pandana": "≥ 200", "nearest_vs_floor": "≤ 2.5", "many_vs_single": "≤ 0.6",
    "repair_vs_full": "≥ 100", "isochrone_vs_osmnx": "≥ 100", "service_areas_vs_shapely": "≥ 20",
    "catchments_vs_dissolved": "–", "pairs_vs_scipy": "–",
    "read_vs_osmnx": "≥ 30", "read_vs_pyosmium": "≤ 3", "snap_vs_shapely": "≥ 1", "growth_100k_1m": "≤ 1.5",
    "load_vs_pandas": "ours ≤ 5 s", "gcj02_million_points_a_second": "≥ 1", "bd09_million_points_a_second": "≥ 1",
    "assess_over_searches": "≤ 3", "card_vs_assess": "–",
    "sites_vs_spopt_sample": "–", "sites_vs_spopt_city": "–", "sites_vs_spopt_million": "–",
    "edit_vs_recompute_1000k": "≥ 50", "walls_vs_recompute": "≥ 5",
}  # fmt: skip
UNMET = {
    "read_vs_osmnx": "Of our reading, half goes to cutting ways into pieces, a seventh to unpacking, the rest to "
    "decoding; no place stands out.",
    "read_vs_pyosmium": "The rival only walks through the file, in C++ on threads of its own, and makes no streets; "
    "we decode them on one core, and cut them, which is half of our time.",
    "growth_100k_1m": "The search waits for memory: 100 k nodes lie in the second cache of a core, 1 M nodes (50 MB "
    "read and written) do not. It grows with what else the machine does at the time.",
    "many_vs_single": "The kernels hold no lock. Where both take about as much of the processor, as is told beside "
    "them, the second core was busy with other work: see the load above. Of 25 searches a core has 13: 0.52 at best.",
    "snap_vs_shapely": "Four tenths of our time go to the places whose nearest street lies behind a wall, a quarter to "
    "finding the nearest street. The rival knows no wall.",
    "assess_over_searches": "A quarter of the time is joining and searching for the nearest, a tenth people in reach "
    "and a tenth straight lines. Of the rest most goes to gaps: a quarter of a million patches of 40 rules are "
    "described, named and asked what severs them, in numpy and pandas, partly on one core.",
    "nearest_vs_floor": "Half of the time is the search among junctions, a quarter fills in the other nodes; both "
    "wait for memory: 50 MB are read and written, where the floor reads 25 MB.",
}
"""What the profile shows where a figure is not reached."""

WIDE, HIGH, LEFT, BELOW = 380, 190, 56, 42


def write_report(folder: Path, ratios: list[Ratio], curves: list[Curve], sizes: dict[str, Size], when: str) -> None:
    """Write ``performance.md`` and ``performance.svg`` into a folder; ``when`` is a date and what else was running."""
    (folder / "performance.svg").write_text(_picture(curves), encoding="utf-8")
    lines = [
        "# How fast", "",
        f"Measured by `make bench` on {when}: {platform.machine()}, Python {platform.python_version()}.",
        "Ratios of medians, measured in one run, turn by turn. Absolute times are those of that machine.", "",
        "| ratio | reached | aimed at | times | how |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for ratio in ratios:
        reached = "–" if ratio.value is None else f"{ratio.value:.2f}"
        times = ", ".join(f"{name} {_time(seconds)}" for name, seconds in ratio.seconds.items())
        lines.append(f"| `{ratio.name}` | {reached} | {TARGETS.get(ratio.name, '–')} | {times} | {ratio.note} |")
    lines += _unmet(ratios)
    lines += ["", "## How the cost of one search grows", "", "![Curves](performance.svg)", ""]
    for curve in curves:
        lines += [f"**{curve.title}** ({curve.unit}): " + ", ".join(f"{x:g}: {y:.1f} ms" for x, y in curve.points), ""]
    lines += ["## What a network costs", "", "Bytes an edge (at most 120) and a node (at most 60).", ""]
    for name, size in sizes.items():
        disk = f"{size.disk_per_edge:.0f} an edge and {size.disk_per_node:.0f} a node on disk"
        memory = f"{size.memory_per_edge:.0f} and {size.memory_per_node:.0f} in memory with the contracted graph"
        lines += [f"**{name}**: {disk}, {memory}", ""]
    (folder / "performance.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def is_met(ratio: Ratio) -> bool:
    """Return whether a ratio, or our own seconds, reach what is aimed at.

    What was not measured, or has no aim, misses nothing.
    """
    words, value = TARGETS.get(ratio.name, "–").split(), ratio.value
    if words[0] == "ours":
        words, value = words[1:], ratio.seconds.get("ours")
    if value is None or words[0] == "–":
        return True
    return value >= float(words[1]) if words[0] == "≥" else value <= float(words[1])


def _unmet(ratios: list[Ratio]) -> list[str]:
    missed = [ratio for ratio in ratios if not is_met(ratio)]
    told = [f"- `{ratio.name}`: {UNMET.get(ratio.name, 'not looked into yet.')}" for ratio in missed]
    return ["", "## What is not reached, and what the profile shows", "", *told] if told else []


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def _picture(curves: list[Curve]) -> str:
    parts = []
    for number, curve in enumerate(curves):
        parts.append(f'<g transform="translate({number % 2 * WIDE} {number // 2 * HIGH})">{_curve(curve)}</g>')
    size = f"{2 * WIDE} {(len(curves) + 1) // 2 * HIGH}"
    style = '<style>text{font:12px sans-serif;fill:#14191F}</style><rect width="100%" height="100%" fill="#fff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}">{style}{"".join(parts)}</svg>\n'


def _curve(curve: Curve) -> str:
    """Draw a curve with even steps between its points: they are measured at growing sizes, not at even ones."""
    most = max(y for _, y in curve.points)
    step = (WIDE - LEFT - 40) / max(1, len(curve.points) - 1)
    floor = HIGH - BELOW
    places = [(LEFT + k * step, floor - y / most * (floor - 34), x, y) for k, (x, y) in enumerate(curve.points)]
    path = " ".join(f"{px:.0f},{py:.0f}" for px, py, _, _ in places)
    marks = "".join(
        f'<circle cx="{px:.0f}" cy="{py:.0f}" r="4" fill="#2F7A90"/>'
        f'<text x="{px:.0f}" y="{py - 9:.0f}" text-anchor="middle">{y:.1f}</text>'
        f'<text x="{px:.0f}" y="{floor + 16}" text-anchor="middle">{x:g}</text>'
        for px, py, x, y in places
    )
    return (
        f'<text x="{LEFT}" y="18" font-weight="600">ms by {curve.title}</text>'
        f'<path d="M{LEFT - 14} {floor}H{WIDE - 16}" stroke="#7C8791"/>'
        f'<polyline points="{path}" fill="none" stroke="#2F7A90" stroke-width="2"/>{marks}'
        f'<text x="{WIDE / 2}" y="{floor + 32}" text-anchor="middle" fill="#4A5560">{curve.unit}</text>'
    )
