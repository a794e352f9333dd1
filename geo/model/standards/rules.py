"""The nouns of a standard: words in both languages, an amount, a rule, the standard itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

CIRCLES = ("15min", "10min", "5min", "block")
"""Levels of circle, largest first."""

DUTIES = ("must", "as_needed")
MEASURES = ("walk", "line")
"""How a threshold is measured: on foot along the streets, or as a straight radius."""

COMBINATIONS = ("any", "each")
"""What a set of categories asks for: one of them, or every one."""

SHARES = ("people", "area")
"""What a target is a share of: people, or built-up ground."""

SERVED: dict[str, tuple[str, ...]] = {
    "all": ("people",),
    "children_0_2": ("people_0_2",),
    "children_3_5": ("people_3_5",),
    "children_6_11": ("people_6_11",),
    "children_12_14": ("people_12_14",),
    "elders": ("people_60_79", "people_80"),
}
"""Who is served -> the columns of demand that count them. Ages are in completed years: 3-5 is 3 to below 6."""

AREA_TYPES = ("all", "urban", "rural", "old_compound")
"""Where a rule holds; a unit's own type stands in its ``area_type``."""

CONFIDENCES = ("verified", "verified second-hand", "recalled+", "recalled", "uncertain", "ours", "planner")
"""How sure a figure is: from checked against the text, to our own assumption ("ours") and the planner's own."""


@dataclass(frozen=True)
class Text:
    """The same words in both languages."""

    zh: str
    en: str

    def in_language(self, lang: str) -> str:
        """Return the words in ``lang`` ("zh" or "en")."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Amount:
    """A size a standard asks for: at least ``least``, up to ``most`` where it says so, in ``unit`` (m2, beds ...)."""

    least: float
    most: float | None = None
    unit: str = "m2"

    def __str__(self) -> str:
        """Return the amount as "600-1000 m2"."""
        return f"{self.least:g}" + (f"-{self.most:g}" if self.most is not None else "") + f" {self.unit}"


@dataclass(frozen=True)
class Rule:
    """One demand of a standard: a place is covered when what it asks for is within the threshold.

    At most one of ``threshold_m`` (metres) and ``threshold_min`` (minutes of walking) is set. With neither the rule
    asks for an amount alone; that is carried and shown, and nobody is judged by it.

    Attributes
    ----------
    categories, combine, min_count
        What is asked for: ``min_count`` facilities of any of the categories together, or one of each.
    measure
        ``walk`` or ``line``: along the streets, or a straight radius.
    share_of, target_share
        What a unit must cover, people or built-up area, and which share of it; None: the standard's own.
    serves, area_type
        Whom the rule counts, a key of `SERVED`, and where, one of `AREA_TYPES`.
    capacity_per_1000, floor_area, site_area
        Amounts asked for per 1,000 people, and for each facility; None: not stated.
    weight
        How much the rule counts in the completeness of a place.
    """

    rule_id: str
    categories: tuple[str, ...]
    level: str
    duty: str
    name: Text
    clause: str
    confidence: str
    source: str
    threshold_m: float | None = None
    threshold_min: float | None = None
    note: str = ""
    combine: str = "any"
    min_count: int = 1
    measure: str = "walk"
    share_of: str = "people"
    target_share: float | None = None
    serves: str = "all"
    area_type: str = "all"
    capacity_per_1000: Amount | None = None
    floor_area: Amount | None = None
    site_area: Amount | None = None
    weight: float = 1.0

    def metres(self, speed_mps: float) -> float:
        """Return the threshold in metres, one in minutes at this speed; 0 without a threshold."""
        if self.threshold_m is not None:
            return self.threshold_m
        return (self.threshold_min or 0.0) * 60.0 * speed_mps

    @property
    def category(self) -> str:
        """The category, or all of them joined by ``|``; ``combine`` says whether one of them does."""
        return "|".join(self.categories)

    @property
    def is_must(self) -> bool:
        """Whether the standard demands it, rather than where needed."""
        return self.duty == "must"

    @property
    def has_threshold(self) -> bool:
        """Whether the rule asks for a distance or a time, and places can be judged by it."""
        return self.threshold_m is not None or self.threshold_min is not None

    @property
    def counts_everybody(self) -> bool:
        """Whether the rule counts all residents everywhere."""
        return self.serves == "all" and self.area_type == "all"


@dataclass(frozen=True)
class Standard:
    """A named set of rules; ``target_share`` is the share a unit must cover to pass, where a rule states none.

    ``switched_to`` is "walk" or "line" where the planner has every rule measured alike, else "".
    """

    standard_id: str
    name: Text
    version: str
    source: str
    target_share: float
    target_source: str
    rules: tuple[Rule, ...]
    note: str = ""
    switched_to: str = ""

    @property
    def categories(self) -> tuple[str, ...]:
        """Every category any rule names, once, in the order of the rules."""
        return tuple(dict.fromkeys(c for rule in self.rules for c in rule.categories))

    def target_of(self, rule: Rule) -> float:
        """Return the share a unit must cover to pass a rule."""
        return self.target_share if rule.target_share is None else rule.target_share


def measured_by(standard: Standard, measure: str | None) -> Standard:
    """Return the standard with every rule measured alike ("walk" or "line"); as it is where ``measure`` is None."""
    if measure is None:
        return standard
    rules = tuple(replace(rule, measure=measure) for rule in standard.rules)
    return replace(standard, rules=rules, switched_to=measure)
