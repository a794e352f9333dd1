"""``walk`` and ``isochrone``: plain walking distances, and what is reached from a place."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from geo.intake.columns import read_aliases
from geo.intake.mapping import with_mappings
from geo.intake.points import read_points
from geo.intake.raw import parse_file_ref
from geo.model.errors import InputError, Problem
from geo.store import open_network, open_study
from geo.walk.isochrone import FROM, TO, Walk
from geo.walk.isochrone import isochrone as isochrone_of
from geo.walk.reach import SEARCH_LIMIT_M
from geo.walk.service_area import CATCHMENTS, DISSOLVED, EACH, band_ids, facility_areas, service_areas
from geo.walk.table import walk_table
from layers.export import feature_collection
from web.commands.options import DATA, profile_of, profile_option, studies
from web.thresholds import parse_limits, parse_place


@click.command()
@click.argument("study")
@click.option("--from", "origins", required=True, help="Points: any readable file, an id column or the row number.")
@click.option("--to", "targets", help="Points to walk to.")
@click.option("--category", help="Walk to the nearest facility of a category instead.")
@click.option("--columns", multiple=True, help="A mapping of columns: which of a file's is which of ours.")
@click.option("--limit-m", type=float, default=SEARCH_LIMIT_M, show_default=True, help="Look no farther, metres.")
@click.option("--minutes", "is_timed", is_flag=True, help="Write minutes of the profile's quickest walk instead.")
@profile_option
@click.option("--out", required=True, type=click.Path(path_type=Path), help="CSV file to write.")
def walk(
    study: str, origins: str, targets: str | None, category: str | None, limit_m: float, out: Path, **how: Any
) -> None:
    """Write walking distances: from_id, to_id, walk_m, access_m; with --minutes walk_min, access_min."""
    if (targets is None) == (category is None):
        raise click.UsageError("Give either --to or --category.")
    if not (math.isfinite(limit_m) and 0 < limit_m <= 1_000_000):
        raise click.BadParameter("must be above 0 and at most 1,000,000 metres.", param_hint="--limit-m")
    if not out.parent.is_dir():
        raise InputError(Problem(str(out.parent), "no such folder.", "Make it first.", code="folder_missing"))
    aliases = with_mappings(read_aliases(DATA / "columns.yaml"), *map(Path, how["columns"]))
    start = read_points(parse_file_ref(origins), aliases)
    end = read_points(parse_file_ref(targets), aliases) if targets else None
    opened, network = open_study(studies(), study), open_network(studies(), study)
    profile = profile_of(how["profile_ref"]) if how["is_timed"] else None
    table = walk_table(opened, network, start, targets=end, category=category, limit_m=limit_m, profile=profile)
    aside = out.with_name(f".{out.name}.part")
    table.to_csv(aside, index=False)
    aside.replace(out)


@click.command()
@click.argument("study")
@click.option("--at", "at", help="Longitude and latitude: 104.06,30.66")
@click.option("--facility", "facilities", multiple=True, help="A facility by its id. May be given several times.")
@click.option("--category", help="All facilities of a category.")
@click.option(
    "--dissolved", "variant", flag_value=DISSOLVED, help="Of a category: all within reach of any; the default."
)
@click.option("--each", "variant", flag_value=EACH, help="Of a category: every facility's own area.")
@click.option("--catchments", "variant", flag_value=CATCHMENTS, help="Of a category: shared out to the nearest.")
@click.option("--minutes", help="Such as 5,10,15.")
@click.option("--metres", help="Such as 300,500,1000.")
@click.option(
    "--direction",
    type=click.Choice([FROM, TO]),
    help="Walk from the place or to it; uphill and downhill differ in minutes. By default from --at, to facilities.",
)
@profile_option
@click.option("--out", required=True, type=click.Path(path_type=Path), help="GeoJSON file to write.")
def isochrone(study: str, minutes: str | None, metres: str | None, profile_ref: str, out: Path, **place: Any) -> None:
    """Write the areas reached on foot from a place, or of facilities."""
    if minutes is not None and metres is not None:
        raise click.UsageError("Give either --minutes or --metres.")
    if sum(map(bool, (place["at"], place["facilities"], place["category"]))) != 1:
        raise click.UsageError("Give exactly one of --at, --facility and --category.")
    if place["variant"] and not place["category"]:
        raise click.UsageError("--dissolved, --each and --catchments go with --category.")
    lon_lat = parse_place(place["at"]) if place["at"] else None
    thresholds, unit = parse_limits(minutes, metres)
    direction = place["direction"] or (FROM if lon_lat else TO)
    if not out.parent.is_dir():
        raise InputError(Problem(str(out.parent), "no such folder.", "Make it first.", code="folder_missing"))
    walk = Walk(thresholds, unit, profile_of(profile_ref), direction)
    opened, network = open_study(studies(), study), open_network(studies(), study)
    if lon_lat:
        bands, facts = isochrone_of(opened, network, lon_lat, walk)
    elif place["facilities"]:
        bands, facts = facility_areas(opened, network, place["facilities"], walk)
    else:
        bands, facts = service_areas(opened, network, place["category"], walk, place["variant"] or DISSOLVED)
    aside = out.with_name(f".{out.name}.part")
    aside.write_bytes(feature_collection(bands, band_ids(bands), facts))
    aside.replace(out)
