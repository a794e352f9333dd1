"""``walk`` and ``isochrone``: plain walking distances, and what is reached from a place."""

from __future__ import annotations

import json
import math
from pathlib import Path

import click

from geo.intake.columns import read_aliases
from geo.intake.points import read_points
from geo.intake.raw import parse_file_ref
from geo.model.errors import InputError, Problem
from geo.store import open_network, open_study
from geo.walk.isochrone import isochrone_at
from geo.walk.reach import SEARCH_LIMIT_M
from geo.walk.table import walk_table
from layers.export import feature_collection
from web.commands.options import DATA, profile_of, profile_option, studies
from web.thresholds import parse_thresholds


@click.command()
@click.argument("study")
@click.option("--from", "origins", required=True, help="Points: any readable file, an id column or the row number.")
@click.option("--to", "targets", help="Points to walk to.")
@click.option("--category", help="Walk to the nearest facility of a category instead.")
@click.option("--limit-m", type=float, default=SEARCH_LIMIT_M, show_default=True, help="Look no farther, metres.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="CSV file to write.")
def walk(study: str, origins: str, targets: str | None, category: str | None, limit_m: float, out: Path) -> None:
    """Write walking distances: from_id, to_id, walk_m, access_m."""
    if (targets is None) == (category is None):
        raise click.UsageError("Give either --to or --category.")
    if not (math.isfinite(limit_m) and 0 < limit_m <= 1_000_000):
        raise click.BadParameter("must be above 0 and at most 1,000,000 metres.", param_hint="--limit-m")
    if not out.parent.is_dir():
        raise InputError(Problem(str(out.parent), "no such folder.", "Make it first.", code="folder_missing"))
    aliases = read_aliases(DATA / "columns.yaml")
    start = read_points(parse_file_ref(origins), aliases)
    end = read_points(parse_file_ref(targets), aliases) if targets else None
    opened, network = open_study(studies(), study), open_network(studies(), study)
    table = walk_table(opened, network, start, targets=end, category=category, limit_m=limit_m)
    aside = out.with_name(f".{out.name}.part")
    table.to_csv(aside, index=False)
    aside.replace(out)


@click.command()
@click.argument("study")
@click.option("--at", "at", required=True, help="Longitude and latitude: 104.06,30.66")
@click.option("--minutes", help="Such as 5,10,15.")
@click.option("--metres", help="Such as 300,500,1000.")
@profile_option
@click.option("--out", required=True, type=click.Path(path_type=Path), help="GeoJSON file to write.")
def isochrone(study: str, at: str, minutes: str | None, metres: str | None, profile_ref: str, out: Path) -> None:
    """Write the areas reached on foot from one place."""
    if minutes is not None and metres is not None:
        raise click.UsageError("Give either --minutes or --metres.")
    lon_lat, thresholds, unit = parse_thresholds(at, minutes, metres)
    if not out.parent.is_dir():
        raise InputError(Problem(str(out.parent), "no such folder.", "Make it first.", code="folder_missing"))
    opened, network = open_study(studies(), study), open_network(studies(), study)
    bands, facts = isochrone_at(
        opened, network, lon_lat, thresholds=thresholds, unit=unit, profile=profile_of(profile_ref)
    )
    data = feature_collection(bands, bands["threshold"].tolist(), json.loads(json.dumps(facts)))
    aside = out.with_name(f".{out.name}.part")
    aside.write_bytes(data)
    aside.replace(out)
