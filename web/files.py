"""Downloads: every layer in every format, and the portable map."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Blueprint, Response

from geo.judge.drawings import count_areas
from geo.model.crs import WGS84, as_pyproj
from geo.model.errors import NotFoundError
from layers.catalog import LAYERS, layer_spec, make_layer
from layers.export import FORMATS, csv_bytes, geojson_bytes, write_layer
from layers.systems import DEGREES_ONLY, check_system, in_system
from web.answers import answer, to_json
from web.opened import Opened
from web.queries import opened, parameters

blueprint = Blueprint("files", __name__)
KINDS = {
    "geojson": "application/geo+json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
    "parquet": "application/vnd.apache.parquet",
    "kml": "application/vnd.google-earth.kml+xml",
}


def describe_layers(one: Opened) -> list[dict[str, object]]:
    """Return every layer: what a row is in both languages, how many, the formats to be had."""
    judged, study = one.judged, one.study
    areas, catchments = count_areas(study, judged)
    rows = {
        "units": len(study.units), "verdicts": len(judged.verdicts), "demand": len(study.demand),
        "facilities": len(study.facilities), "not_open": len(study.not_open), "gaps": len(judged.gaps),
        "service_areas": areas, "catchments": catchments,
        "streets": len(study.streets), "capacity": len(judged.capacity),
    }  # fmt: skip
    return [
        {
            "id": layer_id, "en": spec.table.en, "zh": spec.table.zh, "rows": rows[layer_id], "formats": list(FORMATS),
            "columns": len(spec.table.columns), "href": f"/api/v1/studies/{study.name}/layers/{layer_id}",
        }
        for layer_id, spec in LAYERS.items()
    ]  # fmt: skip


def endings_for(crs: str) -> list[str]:
    """Return the formats that can hold a coordinate system."""
    is_metric = not as_pyproj(crs).is_geographic
    return [ending for ending in FORMATS if not (is_metric and f".{ending}" in DEGREES_ONLY)]


@blueprint.get("/api/v1/studies/<study>/layers")
def layers(study: str) -> Response:
    """The layers there are."""
    parameters()
    return answer(to_json({"layers": describe_layers(opened(study))}))


@blueprint.get("/api/v1/studies/<study>/layers/<layer_id>.<ending>")
def download(study: str, layer_id: str, ending: str) -> Response:
    """A layer as a file."""
    given = parameters("crs")
    layer_spec(layer_id)
    if ending not in FORMATS:
        raise NotFoundError(f"no format '{ending[:20]}'. There are: {', '.join(FORMATS)}.")
    crs = check_system(given.get("crs") or WGS84, Path(f"{layer_id}.{ending}"))
    one = opened(study)
    frame = in_system(make_layer(one.study, one.judged, layer_id, network=one.network), crs)
    provenance = one.judged.provenance
    if ending == "geojson":
        data = geojson_bytes(frame, layer_id, provenance)
    elif ending == "csv":
        data = csv_bytes(frame)
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{layer_id}.{ending}"
            write_layer(frame, layer_id, path, provenance)
            data = path.read_bytes()
    return answer(data, kind=KINDS[ending], download=f"{study}-{layer_id}{_suffix(crs)}.{ending}")


def _suffix(crs: str) -> str:
    """Return what a file's name says of its coordinate system; nothing of WGS 84."""
    return "" if crs == WGS84 else "-" + "".join(c for c in crs.lower() if c.isalnum())[:16]
