"""A still map as SVG: for paper, for browsers that draw no live map, for report cards. Sharp at any size, in one piece.

Colours and breaks are those of `layers.style`; unknown is hatched, gaps are framed and numbered, the study's credit is
not written here: the page around it carries it.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from markupsafe import escape

from geo.judge.patches import draw_gaps
from geo.model.assessment import Assessment
from geo.model.errors import NotFoundError
from geo.model.study import Study
from layers import style

WIDTH = 1000
MARGIN = 0.06
MOST_BADGES = 5
BADGE = 34
"""A number takes this much room; gaps of several rules in one place stand in a row."""

_STREETS = {"trunk": 4, "primary": 4, "secondary": 3, "tertiary": 2.4, "residential": 1.5, "living_street": 1.5}
_PATTERNS = (
    f'<defs><pattern id="unknown" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="8" height="8" fill="{style.UNKNOWN_FILL}"/><path d="M0 0V8" stroke="{style.UNKNOWN_LINE}" '
    f'stroke-width="3"/></pattern><pattern id="gap" width="7" height="7" patternUnits="userSpaceOnUse" '
    f'patternTransform="rotate(-45)"><rect width="7" height="7" fill="{style.GAP_FILL}" fill-opacity=".7"/>'
    f'<path d="M0 0V7" stroke="{style.GAP_LINE}" stroke-width="2.4"/></pattern></defs>'
)


@dataclass(frozen=True)
class _Frame:
    """The window onto the study: metres of its CRS to user units of the picture."""

    west: float
    north: float
    scale: float
    height: int

    def path(self, shapes: np.ndarray) -> str:
        """Return shapes as path data, points nearer than half a unit dropped."""
        small = shapely.simplify(shapes, 0.5 / self.scale)
        parts = shapely.get_parts(small)
        kinds = shapely.get_type_id(parts)
        polygons = parts[kinds == shapely.GeometryType.POLYGON]
        lines = [*shapely.get_rings(polygons), *parts[np.isin(kinds, (1, 2))]]
        return "".join(self._line(shapely.get_coordinates(line)) for line in lines)

    def _line(self, xy: np.ndarray) -> str:
        x, y = (xy[:, 0] - self.west) * self.scale, (self.north - xy[:, 1]) * self.scale
        return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))

    def point(self, shape: shapely.Point) -> tuple[float, float]:
        """Return a point in user units."""
        return round((shape.x - self.west) * self.scale, 1), round((self.north - shape.y) * self.scale, 1)


def still_map(
    study: Study, assessment: Assessment, *, rule_id: str, level: str, lang: str, unit_id: str | None = None,
    gaps: pd.DataFrame | None = None,
) -> str:  # fmt: skip
    """Return the picture of one rule: units of a level by coverage, or one unit with its gaps and walls close up.

    Parameters
    ----------
    unit_id
        Draw this unit alone, framed, with the rule's gaps numbered; None draws them all.
    gaps
        Number these gaps in the unit instead of the rule's, in a square picture, as for a report card.

    Raises
    ------
    NotFoundError
        No such rule or unit.
    """
    if rule_id not in {rule.rule_id for rule in assessment.standard.rules}:
        raise NotFoundError(f"no rule '{rule_id[:60]}' in the standard.")
    chosen = study.units["unit_id"] == unit_id if unit_id else study.units["level"] == level
    if unit_id and not chosen.any():
        raise NotFoundError(f"no unit '{unit_id[:60]}' in study '{study.name}'.")
    units = study.units[chosen]
    frame = _frame(units if not units.empty else study.streets, is_square=gaps is not None)
    window = _window(frame)
    body = [_base(study, frame, window, is_close=unit_id is not None)]
    if unit_id:
        body.append(f'<path d="{frame.path(units.geometry.to_numpy())}" fill="none" stroke="#fff" stroke-width="8"/>')
        numbered = _gaps_of(assessment, rule_id, unit_id) if gaps is None else gaps
        body.append(_gaps(draw_gaps(study, assessment, numbered), frame))
        body.append(f'<path d="{frame.path(units.geometry.to_numpy())}" class="chosen"/>')
    else:
        body.insert(0, _units(units, assessment, frame, rule_id))
        body.append(_names(units, assessment, frame, rule_id=rule_id, lang=lang))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {frame.height}" role="img">'
        f'<style>text{{font-family:"Noto Sans CJK SC","Microsoft YaHei",sans-serif;font-size:15px;font-weight:600;'
        f"fill:{style.INK};"
        f"text-anchor:middle}}.halo{{stroke:#fff;stroke-width:4px;stroke-linejoin:round}}.badge{{fill:#fff}}"
        f".chosen{{fill:none;stroke:{style.INK};stroke-width:4}}</style>{_PATTERNS}"
        f'<rect width="{WIDTH}" height="{frame.height}" fill="{style.LAND}"/>{"".join(body)}{_scale(frame)}</svg>'
    )


def _frame(table: gpd.GeoDataFrame, *, is_square: bool) -> _Frame:
    west, south, east, north = table.total_bounds
    width, height = east - west, north - south
    pad = MARGIN * max(width, height)
    if is_square:
        west, east = west - max(height - width, 0) / 2, east + max(height - width, 0) / 2
        south, north = south - max(width - height, 0) / 2, north + max(width - height, 0) / 2
    scale = WIDTH / (east - west + 2 * pad)
    return _Frame(west - pad, north + pad, scale, round((north - south + 2 * pad) * scale))


def _window(frame: _Frame) -> shapely.Polygon:
    south = frame.north - frame.height / frame.scale
    return shapely.box(frame.west, south, frame.west + WIDTH / frame.scale, frame.north)


def _within(table: gpd.GeoDataFrame, window: shapely.Polygon) -> np.ndarray:
    shapes = table.geometry.to_numpy()
    return np.asarray(shapely.clip_by_rect(shapes[shapely.intersects(shapes, window)], *window.bounds))


def _base(study: Study, frame: _Frame, window: shapely.Polygon, *, is_close: bool) -> str:
    """Return water, streets and, close up, greens, buildings and walls."""
    kinds = {"green": style.GREEN, "wood": style.GREEN, "water": style.WATER, "building": "#E1E2E3"}
    parts = []
    for kind, fill in kinds.items():
        if is_close or kind == "water":
            shapes = _within(study.backdrop[study.backdrop["kind"] == kind], window)
            shapes = shapes[shapely.get_dimensions(shapes) == 2]
            parts.append(f'<path d="{frame.path(shapes)}" fill="{fill}"/>')
    for kind, width in _STREETS.items():
        shapes = _within(study.streets[study.streets["kind"] == kind], window)
        colour = "#C9CCCF" if is_close else "#FFFFFF"
        parts.append(f'<path d="{frame.path(shapes)}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
    if is_close:
        walls = frame.path(_within(study.walls, window))
        parts.append(f'<path d="{walls}" fill="none" stroke="#7A3B1E" stroke-width="2.4"/>')
    return "".join(parts)


def _figures(units: gpd.GeoDataFrame, assessment: Assessment, rule_id: str) -> pd.DataFrame:
    mine = assessment.verdicts[assessment.verdicts["rule_id"] == rule_id].set_index("unit_id")
    return mine.loc[units["unit_id"]]


def _units(units: gpd.GeoDataFrame, assessment: Assessment, frame: _Frame, rule_id: str) -> str:
    parts = []
    figures = _figures(units, assessment, rule_id)
    for shape, ratio, unknown, people in zip(
        units.geometry, figures["ratio"], figures["unknown"], figures["people"], strict=True
    ):
        rank = None if unknown > style.UNKNOWN_SHARE * people else style.class_of(ratio)
        fill = "url(#unknown)" if rank is None else style.SERVED[rank]
        path = frame.path(np.array([shape]))
        parts.append(f'<path d="{path}" fill="{fill}" stroke="{style.UNIT_LINE}" stroke-width="1.4"/>')
    return "".join(parts)


def _names(units: gpd.GeoDataFrame, assessment: Assessment, frame: _Frame, *, rule_id: str, lang: str) -> str:
    parts = []
    ratios = _figures(units, assessment, rule_id)["ratio"]
    for name, name_en, shape, ratio in zip(units["name"], units["name_en"], units.geometry, ratios, strict=True):
        x, y = frame.point(shape.representative_point())
        shown = name_en if lang == "en" and isinstance(name_en, str) else name
        share = "?" if ratio != ratio else f"{ratio:.0%}"
        parts.append(_label(x, y, shown) + _label(x, y + 18, share))
    return "".join(parts)


def _gaps_of(assessment: Assessment, rule_id: str, unit_id: str) -> pd.DataFrame:
    return assessment.gaps[(assessment.gaps["rule_id"] == rule_id) & (assessment.gaps["unit_id"] == unit_id)]


def _gaps(table: gpd.GeoDataFrame, frame: _Frame) -> str:
    path = frame.path(table.geometry.to_numpy())
    parts = [f'<path d="{path}" fill="url(#gap)" stroke="{style.GAP_LINE}" stroke-width="3"/>']
    taken: set[tuple[int, int]] = set()
    for number, shape in enumerate(table.geometry.head(MOST_BADGES), start=1):
        x, y = frame.point(shape.representative_point())
        while (round(x / BADGE), round(y / BADGE)) in taken:
            x += BADGE
        taken.add((round(x / BADGE), round(y / BADGE)))
        parts.append(
            f'<circle cx="{x}" cy="{y}" r="15" fill="{style.GAP_LINE}" stroke="#fff" stroke-width="3"/>'
            f'<text x="{x}" y="{y + 5}" class="badge">{number}</text>'
        )
    return "".join(parts)


def _label(x: float, y: float, text: str) -> str:
    """Return words with a white edge; two texts, since not every program can paint the edge first."""
    words = f'x="{x}" y="{y}">{escape(text)}</text>'
    return f'<text class="halo" aria-hidden="true" {words}<text {words}'


def _scale(frame: _Frame) -> str:
    """Return a bar of a round number of metres, about a fifth of the width."""
    wish = WIDTH / 5 / frame.scale
    power = 10 ** np.floor(np.log10(wish))
    metres = power * max(step for step in (1, 2, 5) if step * power <= wish)
    long, y = metres * frame.scale, frame.height - 22
    label = f"{metres:g} m" if metres < 1000 else f"{metres / 1000:g} km"
    return (
        f'<path d="M24 {y - 8}V{y}H{24 + long:.0f}V{y - 8}" fill="none" stroke="{style.INK}" stroke-width="2"/>'
        + _label(round(24 + long / 2), y - 6, label)
    )
