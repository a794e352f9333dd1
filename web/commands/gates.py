"""``gates``: walls worth opening, by the residents gained."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

import geo
from geo.judge.provenance import inputs_of
from geo.model.standards import Standard
from geo.plan.baseline import baseline
from geo.plan.gates import find_gates, for_gates
from geo.plan.quick import standing
from geo.plan.scenario import scenario_json
from geo.store import open_network, open_study
from geo.store.files import to_json, write_text
from layers.export import check_format, write_layer
from layers.plans import plan_layer
from web.commands.options import (
    as_json,
    by_standard,
    profile_of,
    profile_option,
    progress,
    quiet,
    studies,
)


@click.command("gates")
@click.argument("study")
@click.option("--category", "categories", multiple=True, help="Rules that name it; all where none is given.")
@click.option("--count", required=True, type=click.IntRange(1, 50), help="How many walls together.")
@by_standard
@profile_option
@click.option("--out", type=click.Path(path_type=Path), help="Write the layer of walls, format by the ending.")
@click.option("--scenario-out", type=click.Path(path_type=Path), help="Write a scenario that opens them.")
@as_json
@quiet
def gates_command(study: str, standard: Standard, **asked: Any) -> None:
    """Tell which walls of STUDY are worth opening, alone and together."""
    if asked["out"] is not None:
        check_format(asked["out"])
    profile = profile_of(asked["profile_ref"])
    opened, network = open_study(studies(), study), open_network(studies(), study)
    with progress("gates", is_quiet=asked["quiet"]) as tell:
        stands = standing(baseline(opened, network, for_gates(standard), profile))
        made = find_gates(stands, count=asked["count"], categories=asked["categories"], progress=tell)
    provenance = inputs_of(opened, standard, profile, geo.__version__)
    provenance["created"] = datetime.now(UTC).isoformat(timespec="seconds")
    if asked["out"] is not None:
        write_layer(plan_layer(made.frame), "gates", asked["out"], {**provenance, "gates": made.figures})
    if asked["scenario_out"] is not None:
        write_text(asked["scenario_out"], scenario_json(made.scenario))
    table = made.frame.drop(columns="geometry").astype(object)
    rows = table.where(table.notna(), None).to_dict("records")
    told = {**made.figures, "gates": rows, "provenance": provenance}
    click.echo(to_json(told) if asked["as_json"] else _text(made.figures, rows))


def _text(figures: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    together = sorted((row for row in rows if row["together"]), key=lambda row: int(row["together"]))
    lines = [
        f"{figures['candidates']:,} openings in {figures['walls']:,} walls, {figures['compared']} compared:"
        f" {figures['people_gained']:,.0f} people gain by {len(together)} together",
        *(
            f"{row['together']:>3.0f}  {row['wall_id']:16} {row['people_gained']:>9,.0f} people alone,"
            f" {row['together_gained']:>9,.0f} with those before it; {row['saved_m']:,.0f} m saved by each"
            f" of {row['people_nearer']:,.0f}"
            for row in together
        ),
    ]
    return "\n".join(lines)
