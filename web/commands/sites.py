"""``sites``: where to build, with the proven gap to the best possible."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

import geo
from geo.intake.columns import read_aliases
from geo.intake.points import read_areas, read_candidates
from geo.intake.raw import parse_file_ref
from geo.judge.provenance import inputs_of
from geo.model.errors import NotFoundError
from geo.model.standards import Standard
from geo.plan.baseline import Baseline, baseline
from geo.plan.briefs import GOALS, WEIGHTS, Brief
from geo.plan.candidates import (
    Candidates,
    drawn_candidates,
    premises_candidates,
    street_candidates,
    without_forbidden,
)
from geo.plan.scenario import scenario_json
from geo.plan.sites import find_sites
from geo.store import open_network, open_study
from geo.store.files import to_json, write_text
from layers.export import check_format, write_layer
from layers.plans import plan_layer
from web.commands.options import (
    DATA,
    as_json,
    by_standard,
    known_categories,
    profile_of,
    profile_option,
    studies,
)
from web.site_request import METHODS, PREMISES, STREETS, describe_sites, scenario_of


@click.command("sites")
@click.argument("study")
@click.option("--category", required=True, help="What to build.")
@click.option("--together", multiple=True, help="A category in the same building; as often as wanted.")
@click.option("--count", required=True, type=click.IntRange(0, 1000), help="How many at most.")
@click.option("--goal", type=click.Choice(GOALS), default="people", show_default=True, help="What to strive for.")
@click.option("--weights", type=click.Choice(WEIGHTS), default="none", show_default=True, help="Who counts more.")
@click.option("--capacity", type=click.IntRange(1, 1_000_000), help="How many people a new site serves at most.")
@click.option("--closing", type=click.IntRange(0, 1000), default=0, help="How many may be closed, each for one more.")
@click.option("--may-lose", is_flag=True, help="With --closing: somebody covered may lose by it.")
@click.option("--method", type=click.Choice(METHODS), default="exact", show_default=True)
@click.option("--candidates", default=STREETS, show_default=True, help="streets, premises, or a file of places.")
@click.option("--forbidden", help="File of areas where nothing may stand.")
@click.option("--time-limit-s", type=click.FloatRange(0, 86_400), default=60.0, show_default=True, help="For exact.")
@by_standard
@profile_option
@click.option("--out", type=click.Path(path_type=Path), help="Write the layer of sites, format by the ending.")
@click.option("--scenario-out", type=click.Path(path_type=Path), help="Write a scenario that builds them.")
@as_json
def sites_command(study: str, standard: Standard, **asked: Any) -> None:
    """Choose sites in STUDY for a category; existing facilities stay unless some may be closed."""
    if asked["out"] is not None:
        check_format(asked["out"])
    categories = (asked["category"], *asked["together"])
    unknown = [category for category in categories if category not in known_categories()]
    if unknown:
        raise NotFoundError(f"no category '{unknown[0][:40]}'.")
    brief = Brief(
        categories, asked["count"], asked["goal"], asked["weights"], asked["capacity"], asked["closing"],
        asked["may_lose"], asked["method"] == "exact", asked["time_limit_s"],
    )  # fmt: skip
    profile = profile_of(asked["profile_ref"])
    base = baseline(open_study(studies(), study), open_network(studies(), study), standard, profile)
    made = find_sites(base, brief, _candidates(base, asked["candidates"], asked["forbidden"]))
    provenance = inputs_of(base.study, standard, profile, geo.__version__)
    provenance["created"] = datetime.now(UTC).isoformat(timespec="seconds")
    if asked["out"] is not None:
        write_layer(plan_layer(made.frame), "sites", asked["out"], {**provenance, "sites": made.figures})
    if asked["scenario_out"] is not None:
        write_text(asked["scenario_out"], scenario_json(scenario_of(made, brief)))
    told = describe_sites(made)
    click.echo(to_json({**told, "provenance": provenance}) if asked["as_json"] else _text(told))


def _candidates(base: Baseline, asked: str, forbidden: str | None) -> Candidates:
    aliases = read_aliases(DATA / "columns.yaml")
    if asked == STREETS:
        found = street_candidates(base)
    elif asked == PREMISES:
        found = premises_candidates(base)
    else:
        drawn = read_candidates(parse_file_ref(asked), aliases)
        found = drawn_candidates(base, drawn["id"].tolist(), drawn.geometry)
    if forbidden is None:
        return found
    return without_forbidden(found, read_areas(parse_file_ref(forbidden), aliases).geometry)


def _text(told: dict[str, Any]) -> str:
    sure = "nothing is better" if told["is_best"] else f"at most {told['gap']:.1%} from the best possible"
    gained = f"{told['people_gained']:,.0f} of {told['people_uncovered']:,.0f} uncovered people newly covered"
    if len(told["rules"]) > 1:
        gained = f"{told['people_gained']:,.0f} people newly covered by one of {len(told['rules'])} rules"
    lines = [
        f"{len(told['sites'])} sites for {told['category']} ({', '.join(r['rule_id'] for r in told['rules'])})"
        f" of {told['candidates']:,} candidates: {gained}",
        f"{told['goal']}: {told['value']:,.1f} {told['unit']}, bound {told['bound']:,.1f}; {sure}",
    ]
    if told["weights"]["kind"] != "none" or len(told["rules"]) > 1:
        lines.append(f"weights: {told['weights']}")
    if told["closing"]:
        lines.append(f"closed: {', '.join(told['closed']) or 'none'}; {told['people_lost']:,.0f} people lose")
    if told["reason"]:
        lines.append(f"not reached: {told['reason']}")
    return "\n".join(
        lines
        + [f"{row['rank']:>3}  {row['site_id']:20} {row['people_gained']:>10,.0f} more people" for row in told["sites"]]
    )
