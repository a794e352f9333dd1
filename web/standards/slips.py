"""What the reader of a standard says of a slip, in the language of the page; in English as the file's loader does."""

from __future__ import annotations

import re

from web.texts import translate

SLIPS = tuple(
    (re.compile(pattern, re.DOTALL), f"slip.{key}")
    for key, pattern in {
        "text": r"expected some text",
        "one_of": r"expected one of (?P<choices>.+), found (?P<found>.*)",
        "above_zero": r"expected a finite number above 0, found (?P<found>.*)",
        "share": r"expected a share above 0 and at most 1",
        "at_most": r"expected at most (?P<most>\S+), found (?P<found>.*)",
        "count": r"expected a whole number from 1 to 20, found (?P<found>.*)",
        "amount": r"expected a number,? or \[least, most\](?:, found .*)?",
        "names": r"expected zh and en",
        "target": r"expected share, confidence and source",
        "category": r"expected a category or a list of categories, found .*",
        "category_once": r"expected every category once, found '(?P<found>.*)' twice",
        "no_category": r"no such category '(?P<found>.*)' in rule '.*'\.(?: Did you mean .*)?",
        "no_rules": r"a standard needs at least one rule",
        "id_twice": r"rule id '(?P<found>.*)' is used twice",
        "threshold": r"give either threshold_m or threshold_min, .*",
        "radius": r"a straight radius is in metres: .*",
        "each": r"combine: each needs at least two categories",
        "each_count": r"min_count counts facilities of any category; .*",
        "count_metres": r"min_count needs threshold_m",
        "area": r"share_of: area counts ground, .*",
        "unknown_key": r"unknown key.*",
        "missing_key": r"missing key",
        "key_twice": r"key '(?P<found>.*)' is given twice",
        "decimal": r"expected a plain decimal number such as 300 or 0\.9, found (?P<found>.*)",
        "alias": r"an alias is not read here, .*",
        "utf8": r"not UTF-8 at byte \d+; save it as UTF-8",
        "no_mapping": r"expected keys and values at the top of the file",
        "not_number": r"expected int(?: or float)?(?: or list)?, found (?P<found>.*)",
        "not_text": r"expected str, found (?P<found>.*)",
    }.items()
)


def slip(lang: str, message: str) -> str:
    """Return what is wrong in a language; the reader's own words in English, and in Chinese where unforeseen."""
    if lang == "en":
        return message
    found = ((key, pattern.fullmatch(message)) for pattern, key in SLIPS)
    told = next((translate(lang, key, **match.groupdict()) for key, match in found if match), None)
    return told or translate(lang, "slip.other", message=message)
