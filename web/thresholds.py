"""Reading a place and thresholds as people write them, for the command line and the API alike."""

from __future__ import annotations

import math

from geo.model.errors import InputError, LimitError, Problem

MOST_THRESHOLDS = 10
RANGES = {"min": (1.0, 60.0), "m": (50.0, 5000.0)}
DEFAULT_MINUTES = "5,10,15"


def parse_place(at: str) -> tuple[float, float]:
    """Return longitude and latitude in degrees; `InputError` where they are none."""
    place = _numbers("at", at)
    if len(place) != 2 or not (-180 <= place[0] <= 180 and -90 <= place[1] <= 90):
        raise _wrong("at", f"'{at[:60]}' is no longitude and latitude.", "Write 104.06,30.66.")
    return place[0], place[1]


def parse_limits(minutes: str | None, metres: str | None) -> tuple[list[float], str]:
    """Return ascending thresholds and their unit, "min" or "m".

    Raises
    ------
    InputError
        Text that is no number, both units, or repeated thresholds.
    LimitError
        More thresholds, or larger ones, than we serve.
    """
    if minutes and metres:
        raise _wrong("minutes", "minutes and metres are both given.", "Give one of them.")
    unit, text = ("m", metres) if metres else ("min", minutes or DEFAULT_MINUTES)
    values = _numbers("metres" if metres else "minutes", text)
    if len(set(values)) != len(values):
        raise _wrong("minutes", "a threshold is given twice.", "Give each once.")
    low, high = RANGES[unit]
    if len(values) > MOST_THRESHOLDS or not all(low <= value <= high for value in values):
        raise LimitError(f"thresholds: at most {MOST_THRESHOLDS}, each from {low:g} to {high:g} {unit}.")
    return sorted(values), unit


def _numbers(name: str, text: str) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        raise _wrong(name, f"'{text[:60]}' is not a list of numbers.", "Write 5,10,15.") from None
    if not values or not all(math.isfinite(value) for value in values):
        raise _wrong(name, f"'{text[:60]}' holds no finite numbers.", "Write 5,10,15.")
    return values


def _wrong(name: str, message: str, remedy: str) -> InputError:
    return InputError(Problem(name, message, remedy, code="value_invalid"))
