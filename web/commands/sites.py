"""``sites``: where to build, with the proven gap to the best possible."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

import geo
from geo.intake.columns import read_aliases
from geo.intake.points import read_points
from geo.intake.raw import parse_file_ref
from geo.judge.provenance import inputs_of
from geo.model.errors import NotFoundError
from geo.model.standards import Standard
from geo.plan.baseline import Baseline, baseline
from geo.plan.scenario import scenario_json
from geo.plan.sites import GOALS, Candidates, Goal, as_scenario, find_sites, premises_candidates, street_candidates
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


@click.command("sites")
@click.argument("study")
@click.option("--category", required=True, help="What to build.")
@click.option("--count", required=True, type=click.IntRange(1, 1000), help="How many at most.")
@click.option("--goal", type=click.Choice(GOALS), default="people", show_default=True, help="What to strive for.")
@click.option("--method", type=click.Choice(["exact", "greedy"]), default="exact", show_default=True)
@click.option("--candidates", default="streets", show_default=True, help="streets, premises, or a file of points.")
@click.option("--time-limit-s", type=click.FloatRange(0, 86_400), default=60.0, show_default=True, help="For exact.")
@by_standard
@profile_option
@click.option("--out", type=click.Path(path_type=Path), help="Write the layer of sites, format by the ending.")
@click.option("--scenario-out", type=click.Path(path_type=Path), help="Write a scenario that builds them.")
@as_json
def sites_command(study: str, standard: Standard, **asked: Any) -> None:
    """Choose sites in STUDY for a category; existing facilities stay."""
    if asked["out"] is not None:
        check_format(asked["out"])
    if asked["category"] not in known_categories():
        raise NotFoundError(f"no category '{asked['category'][:40]}'.")
    profile = profile_of(asked["profile_ref"])
    base = baseline(open_study(studies(), study), open_network(studies(), study), standard, profile)
    goal: Goal = asked["goal"]
    made = find_sites(
        base, asked["category"], _candidates(base, asked["candidates"]), count=asked["count"], goal=goal,
        is_exact=asked["method"] == "exact", time_limit_s=asked["time_limit_s"],
    )  # fmt: skip
    provenance = inputs_of(base.study, standard, profile, geo.__version__)
    provenance["created"] = datetime.now(UTC).isoformat(timespec="seconds")
    if asked["out"] is not None:
        write_layer(plan_layer(made.frame), "sites", asked["out"], {**provenance, "sites": made.figures})
    if asked["scenario_out"] is not None:
        name = f"{asked['count']} {asked['category']} ({goal})"
        write_text(asked["scenario_out"], scenario_json(as_scenario(made, name)))
    rows = made.frame.drop(columns="geometry").to_dict("records")
    told = {**made.figures, "sites": rows, "provenance": provenance}
    click.echo(to_json(told) if asked["as_json"] else _text(made.figures, rows))


def _candidates(base: Baseline, asked: str) -> Candidates:
    if asked == "streets":
        return street_candidates(base)
    if asked == "premises":
        return premises_candidates(base)
    points = read_points(parse_file_ref(asked), read_aliases(DATA / "columns.yaml"))
    ids = tuple(map(str, points.iloc[:, 0]))
    return Candidates(ids, (None,) * len(ids), "points", points.geometry.to_crs(base.study.crs))


def _text(figures: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    sure = "nothing is better" if figures["is_best"] else f"at most {figures['gap']:.1%} from the best possible"
    lines = [
        f"{len(rows)} sites for {figures['category']} ({figures['rule_id']}) of {figures['candidates']:,} candidates:"
        f" {figures['people_gained']:,.0f} of {figures['people_uncovered']:,.0f} uncovered people newly covered",
        f"{figures['goal']}: {figures['value']:,.1f} {figures['unit']}, bound {figures['bound']:,.1f}; {sure}",
    ]
    if figures["reason"]:
        lines.append(f"not reached: {figures['reason']}")
    return "\n".join(
        lines + [f"{row['rank']:>3}  {row['site_id']:20} {row['people_gained']:>10,.0f} more people" for row in rows]
    )
