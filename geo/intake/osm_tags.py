"""What the tags of OpenStreetMap mean to somebody on foot: the tables behind `docs/intake.md`.

A way is walkable when its kind of highway is in `WALKABLE`, or when ``foot`` says so, and nothing forbids it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

WALKABLE = {
    "primary": "with its pavements", "primary_link": "", "secondary": "with its pavements", "secondary_link": "",
    "tertiary": "", "tertiary_link": "", "trunk": "with its pavements", "trunk_link": "",
    "unclassified": "", "residential": "", "living_street": "",
    "service": "lanes inside compounds", "pedestrian": "streets and squares; of a square, its outline",
    "footway": "", "path": "", "steps": "", "track": "", "bridleway": "", "cycleway": "unless foot=no",
    "corridor": "", "platform": "", "road": "kind unknown", "elevator": "",
}  # fmt: skip
"""Kinds of highway that one may walk on."""

ONLY_IF_FOOT = {"motorway": "", "motorway_link": "", "busway": "", "bus_guideway": ""}
"""Kinds that need an explicit ``foot=yes``."""

FOOT_YES = frozenset({"yes", "designated", "permissive", "official", "destination", "customers"})
FOOT_NO = frozenset({"no", "private", "use_sidepath", "discouraged"})
ACCESS_NO = frozenset({"no", "military", "emergency", "agricultural", "forestry"})
"""``access=private`` is kept: it is how residents get home inside compounds. Its metres are in the load report."""

WALLS = {
    "wall": "", "fence": "", "city_wall": "", "retaining_wall": "", "hedge": "", "guard_rail": "", "ditch": "",
}  # fmt: skip
"""Values of ``barrier`` on lines that nobody walks through."""

GATES = frozenset(
    {"gate", "entrance", "lift_gate", "swing_gate", "sliding_gate", "turnstile", "kissing_gate", "wicket_gate",
     "hampshire_gate", "stile", "full-height_turnstile", "sally_port"}
)  # fmt: skip
"""Values of ``barrier`` on points that one walks through, unless access or foot say no or it is locked."""

BLOCKING_POINTS = frozenset({"wall", "fence", "hedge", "debris", "jersey_barrier_closed"})
"""Values of ``barrier`` on a point of a way that stop a walker."""

GATE_ACCESS = {
    "yes": "public", "permissive": "public", "public": "public", "designated": "public", "private": "residents",
    "residents": "residents", "permit": "residents", "customers": "residents", "no": "closed",
}  # fmt: skip
"""``foot`` or ``access`` of a gate in our words; anything else is unknown."""

WHEELCHAIR = {"yes": "yes", "designated": "yes", "limited": "limited", "no": "no"}
"""``wheelchair`` of a way in our words; anything else is unknown."""

CARRIAGEWAYS = {
    "motorway": "trunk", "trunk": "trunk", "primary": "primary", "secondary": "secondary", "tertiary": "tertiary",
    "busway": "tertiary", "unclassified": "residential", "residential": "residential", "road": "residential",
    "living_street": "service", "service": "service",
}  # fmt: skip
"""Kinds of highway that are crossed, a ``_link`` as its road, and which of the `hindrances.ROADS` each is."""

KERBS = {
    "flush": "flush", "no": "flush", "lowered": "lowered", "rolled": "rolled", "raised": "raised", "regular": "raised",
}  # fmt: skip
"""``kerb`` of a point in our words; anything else, ``kerb=yes`` too, is unknown."""

CROSSING_POINTS = ("crossing", "elevator", "traffic_signals")
"""Values of ``highway`` on points where one crosses or waits."""

WAY_TAGS = (
    "highway", "name", "access", "wheelchair", "surface", "smoothness", "width", "incline", "conveying", "oneway:foot",
    "footway", "crossing", "crossing:signals", "oneway", "junction", "bridge", "tunnel",
)  # fmt: skip
"""Tags of a way that its pieces are made from."""

RAILS = frozenset({"rail", "light_rail", "subway", "tram", "narrow_gauge"})
RIVERS = frozenset({"river", "canal", "stream"})
"""Values of ``railway`` and ``waterway`` on lines that the map shows beneath."""

MAIN_ROADS = frozenset({"motorway", "trunk", "primary", "secondary"})
"""Values of ``highway`` that nobody crosses where nobody may walk on them: their pavements are mapped apart."""

AREA_KEYS = frozenset(
    {"building", "natural", "landuse", "leisure", "amenity", "water", "place", "tourism", "shop", "healthcare",
     "office", "social_facility", "waterway", "highway"}
)  # fmt: skip
OTHER_KEYS = frozenset({"barrier", "railway", "entrance", "craft", "station", "public_transport"})
"""Keys of areas, and of points and lines, that are looked at beside those of the category table."""

LINE_KEYS = frozenset({"barrier", "railway", "waterway"})
POINT_KEYS = frozenset({"barrier", "entrance", "amenity", "shop", "healthcare", "highway", "crossing", "kerb"})
"""Of those, the keys that matter on lines that are no streets, and, beside the category table's, on points."""


