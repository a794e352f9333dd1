"""``ledger``: what was built in a study, entered, listed, replayed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from geo.model.errors import StoreError
from geo.plan.scenario import read_scenario
from geo.store import add_entry, ledger_facts, open_ledger, replay
from geo.store.files import to_json
from web.commands.options import as_json, known_categories, studies


@click.command("ledger")
@click.argument("study")
@click.argument("action", type=click.Choice(("list", "add", "replay")), default="list")
@click.argument("scenario", required=False, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--built", type=click.DateTime(["%Y-%m-%d"]), help="The day it was built, with add.")
@click.option("--note", default="", help="A note, with add.")
@as_json
def ledger_command(
    study: str, action: str, scenario: Path | None, built: datetime | None, note: str, as_json: bool
) -> None:
    """List what was built in STUDY, add a SCENARIO that was, or replay it all on the first base."""
    if (action == "add") != (scenario is not None and built is not None):
        raise click.UsageError("add takes a SCENARIO file and --built; list and replay take neither.")
    if action == "replay":
        _replay(study)
        return
    if scenario is not None and built is not None:
        read = read_scenario(scenario.read_bytes(), scenario.name)
        day = built.date().isoformat()
        add_entry(studies(), study, read, built=day, note=note, categories=known_categories())
    ledger = open_ledger(studies(), study)
    if as_json:
        click.echo(to_json(ledger_facts(ledger)))
        return
    for entry in ledger.entries:
        cost = "" if entry.cost is None else f"  cost {entry.cost:,.0f}"
        click.echo(f"{entry.number:>4}  {entry.built}  {entry.name} ({entry.edits} edits){cost}  {entry.note}".rstrip())
    if not ledger.entries:
        click.echo(f"{study}: nothing was built since it was loaded.")
    elif action == "add":
        click.echo(f"{study} has a new base. Run: assess {study}")


def _replay(study: str) -> None:
    problems = replay(studies(), study)
    for problem in problems:
        click.echo(str(problem))
    if problems:
        raise StoreError(f"the ledger of '{study}' does not give its present base.")
    click.echo(f"{study}: replaying the ledger on the first base gives the present one, by hash.")
