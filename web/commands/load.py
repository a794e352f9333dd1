"""``load``: files in, a stored study out, with a report of every fault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from geo.intake.classify import read_categories
from geo.intake.columns import read_aliases
from geo.intake.decisions import decisions_text
from geo.intake.gather import Inputs
from geo.intake.mapping import draft_mapping, with_mappings
from geo.intake.raw import FileRef, parse_file_ref
from geo.intake.street_layer import SNAP_M, Joining
from geo.model.study import LoadReport
from geo.store.files import write_text
from geo.store.studies import check_name
from web.cli import resolve, telling_in
from web.commands.options import (
    DATA,
    as_json,
    lang_option,
    progress,
    quiet,
    report_option,
    settings,
    show_report,
    studies,
)
from web.making import make_study
from web.settings import limits_of

PLACE = "geo.intake.place:read_place"
"""Asking online imports OSMnx; loading files does without it."""


@click.command()
@click.argument("study")
@click.option("--osm", help="OpenStreetMap file: .osm.pbf, .osm, .osm.gz, .osm.bz2.")
@click.option("--streets", help="Street lines from another source.")
@click.option("--snap-m", type=click.FloatRange(0, 20), default=SNAP_M, show_default=True,
              help="Street lines closer than this meet, metres.")  # fmt: skip
@click.option("--join-crossings", is_flag=True, help="Street lines of one level meet where they cross.")
@click.option("--place", help="Ask OpenStreetMap online for a place by name.")
@click.option("--units", multiple=True, help="Administrative areas. May be given several times.")
@click.option("--facilities", multiple=True, help="Facilities. May be given several times.")
@click.option("--demand", help="Places where people live.")
@click.option("--population", help="Totals of units, spread over their homes, buildings or streets.")
@click.option("--walls", help="Walls nobody walks through; they win over paths.")
@click.option("--gates", help="Gates in walls.")
@click.option("--mend-units", is_flag=True, help="Cut overlaps between units and close slivers; the report tells.")
@click.option("--merge/--no-merge", "is_merged", default=True, help="Make entries of one place in several lists one.")
@click.option(
    "--decisions", help="Doubtful pairs of facilities: written by load, decided by you, read by the next load."
)
@click.option("--elevation", help="Heights of the ground, a raster such as GeoTIFF: slopes change walking times.")
@click.option("--categories", multiple=True, help="A category table of your own, added to ours.")
@click.option("--columns", multiple=True, help="A mapping of columns: which of a file's is which of ours.")
@click.option(
    "--columns-draft", type=click.Path(path_type=Path), help="Write a mapping of the files to fill in; load nothing."
)
@click.option("--accept-faults", is_flag=True, help="Load the good rows even where others are faulty.")
@as_json
@report_option
@lang_option
@quiet
def load(
    study: str, place: str | None, accept_faults: bool, as_json: bool, quiet: bool, columns_draft: Path | None,
    **given: object,
) -> None:  # fmt: skip
    """Make a study from files. A FILE may carry its coordinate system: poi.csv@gcj02, x.shp@EPSG:4544."""
    form, lang = str(given.pop("report")), str(given.pop("lang"))
    with telling_in(lang):
        report = _loaded(study, place, given, accept_faults=accept_faults, quiet=quiet, columns_draft=columns_draft)
    if report is not None:
        show_report(report, "json" if as_json else form, lang)


def _loaded(
    study: str, place: str | None, given: dict[str, object], *, accept_faults: bool, quiet: bool,
    columns_draft: Path | None,
) -> LoadReport | None:  # fmt: skip
    """Make the study and return its report, or write the draft of a mapping alone and return None."""
    check_name(study)
    inputs = _inputs(given)
    if columns_draft is not None:
        aliases = with_mappings(read_aliases(DATA / "columns.yaml"), *inputs.columns)
        write_text(columns_draft, draft_mapping(inputs.tables(), aliases))
        return None
    if sum(1 for source in (inputs.osm, inputs.streets, place) if source) != 1:
        raise click.UsageError("Give exactly one of --osm, --streets and --place.")
    with progress("load", is_quiet=quiet) as tell:
        if place:
            known = read_categories(DATA / "categories" / "categories.yaml", *inputs.categories)
            chosen = settings()
            online = resolve(PLACE)(
                place, known, overpass_url=chosen["OVERPASS"] or None, nominatim_url=chosen["NOMINATIM"] or None
            )
            inputs = replace(inputs, place=online)
        made = make_study(studies(), study, inputs, accept_faults=accept_faults, tell=tell)
        _write_open_pairs(inputs.decisions, made.report)
    return made.report


def _inputs(given: dict[str, object]) -> Inputs:
    """Return what the options name: files, tables of our own making, flags."""
    paths = {name: tuple(map(Path, given.pop(name))) for name in ("categories", "columns")}  # type: ignore[call-overload]
    joining = Joining(given.pop("snap_m"), given.pop("join_crossings"))  # type: ignore[arg-type]
    flags = {name: given.pop(name) for name in ("mend_units", "is_merged")}
    return Inputs(joining=joining, **paths, **flags, **{name: _refs(value) for name, value in given.items()})  # type: ignore[arg-type]


def _write_open_pairs(ref: FileRef | None, report: LoadReport) -> None:
    """Write the doubtful pairs beside those decided before, where a file was named for them."""
    if ref is not None:
        write_text(ref.path, decisions_text(ref.path, report.facts.get("doubtful_pairs", [])))


def _refs(value: object) -> FileRef | tuple[FileRef, ...] | None:
    """Return the files an option names; an unknown coordinate system is bad input, not a wrong call."""
    limits = limits_of(settings())
    if isinstance(value, tuple):
        return tuple(parse_file_ref(str(text), limits) for text in value)
    return parse_file_ref(str(value), limits) if value else None
