"""``check``: hold what is stored against its checksums; print its load report again."""

from __future__ import annotations

import click

from geo.model.errors import StoreError
from geo.store import check_study, open_report
from web.commands.options import lang_option, show_report, studies


@click.command()
@click.argument("study")
@click.option("--report", type=click.Choice(("text", "json")), help="Print the load report, in this form.")
@lang_option
def check(study: str, report: str | None, lang: str) -> None:
    """Verify what is stored of STUDY."""
    problems = check_study(studies(), study)
    for problem in problems:
        click.echo(str(problem))
    if problems:
        raise StoreError(f"{len(problems)} files of '{study}' are damaged. Load the study and assess it again.")
    if report is None:
        click.echo(f"{study}: every file is as it was written.")
    else:
        show_report(open_report(studies(), study), report, lang)
