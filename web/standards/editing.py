"""Editing an own standard in forms: what stands above the rules, the weights, and each rule. No script is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from geo.model.errors import NotFoundError, RuleError
from geo.model.standards import Rule, faults_of_heading, faults_of_rule, standard_of, standard_text
from geo.model.yaml_strict import without_lines
from web.queries import shelf
from web.standards import kept as keeping
from web.standards.fields import (
    CHOICES,
    OWN,
    Record,
    as_own,
    heading_of,
    number_in,
    place_in_heading,
    place_of,
    rule_of,
    shown_heading,
    shown_rule,
    with_lines,
)
from web.standards.kept import Kept, kept
from web.standards.pages import own, page, see

blueprint = Blueprint("editing", __name__)

Faults = list[tuple[str, str]]
"""Field of a form, and what is wrong with it; the field is empty where several together are."""


@blueprint.get("/standards/<standard_id>/heading")
def heading(standard_id: str) -> Response:
    """Show what stands above the rules."""
    one = own(standard_id)
    return _heading_page(one, shown_heading(one.record), [])


@blueprint.post("/standards/<standard_id>/heading")
def change_heading(standard_id: str) -> Response:
    """Change what stands above the rules."""
    one = own(standard_id)
    record = heading_of(request.form, one.record)
    faults = [(place_in_heading(f, record), f.message) for f in faults_of_heading(record, standard_id)]
    if faults:
        return _heading_page(one, {**shown_heading(one.record), **request.form}, faults)
    return _store(one, record, lambda found: _heading_page(one, dict(request.form), found))


@blueprint.get("/standards/<standard_id>/weights")
def weights(standard_id: str) -> Response:
    """Show how much each rule counts in completeness."""
    one = own(standard_id)
    return _weights_page(one, [shown_rule(entry)["weight"] for entry in one.record["rules"]], [])


@blueprint.post("/standards/<standard_id>/weights")
def change_weights(standard_id: str) -> Response:
    """Change how much each rule counts in completeness."""
    one = own(standard_id)
    said = [request.form.get(f"weight-{n}", "").strip() for n, _ in enumerate(one.record["rules"])]
    rules, faults = [], []
    for number, entry in enumerate(one.record["rules"]):
        weight = number_in(request.form, f"weight-{number}")
        changed = {key: value for key, value in entry.items() if key != "weight"}
        rules.append(changed if weight is None else {**changed, "weight": weight})
        faults += [(f"weight-{number}", f.message) for f in faults_of_rule(with_lines(rules[-1]), standard_id)]
    if faults:
        return _weights_page(one, said, faults)
    return _store(one, {**one.record, "rules": rules}, lambda found: _weights_page(one, said, found))


@blueprint.get("/standards/<standard_id>/rule")
def rule(standard_id: str) -> Response:
    """Show a rule in a form, or an empty form for a new one."""
    one, number = _chosen(standard_id)
    entry = {"confidence": OWN} if number is None else one.record["rules"][number]
    return _rule_page(one, number, shown_rule(entry), [])


@blueprint.post("/standards/<standard_id>/rule")
def change_rule(standard_id: str) -> Response:
    """Add, change or remove a rule, or put one back as it was where this was copied from."""
    one, number = _chosen(standard_id)
    rules = list(one.record["rules"])
    if request.form.get("do") == "remove" and number is not None:
        del rules[number]
        return _store(one, {**one.record, "rules": rules}, lambda found: _rule_page(one, number, _typed(), found))
    if request.form.get("do") == "restore":
        entry = _former(one, request.form.get("id", ""))
        if entry is None:
            raise NotFoundError("there is no such rule in the standard that this was copied from.")
    else:
        entry = rule_of(request.form)
        faults = [(place_of(f), f.message) for f in faults_of_rule(entry, standard_id, keeping.known())]
        if faults:
            return _rule_page(one, number, _typed(), faults)
        before = _former(one, str(entry["id"])) or (rules[number] if number is not None else None)
        entry = as_own(entry, _read(entry), _read(before) if before else None)
    at = len(rules) if number is None else number
    rules[at : at + 1] = [entry]
    return _store(one, {**one.record, "rules": rules}, lambda found: _rule_page(one, number, _typed(), found))


def _chosen(standard_id: str) -> tuple[Kept, int | None]:
    """Return the standard and the place of the rule asked for; None for a new one."""
    one, asked = own(standard_id), request.args.get("rule")
    if asked is None:
        return one, None
    ids = [entry["id"] for entry in one.record["rules"]]
    if asked not in ids:
        raise NotFoundError(f"no rule '{asked[:60]}' in the standard.")
    return one, ids.index(asked)


def _former(one: Kept, rule_id: str) -> Record | None:
    """Return a rule as it stands in the standard that this one was copied from; None where it does not."""
    based_on = str(one.record.get("based_on", ""))
    try:
        rules = kept(based_on).record.get("rules", []) if based_on else []
    except NotFoundError:
        return None
    return next((entry for entry in rules if entry["id"] == rule_id), None)


def _read(entry: Record) -> Rule:
    """Return an entry as the rule it is."""
    around = {"id": "x", "name": {"zh": "x", "en": "x"}, "version": "x", "source": "x",
              "target": {"share": 1, "confidence": OWN, "source": "x"}, "rules": [entry]}  # fmt: skip
    return standard_of(with_lines(around), "rule").rules[0]


def _store(one: Kept, record: Record, again: Callable[[Faults], Response]) -> Response:
    """Store a changed record and show the standard, or show the form again with what is wrong."""
    text = standard_text(without_lines(record))
    try:
        keeping.save(text, f"{one.standard_id}.yaml", over=request.form.get("wording", ""))
    except RuleError as fault:
        return again([(place_of(fault), fault.message)])
    return see(one.standard_id, saved="1")


def _typed() -> dict[str, Any]:
    """Return the fields of a rule's form as they were typed."""
    return {**shown_rule({}), **request.form.to_dict(), "category": request.form.getlist("category")}


def _heading_page(one: Kept, shown: dict[str, Any], faults: Faults) -> Response:
    return _form("standard_heading.html", one, faults, shown=shown)


def _weights_page(one: Kept, said: list[str], faults: Faults) -> Response:
    return _form("standard_weights.html", one, faults, said=said, standard=one.sound)


def _rule_page(one: Kept, number: int | None, shown: dict[str, Any], faults: Faults) -> Response:
    table = shelf().categories
    grouped = {
        group: [(c, known.name) for c, known in table.categories.items() if known.group == group]
        for group in table.groups
    }
    return _form(
        "standard_rule.html", one, faults, shown=shown, groups=table.groups, categories=grouped,
        rule_id=None if number is None else one.record["rules"][number]["id"],
    )  # fmt: skip


def _form(template: str, one: Kept, faults: Faults, **values: Any) -> Response:
    wording = request.form.get("wording") or one.wording
    status = 422 if faults else 200
    return page(template, status, one=one, wording=wording, faults=faults, choices=CHOICES, **values)
