"""Asking OpenStreetMap online for a place by name, through OSMnx: the only importer of it.

The answer takes the same shape as a file. Without a network it says so at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import geopandas as gpd
import osmnx as ox
import requests

from geo.intake.classify import CategoryTable
from geo.intake.osm_found import Found, take_shape
from geo.intake.osm_tables import OsmData, assemble
from geo.intake.osm_tags import is_walkable
from geo.model.errors import SourceError

TIMEOUT_S = 60
_TAGS = (
    "highway", "name", "name:en", "foot", "access", "area", "railway", "barrier", "locked", "opening_hours",
)  # fmt: skip
_UNIT = 10_000_000


def read_place(
    name: str, categories: CategoryTable, *, overpass_url: str | None = None, nominatim_url: str | None = None
) -> OsmData:
    """Return what OpenStreetMap holds for a named place.

    Parameters
    ----------
    overpass_url, nominatim_url
        Servers to ask instead of OSMnx's own.

    Raises
    ------
    SourceError
        No connection, or no such place.
    """
    keys = dict.fromkeys(("building", "natural", "landuse", "leisure", "barrier", *sorted(categories.keys)), True)
    with _osmnx_settings(overpass_url, nominatim_url):
        try:
            area = ox.geocode_to_gdf(name).geometry.iloc[0]
            graph = ox.graph_from_polygon(
                area, network_type="all", simplify=False, retain_all=True, truncate_by_edge=True
            )
            features = ox.features_from_polygon(area, keys)
        except (requests.RequestException, ConnectionError, OSError) as fault:
            raise SourceError(
                f"no connection to the OpenStreetMap servers ({type(fault).__name__}). Load a file with --osm instead.",
                code="no_connection",
            ) from None
        except (ValueError, TypeError, ox._errors.InsufficientResponseError) as fault:
            raise SourceError(f"OpenStreetMap has no usable answer for '{name}' ({fault}).") from None
    found = Found()
    _take_graph(graph, found)
    _take_features(features, found, categories)
    return assemble(found, "OpenStreetMap online")


def _take_graph(graph: Any, found: Found) -> None:
    """Take every segment between two nodes once; OSMnx gives both directions."""
    place = {node: (round(data["x"] * _UNIT), round(data["y"] * _UNIT)) for node, data in graph.nodes(data=True)}
    seen: set[tuple[int, int, int]] = set()
    for start, end, data in graph.edges(data=True):
        way = data["osmid"] if isinstance(data["osmid"], int) else data["osmid"][0]
        key = (way, min(start, end), max(start, end))
        tags = {tag: data[tag] for tag in _TAGS if isinstance(data.get(tag), str)}
        if key in seen or not is_walkable(tags):
            continue
        seen.add(key)
        found.ways.add(way, tags, [(key[1], *place[key[1]]), (key[2], *place[key[2]])])


def _take_features(features: gpd.GeoDataFrame, found: Found, categories: CategoryTable) -> None:
    names = [column for column in features.columns if column != "geometry"]
    for (kind, number), shape, values in zip(
        features.index, features.geometry, features[names].itertuples(index=False, name=None), strict=True
    ):
        tags = {key: value for key, value in zip(names, values, strict=True) if isinstance(value, str)}
        take_shape(f"osm/{kind[0]}{number}", tags, shape, found, categories)


@contextmanager
def _osmnx_settings(overpass_url: str | None, nominatim_url: str | None) -> Iterator[None]:
    """Lend OSMnx our settings and give it back its own."""
    wanted: dict[str, Any] = {
        "use_cache": False, "requests_timeout": TIMEOUT_S, "overpass_rate_limit": False, "log_console": False,
        "useful_tags_way": list(_TAGS),
    }  # fmt: skip
    wanted |= {"overpass_url": overpass_url} if overpass_url else {}
    wanted |= {"nominatim_url": nominatim_url} if nominatim_url else {}
    before = {key: getattr(ox.settings, key) for key in wanted}
    try:
        for key, value in wanted.items():
            setattr(ox.settings, key, value)
        yield
    finally:
        for key, value in before.items():
            setattr(ox.settings, key, value)
