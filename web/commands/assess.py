"""``assess``: judge a stored study by a standard."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

import geo
from geo.assess import assess, assess_scenario
from geo.model.standards import Standard
from geo.store import open_network, open_study, save_assessment
from geo.store.files import to_json
from web.commands.options import (
    as_json,
    by_standard,
    edited_by,
    profile_of,
    profile_option,
    progress,
    quiet,
    scenario_option,
    studies,
)
from web.comparing import describe_comparison, open_other


@click.command("assess")
@click.argument("study")
@by_standard
@profile_option
@scenario_option
@click.option("--against", help="Compare with an earlier assessment: its id, or STUDY/ID of another study.")
@as_json
@quiet
def assess_command(
    study: str,
    standard: Standard,
    profile_ref: str,
    scenario_file: Path | None,
    against: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Judge every resident of STUDY by every rule of a standard; with a scenario nothing is stored."""
    profile = profile_of(profile_ref)
    before = open_other(studies(), study, against) if against else None
    opened, network = open_study(studies(), study), open_network(studies(), study)
    told: dict[str, Any] = {
        "code_version": geo.__version__, "created": datetime.now(UTC).isoformat(timespec="seconds")
    }  # fmt: skip
    with progress("assess", is_quiet=quiet) as tell:
        if scenario_file is None:
            made = assess(opened, network, standard, profile, **told, progress=tell)
            save_assessment(studies(), made)
        else:
            edited = edited_by(scenario_file, opened, network)
            made = assess_scenario(edited, network, standard, profile, **told, progress=tell)
    compared = {"comparison": describe_comparison(before, made)} if before else {}
    if as_json:
        return click.echo(to_json({**made.headline, **compared}))
    click.echo(_text(made.headline))
    if before:
        click.echo(_compared(compared["comparison"]))
    return None


def _text(headline: dict[str, Any]) -> str:
    """Return the first figures as lines: people, what could not be told, a rule each."""
    lines = [
        f"{headline['study']}: {headline['people']:,.0f} people, {headline['standard']}, {headline['gaps']} gaps",
        f"measured: {headline['measure']}; complete: {_share(headline['complete_ratio']).strip()} of people",
        f"outside every unit: {headline['people_outside_units']:,.0f} people;"
        f" in several units at once: {headline['people_in_overlapping_units']:,.0f};"
        f" no street within reach: {headline['people_not_joined']:,.0f};"
        f" on scraps of street: {headline['people_on_islands']:,.0f}",
    ]
    lines += [_line(rule) for rule in headline["rules"]]
    return "\n".join(lines)


def _line(rule: dict[str, Any]) -> str:
    """Return a rule in a line: ratio and how measured, the ratio by radius, limit, people, verdict."""
    limit = "not stated"
    if rule["threshold_m"] or rule["threshold_min"]:
        limit = f"{rule['threshold_m']:g} m" if rule["threshold_m"] else f"{rule['threshold_min']:g} min"
    counted = "not stated whom it serves" if rule["people"] is None else _people(rule)
    missing = "" if rule["is_in_data"] else "  not in the data"
    return (
        f"{_share(rule['ratio'])} by {rule['measure']} ({_share(rule['line_ratio'])} by radius)  {rule['rule_id']:36}"
        f" {limit:>10}  {counted}  {rule['verdict']}{missing}"
    )


def _compared(comparison: dict[str, Any]) -> str:
    """Return in a line how many verdicts changed, and how."""
    ways = "; ".join(f"{way}: {count}" for way, count in comparison["ways"].items())
    before = comparison["before"]
    return (
        f"against {before['assessment_id']} ({before['standard']}): {comparison['changed']} of"
        f" {comparison['compared']} verdicts changed" + (f" ({ways})" if ways else "")
    )


def _share(ratio: float | None) -> str:
    return "   -" if ratio is None else f"{ratio:4.0%}"


def _people(rule: dict[str, Any]) -> str:
    return "  ".join(f"{name} {rule[name]:>12,.0f}" for name in ("covered", "uncovered", "unknown"))
