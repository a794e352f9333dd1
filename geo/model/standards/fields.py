"""Fields that standards and profiles share, each read strictly: a slip is an error with file, line and key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from geo.model.errors import RuleError
from geo.model.standards.rules import Text
from geo.model.yaml_strict import LINE_KEY, check_keys, expect


def text(record: Mapping[str, Any], key: str, path: str) -> str:
    """Return some text; `RuleError` where there is none."""
    value = expect(record, key, str, path=path)
    if value is None or not value.strip():
        raise RuleError("expected some text", path=path, key=key, line=record.get(LINE_KEY))
    return str(value)


def words(record: Mapping[str, Any], path: str) -> Text:
    """Return the name in both languages; `RuleError` where one is missing."""
    found = expect(record, "name", dict, path=path)
    if found is None:
        raise RuleError("expected zh and en", path=path, key="name", line=record.get(LINE_KEY))
    check_keys(found, required=frozenset({"zh", "en"}), optional=frozenset(), path=path)
    return Text(text(found, "zh", path), text(found, "en", path))


def choice(record: Mapping[str, Any], key: str, choices: tuple[str, ...], path: str) -> str:
    """Return one of the choices, the first of them where the key is absent; `RuleError` otherwise."""
    value = record.get(key, choices[0])
    if value not in choices:
        raise RuleError(
            f"expected one of {', '.join(choices)}, found {value!r}", path=path, key=key, line=record[LINE_KEY]
        )
    return str(value)


def positive(record: Mapping[str, Any], key: str, path: str) -> float | None:
    """Return a finite number above 0, None where absent or null; `RuleError` otherwise."""
    value = expect(record, key, (int, float), path=path)
    if value is None:
        return None
    if not (math.isfinite(value) and value > 0):
        raise RuleError(f"expected a finite number above 0, found {value!r}", path=path, key=key, line=record[LINE_KEY])
    return float(value)


def not_negative(record: Mapping[str, Any], key: str, path: str) -> float | None:
    """Return a finite number from 0 on, None where absent or null; `RuleError` otherwise."""
    return 0.0 if record.get(key) == 0 and record[key] is not False else positive(record, key, path)


def share(record: Mapping[str, Any], key: str, path: str) -> float | None:
    """Return a share above 0 and at most 1, None where absent or null; `RuleError` otherwise."""
    value = positive(record, key, path)
    if value is not None and value > 1:
        raise RuleError("expected a share above 0 and at most 1", path=path, key=key, line=record[LINE_KEY])
    return value
