"""``export``: layers of the newest assessment as files."""

from __future__ import annotations

from pathlib import Path

import click

from geo.model.errors import InputError, Problem
from geo.store import open_assessment, open_network, open_study
from layers.catalog import LAYERS, layer_spec, make_layer
from layers.export import check_format, write_layer
from layers.systems import check_system, in_system
from web.commands.options import progress, quiet, studies


@click.command()
@click.argument("study")
@click.option("--layer", "layer_id", required=True, help=f"One of {', '.join(LAYERS)}, or all.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File; for all layers a folder.")
@click.option("--format", "ending", default="geojson", show_default=True, help="Format of --layer all.")
@click.option("--crs", default="wgs84", show_default=True, help="gcj02, bd09, cgcs2000 or an EPSG code.")
@quiet
def export(study: str, layer_id: str, out: Path, ending: str, crs: str, quiet: bool) -> None:
    """Write layers of STUDY: .geojson, .csv, .xlsx, .gpkg, .parquet or .kml by the ending of --out."""
    targets = _targets(layer_id, out, ending)
    crs = check_system(crs, targets[0][1])
    opened, network = open_study(studies(), study), open_network(studies(), study)
    assessment = open_assessment(studies(), study)
    if layer_id == "all":
        out.mkdir(parents=True, exist_ok=True)
    with progress("export", is_quiet=quiet) as tell:
        for number, (name, path) in enumerate(targets):
            tell(name, number / len(targets))
            frame = in_system(make_layer(opened, assessment, name, network=network), crs)
            write_layer(frame, name, path, assessment.provenance)


def _targets(layer_id: str, out: Path, ending: str) -> list[tuple[str, Path]]:
    """Return what goes where, checked before any work is done."""
    if layer_id != "all":
        layer_spec(layer_id)
        check_format(out)
        return [(layer_id, out)]
    check_format(Path(f"x.{ending}"))
    if out.exists() and not out.is_dir():
        raise InputError(Problem(str(out), "is a file.", "With --layer all, --out is a folder.", code="not_a_folder"))
    return [(name, out / f"{name}.{ending}") for name in LAYERS]
