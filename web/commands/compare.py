"""``compare``: who gains and who loses by a scenario."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

import geo
from geo.judge.provenance import inputs_of
from geo.model.standards import Standard
from geo.plan.baseline import baseline
from geo.plan.compare import compare
from geo.store import open_network, open_study
from geo.store.files import to_json
from layers.export import check_format, write_layer
from layers.plans import plan_layer
from web.commands.options import as_json, by_standard, edited_by, profile_of, profile_option, studies


@click.command("compare")
@click.argument("study")
@click.option(
    "--scenario", "scenario_file", required=True, type=click.Path(path_type=Path, dir_okay=False), help="JSON of edits."
)
@by_standard
@profile_option
@click.option("--out", type=click.Path(path_type=Path), help="Write the layer of changed units, format by the ending.")
@as_json
def compare_command(
    study: str, scenario_file: Path, standard: Standard, profile_ref: str, out: Path | None, as_json: bool
) -> None:
    """Tell who in STUDY gains and who loses by a scenario; nothing is stored."""
    if out is not None:
        check_format(out)
    profile = profile_of(profile_ref)
    opened, network = open_study(studies(), study), open_network(studies(), study)
    edited = edited_by(scenario_file, opened, network)
    made = compare(baseline(opened, network, standard, profile), edited)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    provenance = {**inputs_of(opened, standard, profile, geo.__version__), "scenario": made.figures["scenario"]}
    provenance["created"] = created
    if out is not None:
        write_layer(plan_layer(made.changes), "changes", out, provenance)
    click.echo(to_json({**made.figures, "provenance": provenance}) if as_json else _text(made.figures))


def _text(figures: dict[str, Any]) -> str:
    """Return who gains and loses as lines: everybody, then each rule that changes."""
    made = figures["scenario"]
    lines = [
        f"{figures['study']} with '{made['name']}' ({made['edits_on']} edits, {made['id']}):"
        f" {figures['people_gained']:,.0f} people gain, {figures['people_lost']:,.0f} lose by a rule or more",
        f"moved in: {figures['people_moved_in']:,.0f}; moved out: {figures['people_moved_out']:,.0f};"
        f" no street within reach: {figures['people_not_joined_after']:,.0f}"
        f" (before {figures['people_not_joined_before']:,.0f}); units changed: {len(figures['units'])}",
    ]
    for rule in figures["rules"]:
        if rule["covered_before"] != rule["covered_after"] or rule["gained"] or rule["lost"]:
            lines.append(
                f"{rule['rule_id']:36} gain {rule['gained']:>10,.0f}  lose {rule['lost']:>10,.0f}"
                f"  covered {rule['covered_before']:>12,.0f} -> {rule['covered_after']:>12,.0f}"
            )
    return "\n".join(lines)
