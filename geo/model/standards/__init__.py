"""Standards and walking profiles: what changes the numbers, read strictly from YAML under ``data/``.

A standard is a named set of rules; a rule says which category must be within which distance, for which level of circle,
for whom, by which clause, and how sure we are of the figure. Levels never stand in for each other.
"""

from geo.model.standards.profiles import SLOPES, Profile, read_profile
from geo.model.standards.reading import find_file, read_standard
from geo.model.standards.rules import (
    AREA_TYPES,
    CIRCLES,
    CONFIDENCES,
    DUTIES,
    MEASURES,
    SERVED,
    SHARES,
    Amount,
    Rule,
    Standard,
    Text,
    measured_by,
)

__all__ = [
    "AREA_TYPES",
    "CIRCLES",
    "CONFIDENCES",
    "DUTIES",
    "MEASURES",
    "SERVED",
    "SHARES",
    "SLOPES",
    "Amount",
    "Profile",
    "Rule",
    "Standard",
    "Text",
    "find_file",
    "measured_by",
    "read_profile",
    "read_standard",
]
