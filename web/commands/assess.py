"""``assess``: judge a stored study by a standard."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

import geo
from geo.assess import assess, assess_scenario
from geo.store import open_network, open_study, save_assessment
from geo.store.files import to_json
from web.commands.options import (
    as_json,
    edited_by,
    profile_of,
    profile_option,
    progress,
    quiet,
    scenario_option,
    standard_of,
    standard_option,
    studies,
)


@click.command("assess")
@click.argument("study")
@standard_option
@profile_option
@scenario_option
@as_json
@quiet
def assess_command(
    study: str, standard_ref: str, profile_ref: str, scenario_file: Path | None, as_json: bool, quiet: bool
) -> None:
    """Judge every resident of STUDY by every rule of a standard; with a scenario nothing is stored."""
    standard, profile = standard_of(standard_ref), profile_of(profile_ref)
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
    click.echo(to_json(made.headline) if as_json else _text(made.headline))


def _text(headline: dict[str, Any]) -> str:
    """Return the first figures as lines: people, what could not be told, a rule each."""
    lines = [
        f"{headline['study']}: {headline['people']:,.0f} people, {headline['standard']}, {headline['gaps']} gaps",
        f"outside every unit: {headline['people_outside_units']:,.0f} people;"
        f" in several units at once: {headline['people_in_overlapping_units']:,.0f};"
        f" no street within reach: {headline['people_not_joined']:,.0f};"
        f" on scraps of street: {headline['people_on_islands']:,.0f}",
    ]
    for rule in headline["rules"]:
        ratio = "   -" if rule["ratio"] is None else f"{rule['ratio']:4.0%}"
        limit = f"{rule['threshold_m']:g} m" if rule["threshold_m"] else f"{rule['threshold_min']:g} min"
        missing = "" if rule["is_in_data"] else "  not in the data"
        lines.append(
            f"{ratio}  {rule['rule_id']:36} {limit:>7}  covered {rule['covered']:>12,.0f}"
            f"  not {rule['uncovered']:>12,.0f}  unknown {rule['unknown']:>12,.0f}{missing}"
        )
    return "\n".join(lines)
