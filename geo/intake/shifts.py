"""Does a file look shifted? Its numbers do not say in which of the Chinese systems they are; the ground does.

GCJ-02, BD-09 and WGS 84 lie 300 to 1,000 m apart, each by a vector that is known at every place. So a file taken for
the wrong one is off by a vector we can predict. Two witnesses are asked: places that stand under the same name in
OpenStreetMap, and the streets, beside which places lie. Nothing is ever moved: the finding says the numbers and the
command that would repair it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from geo.model.crs import SHIFTED, WGS84, is_in_china, shifted_to_wgs84, wgs84_to_shifted
from geo.model.errors import Problem, Told, told
from geo.model.study import Source, Study

ROLES = ("facilities", "demand", "units", "gates")

FEWEST_NAMES = 5
"""So many places of equal name must be found before they are believed (ours)."""

NAME_TOLERANCE_M = 100.0
"""A point and the middle of the same school or park may lie so far apart (ours)."""

NAME_SHARE, NAME_SHARE_AS_IS = 0.6, 0.2
"""Believed where at least this share of the names fits the shift, and at most this share fits as it is (ours)."""

NAME_REACH_M = 2_000.0
"""Places of one name farther apart than this are two places."""

FEWEST_POINTS, MOST_POINTS = 30, 400
"""The streets are asked only about so many places, and about a sample of so many."""

STREET_CAP_M = 150.0
STREET_GAIN, STREET_GAIN_OVER_CHANCE = 0.6, 0.75
"""Believed where the mean distance to the next street, each capped, falls at least to this share of what it was, and
of the least that the same shift in eight other directions gives (ours): chance alone does neither."""

OUTLINE_STEP_M = 50.0
_NAMES = {WGS84: "WGS 84", "GCJ02": "GCJ-02", "BD09": "BD-09"}
_SAYS = {WGS84: "wgs84", "GCJ02": "gcj02", "BD09": "bd09"}

Points = NDArray[np.float64]


@dataclass(frozen=True)
class _Witness:
    """What speaks for a shift: the share that fits, and the words with the numbers."""

    strength: float
    words: Told


def find_shifts(study: Study) -> tuple[Problem, ...]:
    """Return a note for every file of the planner that lies as if declared in the wrong Chinese system.

    Parameters
    ----------
    study
        In its metric CRS; ``sources`` name the CRS in which each file was read.

    Returns
    -------
    findings
        Code ``looks_shifted``; none where the streets lie outside China, or neither witness is sure.
    """
    places = study.streets.geometry
    if places.empty:
        return ()
    to_degrees = pyproj.Transformer.from_crs(study.crs, WGS84, always_xy=True)
    west, south, east, north = places.total_bounds
    lon, lat = to_degrees.transform((west + east) / 2, (south + north) / 2)
    if not is_in_china(np.array([lon]), np.array([lat]))[0]:
        return ()
    tree, named = shapely.STRtree(places.to_numpy()), _named_in_osm(study)
    found = []
    for source, table in _files(study):
        best = max(_believed(table, source, tree, named, to_degrees), key=lambda pair: pair[1].strength, default=None)
        if best is not None:
            found.append(_problem(source, *best))
    return tuple(found)


def _files(study: Study) -> Iterator[tuple[Source, gpd.GeoDataFrame]]:
    """Yield every file of the planner with the rows that came from it."""
    for source in study.sources:
        if source.role not in ROLES:
            continue
        table: gpd.GeoDataFrame = getattr(study, source.role)
        if "source" in table:
            table = table[table["source"] == source.file]
        elif sum(other.role == source.role for other in study.sources) > 1:
            continue
        if not table.empty:
            yield source, table


def _believed(
    table: gpd.GeoDataFrame,
    source: Source,
    tree: shapely.STRtree,
    named: pd.DataFrame,
    to_degrees: pyproj.Transformer,
) -> Iterator[tuple[str, _Witness]]:
    """Yield the systems the file may really be in; names decide wherever there are enough of them."""
    xy, points = _middles(table), _beside_streets(table)
    pairs = _same_name(table, xy, named)
    for really in _NAMES:
        if really == _declared(source.crs):
            continue
        if len(pairs) >= FEWEST_NAMES:
            here = xy[pairs[:, 0].astype(int)]
            witness = _by_name(pairs[:, 1:] - here, _shift(here, source.crs, really, to_degrees))
        else:
            witness = _by_streets(points, _shift(points, source.crs, really, to_degrees), tree)
        if witness is not None:
            yield really, witness


def _declared(crs: str) -> str:
    return crs if crs in SHIFTED else WGS84


def _shift(xy: Points, crs: str, really: str, to_degrees: pyproj.Transformer) -> Points:
    """Return (N, 2) metres from where places lie, read as ``crs``, to where they belong if they are in ``really``."""
    lon, lat = to_degrees.transform(*xy.T)
    if crs in SHIFTED:
        lon, lat = wgs84_to_shifted(crs, lon, lat)
    if really in SHIFTED:
        lon, lat = shifted_to_wgs84(really, lon, lat)
    return np.column_stack(to_degrees.transform(lon, lat, direction="INVERSE")) - xy


def _by_name(needed: Points, shift: Points) -> _Witness | None:
    """Weigh how places must move to lie upon their namesakes against how the shift would move them."""
    left = np.hypot(*(needed - shift).T)
    fits, fits_as_is = left <= NAME_TOLERANCE_M, np.hypot(*needed.T) <= NAME_TOLERANCE_M
    middle = np.median(needed, axis=0)
    off = float(np.hypot(*(middle - np.median(shift, axis=0))))
    if off > NAME_TOLERANCE_M or fits.mean() < NAME_SHARE or fits_as_is.mean() > NAME_SHARE_AS_IS:
        return None
    words = told(
        "{places} of {of} places named as in OpenStreetMap lie {off_m:.0f} m from there (median), and {left_m:.0f} m",
        places=fits.sum(), of=len(fits), off_m=np.hypot(*middle), left_m=np.median(left),
    )  # fmt: skip
    return _Witness(1 + float(fits.mean()), words)


def _by_streets(points: Points, shift: Points, tree: shapely.STRtree) -> _Witness | None:
    """Weigh how far places lie from the next street as they are, as the shift puts them, and as chance would."""
    if len(points) < FEWEST_POINTS:
        return None
    as_is, repaired = _street_m(points, tree), _street_m(points + shift, tree)
    if repaired.mean() > STREET_GAIN * as_is.mean():
        return None
    for angle in np.radians(np.arange(40, 360, 40)):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        if repaired.mean() > STREET_GAIN_OVER_CHANCE * _street_m(points + shift @ turn.T, tree).mean():
            return None
    words = told(
        "{places} places lie {street_m:.0f} m from the next street (mean), and {repaired_m:.0f} m",
        places=len(points), street_m=as_is.mean(), repaired_m=repaired.mean(),
    )  # fmt: skip
    return _Witness(1 - float(repaired.mean() / as_is.mean()), words)


def _street_m(points: Points, tree: shapely.STRtree) -> NDArray[np.float64]:
    """Return metres to the next street, at most `STREET_CAP_M`."""
    at, metres = tree.query_nearest(
        shapely.points(points), max_distance=STREET_CAP_M, return_distance=True, all_matches=False
    )
    found = np.full(len(points), STREET_CAP_M)
    found[at[0]] = metres
    return found


def _middles(table: gpd.GeoDataFrame) -> Points:
    return np.asarray(shapely.get_coordinates(shapely.centroid(table.geometry.to_numpy())))


def _beside_streets(table: gpd.GeoDataFrame) -> Points:
    """Return a sample of the places, or of the outlines of areas, which mostly run along streets."""
    shapes = table.geometry.to_numpy()
    if table.geom_type.isin(("Polygon", "MultiPolygon")).any():
        xy = shapely.get_coordinates(shapely.segmentize(shapely.boundary(shapes), OUTLINE_STEP_M))
    else:
        xy = _middles(table)
    return np.asarray(xy[:: max(1, -(-len(xy) // MOST_POINTS))])


def _named_in_osm(study: Study) -> pd.DataFrame:
    """Return name, x and y of the places of OpenStreetMap whose name stands there once."""
    files = [source.file for source in study.sources if source.role == "osm"]
    areas = study.backdrop[study.backdrop.geom_type.isin(("Polygon", "MultiPolygon"))]
    parts = [
        (part["name"], _middles(part)) for part in (study.facilities[study.facilities["source"].isin(files)], areas)
    ]
    names = pd.concat([name for name, _ in parts]).map(_plain)
    xy = np.concatenate([xy for _, xy in parts])
    frame = pd.DataFrame({"name": names.to_numpy(), "x": xy[:, 0], "y": xy[:, 1]}).dropna()
    return frame.drop_duplicates("name", keep=False)


def _same_name(table: gpd.GeoDataFrame, xy: Points, named: pd.DataFrame) -> Points:
    """Return (P, 3): row of the table, and x and y of the namesake in OpenStreetMap."""
    names = table["name"].map(_plain).to_numpy() if "name" in table else np.full(len(table), None)
    own = pd.DataFrame({"name": names, "row": np.arange(len(table))}).dropna().drop_duplicates("name", keep=False)
    both = own.merge(named, on="name")[["row", "x", "y"]].to_numpy(dtype=float)
    near = np.hypot(*(both[:, 1:] - xy[both[:, 0].astype(int)]).T) <= NAME_REACH_M
    return np.asarray(both[near])


def _plain(name: object) -> str | None:
    """Return a name without spaces and brackets; None for none and for our own stand-in."""
    if not isinstance(name, str) or name.startswith("(no name"):
        return None
    return "".join(letter for letter in name.casefold() if letter.isalnum()) or None


def _problem(source: Source, really: str, witness: _Witness) -> Problem:
    taken = _NAMES.get(_declared(source.crs), source.crs)
    is_metric = source.crs not in SHIFTED and bool(source.crs) and pyproj.CRS(source.crs).is_projected
    remedy = told("Compare on the map; if it is so, load it as {load_as}.", load_as=f"{source.file}@{_SAYS[really]}")
    if is_metric:
        remedy = told(
            "It may have been made from {made_from} numbers; ask for it in degrees: FILE@{says}.",
            made_from=_NAMES[really], says=_SAYS[really],
        )  # fmt: skip
    return Problem(
        source.file,
        told("looks shifted: read as {taken}, " f"{witness.words}" " if it is in {really}.", taken=taken,
             really=_NAMES[really], **witness.words.values),
        remedy, code="looks_shifted", severity="note",
    )  # fmt: skip
