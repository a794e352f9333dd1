"""The words of the pages in both languages, and which language a request wants."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from flask import request

LANGUAGES = ("zh", "en")
_FOLDER = Path(__file__).resolve().parent / "translations"


@cache
def words(lang: str) -> dict[str, str]:
    """Return key -> text of a language, from one file a subject."""
    files = sorted((_FOLDER / lang).glob("*.json"))
    return {key: text for file in files for key, text in json.loads(file.read_text(encoding="utf-8")).items()}


def translate(lang: str, key: str, **values: object) -> str:
    """Return the text of a key with its values filled in; the key itself where there is none."""
    return words(lang).get(key, key).format(**values)


def language() -> str:
    """Return the language of this request: asked for, remembered, or what the browser prefers; Chinese otherwise."""
    asked = request.args.get("lang") or request.cookies.get("lang")
    if asked in LANGUAGES:
        return asked
    return request.accept_languages.best_match(["zh", "zh-CN", "en"], "zh")[:2]
