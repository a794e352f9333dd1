"""Vector tiles of what lies beneath the figures: water, green, buildings, streets, walls, gates, and homes.

Geometry is made ready once a study and cut when a tile is asked for; numbers travel apart, by the row of the demand
table that a home's feature id gives. A new assessment never re-cuts a tile.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.model.study import Study

EXTENT = 4096
BUFFER = 64
MOST_ZOOM, LEAST_ZOOM = 17, 8
_HALF = math.pi * 6378137.0
_CLASSES = {
    "motorway": "main", "trunk": "main", "primary": "main", "secondary": "secondary", "tertiary": "secondary",
    "unclassified": "local", "residential": "local", "living_street": "local", "pedestrian": "local",
    "service": "path", "road": "local", "street": "local",
}  # fmt: skip
_FROM_ZOOM = {
    "water": 0, "wood": 10, "green": 11, "campus": 12, "building": 14, "rail": 9, "wall": 14, "gate": 15, "demand": 13,
    "main": 9, "secondary": 12, "local": 13, "path": 14,
}  # fmt: skip


@dataclass(frozen=True)
class _Layer:
    """Shapes in Web Mercator with their properties, searchable; ``id`` is the feature id of each."""

    shapes: NDArray[np.object_]
    properties: list[dict[str, Any]]
    from_zoom: NDArray[np.int64]
    tree: shapely.STRtree


@dataclass(frozen=True)
class TileIndex:
    """Everything that tiles are cut from, layer by layer, bottom up."""

    layers: dict[str, _Layer]


def make_index(study: Study) -> TileIndex:
    """Return the study's geometry made ready for cutting tiles."""
    found: dict[str, _Layer] = {}
    backdrop = study.backdrop.to_crs("EPSG:3857")
    for kind in ("water", "wood", "green", "campus", "building", "rail"):
        part = backdrop[backdrop["kind"] == kind]
        if not part.empty:
            names = [{"name": n} if isinstance(n, str) and kind in ("water", "green") else {} for n in part["name"]]
            found[kind] = _layer(part, names, np.full(len(part), _FROM_ZOOM[kind]))
    if not study.streets.empty:
        kinds = [_CLASSES.get(kind.removesuffix("_link"), "path") for kind in study.streets["kind"]]
        named = [
            {"class": c, "name": n} if isinstance(n, str) else {"class": c}
            for c, n in zip(kinds, study.streets["name"], strict=True)
        ]
        found["street"] = _layer(study.streets.to_crs("EPSG:3857"), named, np.array([_FROM_ZOOM[c] for c in kinds]))
    for name, table, column in (("wall", study.walls, "kind"), ("gate", study.gates, "access")):
        if not table.empty:
            values = [{column: str(value)} for value in table[column]]
            found[name] = _layer(table.to_crs("EPSG:3857"), values, np.full(len(table), _FROM_ZOOM[name]))
    if not study.demand.empty:
        people = [{"people": round(float(p), 1)} for p in study.demand["people"]]
        found["demand"] = _layer(study.demand.to_crs("EPSG:3857"), people, np.full(len(people), _FROM_ZOOM["demand"]))
    return TileIndex(found)


def cut_tile(index: TileIndex, z: int, x: int, y: int) -> bytes:
    """Return the vector tile; empty bytes where nothing lies in it or the zoom is not served."""
    if not LEAST_ZOOM <= z <= MOST_ZOOM or not (0 <= x < 2**z and 0 <= y < 2**z):
        return b""
    side = 2 * _HALF / 2**z
    west, north = -_HALF + x * side, _HALF - y * side
    bounds = (west, north - side, west + side, north)
    margin = side * BUFFER / EXTENT
    box = (bounds[0] - margin, bounds[1] - margin, bounds[2] + margin, bounds[3] + margin)
    layers = []
    for name, layer in index.layers.items():
        features = _features(layer, box, z, side / EXTENT)
        if features:
            layers.append({"name": name, "features": features})
    if not layers:
        return b""
    options = {"quantize_bounds": bounds, "extents": EXTENT}
    return bytes(mapbox_vector_tile.encode(layers, default_options=options))


def _features(layer: _Layer, box: tuple[float, float, float, float], z: int, pixel: float) -> list[dict[str, Any]]:
    rows = np.sort(layer.tree.query(shapely.box(*box)))
    rows = rows[layer.from_zoom[rows] <= z]
    shapes = layer.shapes[rows]
    if len(shapes) and shapely.get_dimensions(shapes[:1])[0] > 0:
        large = np.ptp(shapely.bounds(shapes).reshape(-1, 2, 2), axis=1).max(axis=1) > 2 * pixel
        rows, shapes = rows[large], shapes[large]
        shapes = shapely.simplify(shapely.clip_by_rect(shapes, *box), pixel * 2)
    else:
        inside = shapely.intersects(shapes, shapely.box(*box))
        rows, shapes = rows[inside], shapes[inside]
    kept = ~shapely.is_empty(shapes)
    return [
        {"geometry": shape, "properties": layer.properties[row], "id": int(row)}
        for row, shape in zip(rows[kept].tolist(), shapes[kept], strict=True)
    ]


def _layer(table: gpd.GeoDataFrame, properties: list[dict[str, Any]], from_zoom: NDArray[np.int64]) -> _Layer:
    shapes = table.geometry.to_numpy()
    return _Layer(shapes, properties, from_zoom, shapely.STRtree(shapes))
