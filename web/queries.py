"""Reading the parameters of a request strictly: unknown, repeated or malformed ones are refused."""

from __future__ import annotations

import math

from flask import current_app, request

from geo.model.errors import NotFoundError
from web.opened import Opened, Shelf
from web.prepare import SAMPLE
from web.problems import ParameterError


def shelf() -> Shelf:
    """Return the studies of this app."""
    found: Shelf = current_app.extensions["shelf"]
    return found


def opened(name: str) -> Opened:
    """Return a study by name, judged by the standard the request asks for; `NotFoundError` where there is none."""
    return shelf().open(name, request.args.get("standard") or None)


def study_name() -> str | None:
    """Return the name of the study a page is about: the one asked for, else the setting's, the sample, the first."""
    asked = request.args.get("study")
    names = shelf().names()
    first = (name for name in (current_app.config["STUDY"], SAMPLE, *names) if name in names)
    return next(first, None) if asked is None else asked


def page_study() -> Opened | None:
    """Return the study a page is about, judged by the standard asked for; None where there is no study at all."""
    name = study_name()
    return None if name is None else opened(name)


def needed_study() -> Opened:
    """Return the study a page is about; `NotFoundError` where there is none."""
    one = page_study()
    if one is None:
        raise NotFoundError("there is no study yet. Make one with the load command.")
    return one


def parameters(*allowed: str) -> dict[str, str]:
    """Return the query parameters, each given at most once and none beyond the allowed ones.

    ``v``, which only tells versions of an answer apart, and ``standard``, by which the study is judged, are always
    allowed.
    """
    for name in request.args:
        if name not in (*allowed, "v", "standard"):
            raise ParameterError(f"unknown parameter '{name[:40]}'. Allowed: {', '.join(allowed) or 'none'}.")
        if len(request.args.getlist(name)) > 1:
            raise ParameterError(f"parameter '{name}' is given twice.")
    return dict(request.args)


def whole_number(text: str, *, name: str, low: int, high: int) -> int:
    """Return a whole number within its bounds."""
    if not text.isdecimal() or not low <= int(text[:12]) <= high:
        raise ParameterError(f"'{name}' must be a whole number from {low} to {high}.")
    return int(text)


def rule_number(one: Opened, rule_id: str) -> int:
    """Return the place of a rule in the standard; `NotFoundError` where it has none of the name."""
    rules = [rule.rule_id for rule in one.judged.standard.rules]
    if rule_id not in rules:
        raise NotFoundError(f"no rule '{rule_id[:60]}' in the standard. There are: {', '.join(rules)}.")
    return rules.index(rule_id)


def check_unit(one: Opened, unit_id: str) -> None:
    """Raise `NotFoundError` where the study has no such unit."""
    if unit_id not in set(one.study.units["unit_id"]):
        raise NotFoundError(f"no unit '{unit_id[:60]}' in study '{one.study.name}'.")


def place(text: str) -> tuple[float, float]:
    """Return longitude and latitude in degrees from "104.06,30.66"."""
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        raise ParameterError("'at' must be longitude and latitude: 104.06,30.66.") from None
    if not (math.isfinite(lon) and math.isfinite(lat) and -180 <= lon <= 180 and -90 <= lat <= 90):
        raise ParameterError("'at' must be longitude and latitude in degrees.")
    return lon, lat
