"""Which standards there are: those that ship, and the planner's own beside the studies."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app

from geo.judge.provenance import wording_of
from geo.model.assessment import Assessment
from geo.model.errors import LifeCircleError, NotFoundError, RuleError
from geo.model.standards import Standard, measured_by, parse_standard, standard_of
from geo.model.yaml_strict import parse_yaml, without_lines
from geo.store import own_ids, own_text, save_own, wording_of_text
from web.queries import shelf
from web.settings import ROOT

SHIPPED = ROOT / "data" / "standards"

RESERVED = ("compare",)
"""What would be the address of another page."""

CURRENT, EARLIER, ELSEWHERE = "current", "earlier", "elsewhere"
"""How an assessment stands to the standard of its id as it is kept now; one of a file is kept elsewhere."""


@dataclass(frozen=True)
class Kept:
    """A standard as it is kept: its file, and what stands in it; without ``standard`` where ``fault`` says why not."""

    standard_id: str
    is_own: bool
    text: str
    record: dict[str, Any]
    standard: Standard | None
    fault: str = ""

    @property
    def wording(self) -> str:
        """What tells this text of the file from a later one."""
        return wording_of_text(self.text)

    @property
    def sound(self) -> Standard:
        """The standard, or the error that its file gives."""
        return self.standard or parse_standard(self.text, f"{self.standard_id}.yaml", known())


def folder() -> Path:
    """Return the folder of the studies, beside which own standards lie."""
    return Path(current_app.config["STUDIES"])


def known() -> Collection[str]:
    """Return the ids of the categories that a rule may name."""
    return shelf().categories.categories


def shipped_ids() -> list[str]:
    """Return the ids of the standards that ship, sorted."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def kept(standard_id: str) -> Kept:
    """Return a standard by its id; `NotFoundError` where there is none."""
    if standard_id in shipped_ids():
        return _read(standard_id, False, (SHIPPED / f"{standard_id}.yaml").read_text(encoding="utf-8"))
    try:
        return _read(standard_id, True, own_text(folder(), standard_id))
    except NotFoundError:
        there = ", ".join([*shipped_ids(), *own()])
        raise NotFoundError(f"no standard '{standard_id[:63]}'. There are: {there}.") from None


def own() -> list[str]:
    """Return the ids of the planner's own standards, sorted."""
    return own_ids(folder())


def every() -> list[Kept]:
    """Return every standard: those that ship, then the planner's own."""
    shipped = shipped_ids()
    return [kept(one) for one in (*shipped, *(one for one in own() if one not in shipped))]


def save(text: str, name: str, over: str | None = None, standard_id: str | None = None) -> Standard:
    """Store the text of an own standard; errors as in `geo.store.save_own`, and where it states another id than due."""
    taken = [*shipped_ids(), *RESERVED]
    if standard_id is not None and (stated := parse_standard(text, name, known()).standard_id) != standard_id:
        raise RuleError(f"expected {standard_id[:63]}, as it is called, found {stated!r}", path=name, key="id", line=1)
    return save_own(folder(), text, name=name, known=known(), shipped=taken, over=over)


def standing(judged: Assessment) -> str:
    """Return whether the standard of an assessment is kept as it was then: `CURRENT`, `EARLIER` or `ELSEWHERE`."""
    wording = judged.provenance["standard"]["sha256"]
    return standing_of(judged.standard.standard_id, wording, judged.standard.switched_to)


def standing_of(standard_id: str, wording: str, switched_to: str) -> str:
    """Return as `standing` how a standard is kept that an assessment was made by; "" or how it was all measured."""
    try:
        now = kept(standard_id).standard
    except NotFoundError:
        return ELSEWHERE
    if now is None:
        return EARLIER
    return CURRENT if wording_of(measured_by(now, switched_to or None)) == wording else EARLIER


@lru_cache(maxsize=256)
def _read(standard_id: str, is_own: bool, text: str) -> Kept:
    """Return what a text says; every page lists the standards there are, and reading them is slow."""
    name = f"{standard_id}.yaml"
    try:
        lined = parse_yaml(text, name)
        return Kept(standard_id, is_own, text, without_lines(lined), standard_of(lined, name, known()))
    except LifeCircleError as fault:
        return Kept(standard_id, is_own, text, {}, None, str(fault))
