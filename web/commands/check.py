"""``check``: hold what is stored against its checksums."""

from __future__ import annotations

import click

from geo.model.errors import StoreError
from geo.store import check_study
from web.commands.options import studies


@click.command()
@click.argument("study")
def check(study: str) -> None:
    """Verify what is stored of STUDY."""
    problems = check_study(studies(), study)
    for problem in problems:
        click.echo(str(problem))
    if problems:
        raise StoreError(f"{len(problems)} files of '{study}' are damaged. Load the study and assess it again.")
    click.echo(f"{study}: every file is as it was written.")
