"""Walking profiles: who walks, and how fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.model.errors import RuleError
from geo.model.standards.fields import choice, positive, text, words
from geo.model.standards.hindrances import NO_HINDRANCES, SECTIONS, Hindrances, read_hindrances
from geo.model.standards.rules import CONFIDENCES, Text
from geo.model.yaml_strict import LINE_KEY, check_keys, expect, read_yaml

SLOPES = ("none", "tobler")
"""How a profile meets a slope: not at all, or by Tobler's hiking function against the flat."""

_SLOPE_KEYS = frozenset({"method", "confidence", "source"})


@dataclass(frozen=True)
class Profile:
    """Who walks: speeds in metres a second on the flat; ``steps_speed_mps`` None means steps are closed to them.

    ``slope`` is how slopes change the speed: one of `SLOPES`. ``limited_speed_mps`` is for those in a wheelchair: their
    speed where a street is ``limited``, and where it is ``no`` it is closed to them; ``yes`` speaks before surface,
    smoothness, width and incline. None: they do not heed the tag. ``hindrances`` are what else they wait for or avoid.
    """

    profile_id: str
    name: Text
    speed_mps: float
    steps_speed_mps: float | None
    source: str
    slope: str = "none"
    slope_source: str = ""
    limited_speed_mps: float | None = None
    hindrances: Hindrances = NO_HINDRANCES
    slope_confidence: str = ""


def read_profile(path: Path) -> Profile:
    """Return the walking profile a YAML file holds; errors as in `read_standard`."""
    record, name = read_yaml(path), path.name
    keys = frozenset({"id", "name", "speed_mps", "steps_speed_mps", "source"})
    check_keys(record, required=keys, optional=SECTIONS | {"slope", "limited_speed_mps"}, path=name)
    speed = positive(record, "speed_mps", name)
    if speed is None:
        raise RuleError("expected a number", path=name, key="speed_mps", line=record[LINE_KEY])
    steps = positive(record, "steps_speed_mps", name)
    title, source = words(record, name), text(record, "source", name)
    limited = positive(record, "limited_speed_mps", name)
    slope, slope_source, sure = _slope(record, name)
    known = read_hindrances(record, name)
    return Profile(text(record, "id", name), title, speed, steps, source, slope, slope_source, limited, known, sure)


def _slope(record: Mapping[str, Any], path: str) -> tuple[str, str, str]:
    """Return how slopes count, where that comes from and how sure we are; a profile without walks as on the flat."""
    slope = expect(record, "slope", dict, path=path)
    if slope is None:
        return "none", "", ""
    check_keys(slope, required=_SLOPE_KEYS, optional=frozenset(), path=path)
    sure = choice(slope, "confidence", CONFIDENCES, path)
    return choice(slope, "method", SLOPES, path), text(slope, "source", path), sure
