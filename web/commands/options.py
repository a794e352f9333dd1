"""What several commands share: settings, progress on stderr, files named on the command line."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from geo.intake.classify import read_categories
from geo.model.standards import MEASURES, Profile, Standard, find_file, measured_by, read_profile, read_standard
from geo.model.study import LoadReport, Progress, Study, no_progress
from geo.plan.apply import Edited, apply
from geo.plan.scenario import read_scenario
from geo.store.files import to_json
from geo.walk.network import Network
from web.load_report import report_text
from web.settings import ROOT, read_settings

DATA = ROOT / "data"

quiet = click.option("--quiet", is_flag=True, help="Show no progress.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
report_option = click.option(
    "--report", type=click.Choice(("text", "json")), default="text", show_default=True, help="Form of the load report."
)
lang_option = click.option(
    "--lang", type=click.Choice(("en", "zh")), default="en", show_default=True, help="Language of a report in text."
)
standard_option = click.option(
    "--standard", "standard_ref", default="gb50180-2018", show_default=True, help="Standard: id or YAML file."
)
measure_option = click.option(
    "--measure",
    type=click.Choice(MEASURES),
    help="Judge every rule by walking (walk) or by straight radius (line); left out, as the standard says.",
)
profile_option = click.option(
    "--profile", "profile_ref", default="adult", show_default=True, help="Walking profile: id or YAML file."
)

scenario_option = click.option(
    "--scenario", "scenario_file", type=click.Path(path_type=Path, dir_okay=False), help="JSON file of edits."
)


def studies() -> Path:
    """Return the folder of studies from the settings."""
    return Path(settings()["STUDIES"])


def settings() -> dict[str, Any]:
    """Return the settings of this process."""
    return read_settings(os.environ)


def by_standard(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options --standard and --measure, and hand it the ``standard`` they name."""

    @functools.wraps(command)
    def handed(*, standard_ref: str, measure: str | None, **given: Any) -> None:
        command(standard=standard_of(standard_ref, measure), **given)

    return standard_option(measure_option(handed))


def standard_of(reference: str, measure: str | None = None) -> Standard:
    """Return the standard an id or file names, its rules as they are or all measured alike."""
    return measured_by(read_standard(find_file(reference, DATA / "standards"), known_categories()), measure)


def profile_of(reference: str) -> Profile:
    """Return the profile an id or file names."""
    return read_profile(find_file(reference, DATA / "profiles"))


def known_categories() -> frozenset[str]:
    """Return the ids of the categories there are."""
    return frozenset(read_categories(DATA / "categories" / "categories.yaml").categories)


def edited_by(path: Path, study: Study, network: Network) -> Edited:
    """Return the study as the scenario in a file would leave it; `ScenarioError` lists every fault."""
    scenario = read_scenario(path.read_bytes(), path.name)
    return apply(study, scenario, scale=network.ground_scale, categories=known_categories())


def show_report(report: LoadReport, form: str, lang: str) -> None:
    """Print a load report as text or JSON."""
    click.echo(to_json(report.to_json()) if form == "json" else report_text(report, lang))


@contextmanager
def progress(title: str, *, is_quiet: bool) -> Iterator[Progress]:
    """Show the steps of long work on stderr, where a person watches."""
    if is_quiet or not sys.stderr.isatty():
        yield no_progress
        return
    with tqdm(total=100, desc=title, bar_format="{desc}: {percentage:3.0f}% |{bar:24}| {elapsed} {postfix}") as bar:

        def tell(step: str, share: float) -> None:
            bar.set_postfix_str(step, refresh=False)
            bar.update(round(share * 100) - bar.n)

        yield tell