def is_walkable(tags: Mapping[str, str]) -> bool:
    """Return whether a way may be walked.

    ``foot`` speaks before ``access``; a pavement mapped apart (``foot=use_sidepath``) makes its road unwalkable.
    """
    kind, foot = tags.get("highway", ""), tags.get("foot", "")
    if foot in FOOT_NO:
        return False
    if kind not in WALKABLE:
        return kind in ONLY_IF_FOOT and foot in FOOT_YES
    return foot in FOOT_YES or tags.get("access", "") not in ACCESS_NO


def gate_access(tags: Mapping[str, str]) -> str:
    """Return public, residents, closed or unknown for a gate."""
    if tags.get("locked") == "yes":
        return "closed"
    return GATE_ACCESS.get(tags.get("foot", tags.get("access", "")), "unknown")


def blocks(tags: Mapping[str, str]) -> bool:
    """Return whether a barrier on a point of a way stops a walker."""
    barrier = tags.get("barrier", "")
    if barrier in BLOCKING_POINTS:
        return True
    foot = tags.get("foot", "")
    if foot in FOOT_YES:
        return False
    return foot == "no" or tags.get("access") == "no" or (barrier in GATES and tags.get("locked") == "yes")


def line_kind(tags: Mapping[str, str]) -> str | None:
    """Return the kind under which a line is kept beneath the map, None where it is not or runs in a tunnel."""
    tunnel = tags.get("tunnel")
    if "highway" in tags:
        is_low = tunnel in (None, "no") and tags.get("bridge") in (None, "no")
        is_closed = tags["highway"] in MAIN_ROADS and not is_walkable(tags)
        return "road" if is_low and is_closed else None
    if tags.get("railway") in RAILS and tunnel != "yes":
        return "rail"
    return "water" if tags.get("waterway") in RIVERS and tunnel not in ("yes", "culvert") else None


def backdrop_kind(tags: Mapping[str, str]) -> str | None:
    """Return the kind under which an area is drawn beneath the map, None where it is not."""
    if "building" in tags:
        return None if tags["building"] == "no" else "building"
    if tags.get("natural") in ("water", "bay") or "water" in tags or tags.get("waterway") == "riverbank":
        return "water"
    if tags.get("landuse") in ("reservoir", "basin"):
        return "water"
    if tags.get("natural") in ("wood", "scrub") or tags.get("landuse") == "forest":
        return "wood"
    if tags.get("leisure") in ("park", "garden", "golf_course", "pitch", "playground", "nature_reserve"):
        return "green"
    if tags.get("landuse") in ("grass", "recreation_ground", "meadow", "village_green", "cemetery", "orchard"):
        return "green"
    if tags.get("amenity") in ("school", "university", "college", "hospital", "kindergarten"):
        return "campus"
    return None


def carriageway(tags: Mapping[str, str]) -> str | None:
    """Return which of the `hindrances.ROADS` a way is to those who cross it, None where it is none."""
    return CARRIAGEWAYS.get(tags.get("highway", "").removesuffix("_link"))


def is_one_way(tags: Mapping[str, str | None]) -> bool:
    """Return whether traffic runs one way only: half of a divided road, a roundabout, a one-way street."""
    return (tags.get("oneway") or "").casefold() in ("yes", "-1", "true", "1") or tags.get("junction") in (
        "roundabout",
        "circular",
    )


def has_signals(tags: Mapping[str, str | None]) -> bool:
    """Return whether a crossing, a point or a way, has traffic lights."""
    is_lit = tags.get("crossing") == "traffic_signals" or tags.get("highway") == "traffic_signals"
    return is_lit or tags.get("crossing:signals") == "yes"


def one_way_on_foot(tags: Mapping[str, str | None]) -> str | None:
    """Return forward or backward where a way is walked in one direction only, as an escalator is; else None."""
    for key in ("oneway:foot", "conveying"):
        value = tags.get(key)
        if value in ("forward", "backward"):
            return value
        if key == "oneway:foot" and value in ("yes", "-1"):
            return "forward" if value == "yes" else "backward"
    return None


def structure(tags: Mapping[str, str | None]) -> str | None:
    """Return bridge or tunnel; a passage through a building lies on the ground."""
    if tags.get("bridge") not in (None, "no"):
        return "bridge"
    return "tunnel" if tags.get("tunnel") not in (None, "no", "building_passage") else None


def metres(text: str | None) -> float | None:
    """Return a ``width`` in metres (``1.5``, ``1.5 m``, ``150 cm``), None where it says something else."""
    match = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*(m|cm)?", text or "")
    if match is None:
        return None
    return float(match[1].replace(",", ".")) / (100 if match[2] == "cm" else 1)


def rise_over_run(text: str | None) -> float | None:
    """Return an ``incline`` (``8%``, ``-5°``) as rise over run; None where it says up, down or something else."""
    match = re.fullmatch(r"([-+]?\d+(?:[.,]\d+)?)\s*(%|°)", text or "")
    if match is None:
        return None
    value = float(match[1].replace(",", "."))
    if match[2] == "%":
        return value / 100
    return math.tan(math.radians(value)) if abs(value) < 89 else None
