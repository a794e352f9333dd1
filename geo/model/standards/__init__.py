"""Standards and walking profiles: what changes the numbers, read strictly from YAML under ``data/``.

A standard is a named set of rules; a rule says which category must be within which distance, for which level of circle,
for whom, by which clause, and how sure we are of the figure. Levels never stand in for each other.
"""

from geo.model.standards.profiles import SLOPES, Profile, read_profile
from geo.model.standards.reading import (
    UNITS,
    faults_of_heading,
    faults_of_rule,
    find_file,
    parse_standard,
    read_standard,
    standard_of,
)
from geo.model.standards.rules import (
    AREA_TYPES,
    CIRCLES,
    COMBINATIONS,
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
from geo.model.standards.writing import standard_text

__all__ = [
    "AREA_TYPES",
    "CIRCLES",
    "COMBINATIONS",
    "CONFIDENCES",
    "DUTIES",
    "MEASURES",
    "SERVED",
    "SHARES",
    "SLOPES",
    "UNITS",
    "Amount",
    "Profile",
    "Rule",
    "Standard",
    "Text",
    "faults_of_heading",
    "faults_of_rule",
    "find_file",
    "measured_by",
    "parse_standard",
    "read_profile",
    "read_standard",
    "standard_of",
    "standard_text",
]
