"""Writing a standard as its YAML file, keys in the order of the shipped files; what is written reads back the same."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import yaml

ORDER = ("id", "name", "based_on", "version", "source", "target", "weights", "note", "rules")
RULE_ORDER = (
    "id", "category", "level", "duty", "threshold_m", "threshold_min", "measure", "combine", "min_count", "share_of",
    "target", "serves", "area_type", "capacity_per_1000", "floor_area_m2", "site_area_m2", "weight", "name", "clause",
    "confidence", "source", "note",
)  # fmt: skip
_IN_ONE_LINE = ("name", "category", "capacity_per_1000", "floor_area_m2", "site_area_m2")

_ODD_BREAKS = {"\r", "\x85", "\u2028", "\u2029"}


class _Line(dict[str, Any]):
    """A mapping written in one line."""


class _Row(list[Any]):
    """A list written in one line."""


class _Dumper(yaml.SafeDumper):
    """Safe dumper without aliases, with plain decimal numbers: as the strict reader takes them."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out."""
        return True


def _number(dumper: _Dumper, value: float) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:float", format(Decimal(repr(value)), "f"))


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    """Write text; in quotes where it has line breaks of other scripts, which plain text would lose."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if _ODD_BREAKS & set(value) else None)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(float, _number)
_Dumper.add_representer(
    _Line, lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)
)
_Dumper.add_representer(
    _Row, lambda dumper, value: dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)
)


def standard_text(record: Mapping[str, Any]) -> str:
    """Return the text of the YAML file of a record without lines; absent values (None) are left out.

    Comments that a file had are not in its record, and so not in the text.
    """
    ordered = _ordered(record, ORDER)
    ordered["rules"] = [_ordered(rule, RULE_ORDER) for rule in record["rules"]]
    return yaml.dump(ordered, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def _ordered(record: Mapping[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    """Return a mapping in the order of its keys, names and amounts in one line."""
    return {key: _shaped(key, record[key]) for key in order if record.get(key) is not None}


def _shaped(key: str, value: Any) -> Any:
    if key in _IN_ONE_LINE and isinstance(value, dict):
        return _Line({inner: _shaped(key, part) for inner, part in value.items()})
    return _Row(value) if isinstance(value, list) else value
