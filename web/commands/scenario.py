"""``scenario``: the scenarios saved with a study, and whether a scenario still fits today's data."""

from __future__ import annotations

from pathlib import Path

import click

from geo.model.errors import ScenarioError
from geo.plan.apply import misfits
from geo.plan.scenario import read_scenario, scenario_json
from geo.store import list_scenarios, open_network, open_scenario, open_study, scenario_facts
from geo.store.files import to_json, write_text
from web.commands.options import as_json, known_categories, studies


@click.group("scenario")
def scenario_group() -> None:
    """List, show or check the scenarios saved with a study."""


@scenario_group.command("list")
@click.argument("study")
@as_json
def list_command(study: str, as_json: bool) -> None:
    """List the scenarios saved with STUDY."""
    facts = [scenario_facts(one) for one in list_scenarios(studies(), study)]
    if as_json:
        click.echo(to_json({"study": study, "scenarios": facts}))
        return
    for one in facts:
        click.echo(
            f"{one['scenario_id']}  {one['edits_on']} of {one['edits']} edits on  {one['date']:10}  {one['name']}"
        )


@scenario_group.command("show")
@click.argument("study")
@click.argument("name")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this file.")
def show_command(study: str, name: str, out: Path | None) -> None:
    """Print the scenario NAME of STUDY as its JSON file."""
    text = scenario_json(open_scenario(studies(), study, name))
    if out is None:
        click.echo(text)
    else:
        write_text(out, text + "\n")


@scenario_group.command("check")
@click.argument("study")
@click.argument("name", required=False)
@click.option("--scenario", "file", type=click.Path(path_type=Path, dir_okay=False), help="A file instead of a name.")
def check_command(study: str, name: str | None, file: Path | None) -> None:
    """Tell which edits of a scenario do not fit the data of STUDY as they are today."""
    if (name is None) == (file is None):
        raise click.UsageError("Give either NAME or --scenario FILE.")
    found = read_scenario(file.read_bytes(), file.name) if file else open_scenario(studies(), study, str(name))
    opened, network = open_study(studies(), study), open_network(studies(), study)
    faults = misfits(opened, found, scale=network.ground_scale, categories=known_categories())
    if faults:
        raise ScenarioError(faults)
    click.echo(f"{found.name}: all {scenario_facts(found)['edits_on']} edits that are on fit {study}.")
