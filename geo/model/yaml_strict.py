"""Reading our YAML files strictly: an unknown, missing or doubled key is an error with its line.

What changes the numbers lives in these files, so a typing slip must never pass in silence. That includes what YAML 1.1
itself would let pass: ``5:00`` is 300 to it (base 60) and ``0300`` is 192 (octal); here numbers are plain decimal ones.
Aliases are refused, and nesting beyond any use: a few lines of them can stand for a document of gigabytes.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from geo.model.errors import RuleError, SourceError

LINE_KEY = "__line__"
"""Every mapping read carries the line it starts on under this key."""

_PLAIN = re.compile(r"[-+]?(?:0|[1-9][0-9]*|(?:0|[1-9][0-9]*)?\.[0-9]+|\.(?:inf|Inf|INF|nan|NaN|NAN))")
MOST_DEPTH = 20
"""Deeper nesting than this serves no file of ours."""

_MOST_DIGITS = 300
"""Longer whole numbers are beyond every float; they are read as infinite."""


class _Loader(yaml.SafeLoader):
    """Safe loader that remembers lines, refuses doubled keys and aliases, and takes plain decimal numbers only."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Return the next node; an alias, or one nested too deep, is told with its line."""
        if self.check_event(yaml.AliasEvent):  # type: ignore[no-untyped-call]
            raise _slip("an alias is not read here, it may be recursive; write its value out", self.peek_event())  # type: ignore[no-untyped-call]
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise _slip(f"not valid YAML: nested more than {MOST_DEPTH} deep", self.peek_event())  # type: ignore[no-untyped-call]
        node = super().compose_node(parent, index)  # type: ignore[no-untyped-call]
        self.depth -= 1
        return node  # type: ignore[no-any-return]

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Return the value of a node; what cannot be one (2018-99-99, ``!!bool maybe``) is told with its line."""
        try:
            return super().construct_object(node, deep=deep)  # type: ignore[no-untyped-call]
        except (ValueError, TypeError, LookupError, AttributeError):
            kind = node.tag.rpartition(":")[2]
            raise _slip(f"expected a {kind}, found {_shown(node)}; put text in quotes", node) from None


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise _slip(f"expected text as a key, found {_shown(key_node)}", key_node)
        if key == LINE_KEY:
            raise _slip(f"unknown key '{key}'; expected another name, this one is ours", key_node)
        if key in seen:
            raise _slip(f"key '{key}' is given twice", key_node)
        seen[key] = loader.construct_object(value_node, deep=True)
    return {**seen, LINE_KEY: node.start_mark.line + 1}


def _number(loader: _Loader, node: yaml.ScalarNode) -> float:
    text = loader.construct_scalar(node)
    if not _PLAIN.fullmatch(text):
        raise _slip(f"expected a plain decimal number such as 300 or 0.9, found {_shown(node)}", node)
    is_whole = text.lstrip("+-").isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if is_whole else float(loader.construct_yaml_float(node))  # type: ignore[no-untyped-call]


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return f"'{node.value}'"
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"


def _slip(message: str, node: Any) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, message, node.start_mark)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor("tag:yaml.org,2002:int", _number)
_Loader.add_constructor("tag:yaml.org,2002:float", _number)


@lru_cache(maxsize=64)
def _parsed(text: str) -> Any:
    """Return what a text holds; the same few files are read again and again, and reading is slow."""
    return yaml.load(text, Loader=_Loader)


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping that the file holds; every mapping inside carries `LINE_KEY`.

    Raises
    ------
    SourceError
        The file is missing or unreadable.
    RuleError
        It is not YAML, not UTF-8, or not a mapping at the top.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise RuleError(f"not UTF-8 at byte {fault.start}; save it as UTF-8", path=path.name) from None
    except OSError as fault:
        raise SourceError(f"{path.name}: {fault.strerror or fault}", code="file_missing") from None
    return parse_yaml(text, path.name)


def parse_yaml(text: str, name: str) -> dict[str, Any]:
    """Return the mapping that the text of a file holds, as `read_yaml`; ``name`` is what errors call the file."""
    try:
        document = copy.deepcopy(_parsed(text))
    except (yaml.YAMLError, RecursionError) as fault:
        mark = getattr(fault, "problem_mark", None)
        message = getattr(fault, "problem", None) or "not valid YAML"
        raise RuleError(str(message), path=name, line=mark.line + 1 if mark else None) from None
    if not isinstance(document, dict):
        raise RuleError("expected keys and values at the top of the file", path=name)
    return document


def without_lines(value: Any) -> Any:
    """Return what was read without the lines it carries: as it would be written again."""
    if isinstance(value, dict):
        return {key: without_lines(inner) for key, inner in value.items() if key != LINE_KEY}
    return [without_lines(inner) for inner in value] if isinstance(value, list) else value


def check_keys(record: Mapping[str, Any], *, required: frozenset[str], optional: frozenset[str], path: str) -> None:
    """Raise `RuleError` unless the mapping has every required key and none beyond the optional ones."""
    line = record.get(LINE_KEY)
    keys = {key for key in record if key != LINE_KEY}
    for key in sorted(str(k) for k in keys - required - optional):
        raise RuleError("unknown key", path=path, key=key, line=line)
    for key in sorted(required - keys):
        raise RuleError("missing key", path=path, key=key, line=line)


def expect(record: Mapping[str, Any], key: str, kind: type | tuple[type, ...], *, path: str) -> Any:
    """Return ``record[key]`` (None where absent or null), or raise `RuleError` when it is of another kind."""
    value = record.get(key)
    if value is None or (isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool)):
        return value
    kinds = kind if isinstance(kind, tuple) else (kind,)
    names = " or ".join(k.__name__ for k in kinds)
    raise RuleError(f"expected {names}, found {value!r}", path=path, key=key, line=record.get(LINE_KEY))
