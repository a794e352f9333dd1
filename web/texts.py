"""The words of the pages in both languages, and which language a request wants."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from flask import request

LANGUAGES = ("zh", "en")

_NAMED = {"kinds": ("kind", "way"), "found_kinds": ("kind",), "level": ("level",), "roles": ("role",)}
"""Values of faults that are words of ours, and the subjects under which their names stand."""

_FOLDER = Path(__file__).resolve().parent / "translations"


@cache
def words(lang: str) -> dict[str, str]:
    """Return key -> text of a language, from one file a subject."""
    files = sorted((_FOLDER / lang).glob("*.json"))
    return {key: text for file in files for key, text in json.loads(file.read_text(encoding="utf-8")).items()}


def translate(lang: str, key: str, **values: object) -> str:
    """Return the text of a key with its values filled in; the key itself where there is none."""
    return words(lang).get(key, key).format(**values)


def fault_text(lang: str, fault: Mapping[str, Any]) -> str:
    """Return what is wrong and what to do, of a fault as JSON: our English sentences, else the words of its code.

    Those are followed by the values of the sentences. English stands where a code has no words.
    """
    meaning = words(lang).get(f"problem.{fault['code']}")
    if lang == "en" or meaning is None:
        return f"{fault.get('message') or fault['detail']} {fault.get('remedy', '')}".strip()
    values = [_value_text(lang, name, value) for name, value in fault.get("values", {}).items() if value not in ("", 0)]
    told = "；".join(text for text in values if text)
    return f"{meaning}（{told}）" if told else meaning


def _value_text(lang: str, name: str, value: str | int | float) -> str:
    if name in _NAMED:
        known = [f"{subject}.{{}}" for subject in _NAMED[name]]
        parts = [[words(lang)[k] for k in (key.format(part) for key in known) if k in words(lang)] or [part]
                 for part in str(value).split(", ")]  # fmt: skip
        value = "、".join(part for part, *_ in parts)
    pattern = words(lang).get(f"value.{name}")
    return pattern.format(value=value) if pattern else ""


def language() -> str:
    """Return the language of this request: asked for, remembered, or what the browser prefers; Chinese otherwise."""
    asked = request.args.get("lang") or request.cookies.get("lang")
    if asked in LANGUAGES:
        return asked
    return request.accept_languages.best_match(["zh", "zh-CN", "en"], "zh")[:2]
