"""What the tags of OpenStreetMap mean to somebody on foot: the tables behind `docs/intake.md`.

A way is walkable when its kind of highway is in `WALKABLE`, or when ``foot`` says so, and nothing forbids it.
"""

from __future__ import annotations

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
"""``wheelchair`` of a way in our words; anything else is unknown. Tags of nodes (kerbs) are not read."""

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
POINT_KEYS = frozenset({"barrier", "entrance", "amenity", "shop", "healthcare"})
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
