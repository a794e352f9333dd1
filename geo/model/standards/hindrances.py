"""What makes a walker wait, slows them or stops them beside speed, steps and slopes: part of a profile, from YAML.

A profile heeds what it names and nothing else. Every section carries a source and how sure we are of its figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from geo.model.errors import RuleError
from geo.model.standards.fields import choice, not_negative, positive, share, text
from geo.model.standards.rules import CONFIDENCES
from geo.model.yaml_strict import LINE_KEY, check_keys, expect

ROADS = ("service", "residential", "tertiary", "secondary", "primary", "trunk")
"""Kinds of carriageway that are crossed, the least first; a greater one is crossed by whoever walks along a lesser."""

LIFT = "lift"
CROSSINGS = (
    None,
    LIFT,
    *(f"{road}{how}{way}" for road in ROADS for how in ("", " signals") for way in ("", " oneway")),
)
"""What is crossed at the end of a piece of street: nothing, a lift that is waited for, a road."""

KERBS = ("flush", "lowered", "rolled", "raised")
"""Kerbs, the lowest first."""

SURFACES = (
    "acrylic", "artificial_turf", "asphalt", "bricks", "chipseal", "clay", "cobblestone", "compacted", "concrete",
    "concrete:lanes", "concrete:plates", "dirt", "earth", "fine_gravel", "grass", "grass_paver", "gravel", "ground",
    "ice", "metal", "metal_grid", "mud", "paved", "paving_stones", "pebblestone", "plastic", "rock", "rubber", "sand",
    "sett", "shells", "snow", "stepping_stones", "tartan", "unhewn_cobblestone", "unpaved", "wood", "woodchips",
)  # fmt: skip
SMOOTHNESS = (
    "excellent", "good", "intermediate", "bad", "very_bad", "horrible", "very_horrible", "impassable"
)  # fmt: skip

_WORDS = {"kerbs": KERBS, "surface": SURFACES, "smoothness": SMOOTHNESS}
_KEYS = {
    "crossings": frozenset({"without_signals_s", "with_signals_s"}),
    "lifts": frozenset({"wait_s"}),
    "kerbs": frozenset({"wait_s"}),
    "surface": frozenset({"share_of_speed"}),
    "smoothness": frozenset({"share_of_speed"}),
    "width": frozenset({"least_m"}),
    "incline": frozenset({"most"}),
}
_TOLD = frozenset({"confidence", "source"})
UNITS = {
    "crossings": "seconds", "lifts": "seconds", "kerbs": "seconds", "surface": "share of the speed",
    "smoothness": "share of the speed", "width": "metres", "incline": "rise / run",
}  # fmt: skip
"""What the figures of each section count."""

SECTIONS = frozenset(_KEYS)
"""Keys of a profile that this module reads; each may be left out."""


@dataclass(frozen=True)
class Figure:
    """One figure of a profile: the words and number to print, and where it comes from; ``value`` None is closed."""

    section: str
    name: str
    value: float | None
    confidence: str
    source: str


@dataclass(frozen=True)
class Hindrances:
    """Waits in seconds and shares of the speed; what is not among the figures is not heeded."""

    figures: tuple[Figure, ...] = ()

    def of(self, section: str) -> dict[str, float | None]:
        """Return the figures of a section by name; None closes. Of crossings the names are those of `CROSSINGS`."""
        return {figure.name: figure.value for figure in self.figures if figure.section == section}

    def wait_s(self, crossing: str | None) -> float:
        """Return the seconds of a crossing, one of `CROSSINGS`, 0 where it is not heeded.

        A divided road is drawn as two one-way lines and crossed once: each weighs half.
        """
        if crossing is None or crossing == LIFT:
            return self.of("lifts").get("wait_s") or 0.0 if crossing else 0.0
        share = 0.5 if crossing.endswith(" oneway") else 1.0
        return share * (self.of("crossings").get(crossing.removesuffix(" oneway")) or 0.0)


NO_HINDRANCES = Hindrances()
"""Those of a profile that heeds none."""


def read_hindrances(record: Mapping[str, Any], path: str) -> Hindrances:
    """Return the hindrances of a profile's YAML record.

    Raises
    ------
    RuleError
        A key is unknown, missing or of the wrong kind; the message names file, line and key.
    """
    return Hindrances(tuple(figure for section in _KEYS for figure in _section(record, section, path)))


def _section(record: Mapping[str, Any], section: str, path: str) -> Iterator[Figure]:
    entry = expect(record, section, dict, path=path)
    if entry is None:
        return
    check_keys(entry, required=_KEYS[section] | _TOLD, optional=frozenset(), path=path)
    confidence, source = choice(entry, "confidence", CONFIDENCES, path), text(entry, "source", path)
    for name, value in _figures(entry, section, path):
        yield Figure(section, name, value, confidence, source)


def _figures(entry: Mapping[str, Any], section: str, path: str) -> Iterator[tuple[str, float | None]]:
    if section == "crossings":
        for key, how in (("without_signals_s", ""), ("with_signals_s", " signals")):
            seconds = _mapping(entry, key, path)
            check_keys(seconds, required=frozenset(ROADS), optional=frozenset(), path=path)
            yield from (
                (f"{road}{how}", _needed(not_negative(seconds, road, path), seconds, road, path)) for road in ROADS
            )
    elif section in _WORDS:
        (key,) = _KEYS[section]
        values, known = _mapping(entry, key, path), _WORDS[section]
        required = frozenset(known) if section == "kerbs" else frozenset()
        check_keys(values, required=required, optional=frozenset(known), path=path)
        read = share if key == "share_of_speed" else not_negative
        yield from ((name, read(values, name, path)) for name in known if name in values)
    else:
        (key,) = _KEYS[section]
        yield key, _needed(positive(entry, key, path), entry, key, path)


def _mapping(entry: Mapping[str, Any], key: str, path: str) -> Mapping[str, Any]:
    values: Mapping[str, Any] | None = expect(entry, key, dict, path=path)
    if values is None:
        raise RuleError("expected a figure for each word", path=path, key=key, line=entry.get(LINE_KEY))
    return values


def _needed(value: float | None, record: Mapping[str, Any], key: str, path: str) -> float:
    if value is None:
        raise RuleError("expected a number", path=path, key=key, line=record.get(LINE_KEY))
    return value
