"""Asking OpenStreetMap online for a place by name, through OSMnx: the only importer of it.

The answer takes the same shape as a file. Without a network it says so at once.
"""

from __future__ import annotations

import socket
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import geopandas as gpd
import osmnx as ox
import requests
import shapely

from geo.intake.classify import CategoryTable
from geo.intake.osm_found import Found, take_backdrop, take_shape
from geo.intake.osm_streets import COORDINATE_UNIT
from geo.intake.osm_tables import OsmData, assemble
from geo.intake.osm_tags import AREA_KEYS, CROSSING_POINTS, OTHER_KEYS, WAY_TAGS, carriageway, is_walkable, line_kind
from geo.model.errors import SourceError, told

TIMEOUT_S = 60
_TAGS = (*WAY_TAGS, "foot", "railway", "bridge", "tunnel")
_STREETS = ['["highway"]', '["railway"="platform"]']
"""What is asked for as streets; which of it one may walk on is decided here, as for a file."""

_BUSY = {429, 504}


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
        No connection, a server that is busy or refuses, or no such place.
    """
    with _osmnx_settings(overpass_url, nominatim_url):
        try:
            area = ox.geocode_to_gdf(name).geometry.iloc[0]
            graph = ox.graph_from_polygon(
                area, simplify=False, retain_all=True, truncate_by_edge=True, custom_filter=_STREETS
            )
            features = ox.features_from_polygon(area, _wanted(categories))
        except SourceError:
            raise
        except (requests.RequestException, ConnectionError, OSError) as fault:
            raise SourceError(
                told(
                    "no connection to the OpenStreetMap servers ({said}). Load a file with --osm instead.",
                    said=type(fault).__name__,
                ),
                code="no_connection",
            ) from None
        except (ValueError, TypeError, ox._errors.InsufficientResponseError) as fault:
            raise SourceError(
                told("OpenStreetMap has no usable answer for '{place}' ({said}).", place=name, said=str(fault))
            ) from None
    found = Found()
    _take_graph(graph, found)
    _take_features(features, found, categories)
    return assemble(found, "OpenStreetMap online")


def _wanted(categories: CategoryTable) -> dict[str, bool | str | list[str]]:
    """Return the tags of features to ask for; of streets and named places, which are many, only what is a facility."""
    keys = AREA_KEYS | OTHER_KEYS | categories.keys | {"kerb"}
    wanted: dict[str, bool | str | list[str]] = dict.fromkeys(sorted(keys), True)
    for key, more in (("highway", CROSSING_POINTS), ("place", ())):
        wanted[key] = sorted({*more, *(value for first, value in categories.conditions if first == key)})
    return wanted


def _take_graph(graph: Any, found: Found) -> None:
    """Take every way as it runs from node to node; OSMnx gives each step in both directions."""
    place = {
        node: (round(data["x"] / COORDINATE_UNIT), round(data["y"] / COORDINATE_UNIT))
        for node, data in graph.nodes(data=True)
    }
    tags: dict[int, dict[str, str]] = {}
    steps: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for start, end, data in graph.edges(data=True):
        if not data["reversed"]:
            steps[data["osmid"]].append((start, end))
            tags[data["osmid"]] = {"highway": "platform"} | {t: data[t] for t in _TAGS if isinstance(data.get(t), str)}
    for way in sorted(steps):
        kind = None if is_walkable(tags[way]) else line_kind(tags[way])
        for path in _paths(steps[way]):
            if is_walkable(tags[way]):
                found.ways.add(way, tags[way], [(node, *place[node]) for node in path])
                continue
            if carriageway(tags[way]):
                found.ways.roads.add(tags[way], path)
            if kind == "road":
                line = shapely.LineString(
                    [(x * COORDINATE_UNIT, y * COORDINATE_UNIT) for x, y in map(place.__getitem__, path)]
                )
                take_backdrop(kind, tags[way], shapely.to_wkb(line), found)


def _paths(steps: list[tuple[int, int]]) -> list[list[int]]:
    """Return the nodes of the paths that steps of a way make, each followed to its end; no order of steps matters."""
    onward: dict[int, list[int]] = defaultdict(list)
    for start, end in sorted(steps, reverse=True):
        onward[start].append(end)
    ends = {end for _, end in steps}
    paths = []
    for start in sorted(onward, key=lambda node: (node in ends, node)):
        while onward[start]:
            path = [start]
            while onward.get(path[-1]):
                path.append(onward[path[-1]].pop())
            paths.append(path)
    return paths


def _take_features(features: gpd.GeoDataFrame, found: Found, categories: CategoryTable) -> None:
    names = [column for column in features.columns if column != "geometry"]
    for (kind, number), shape, values in zip(
        features.index, features.geometry, features[names].itertuples(index=False, name=None), strict=True
    ):
        tags = {key: value for key, value in zip(names, values, strict=True) if isinstance(value, str)}
        take_shape(f"osm/{kind[0]}{number}", tags, shape, found, categories)


@contextmanager
def _osmnx_settings(overpass_url: str | None, nominatim_url: str | None) -> Iterator[None]:
    """Lend OSMnx our settings and give it back its own, and the process its way of finding hosts."""
    wanted: dict[str, Any] = {
        "use_cache": False, "requests_timeout": TIMEOUT_S, "overpass_rate_limit": False, "log_console": False,
        "useful_tags_way": list(_TAGS), "doh_url_template": None,
        "requests_kwargs": {"hooks": {"response": _check_busy}},
    }  # fmt: skip
    wanted |= {"overpass_url": overpass_url} if overpass_url else {}
    wanted |= {"nominatim_url": nominatim_url} if nominatim_url else {}
    before, find_host = {key: getattr(ox.settings, key) for key in wanted}, socket.getaddrinfo
    try:
        for key, value in wanted.items():
            setattr(ox.settings, key, value)
        yield
    finally:
        for key, value in before.items():
            setattr(ox.settings, key, value)
        socket.getaddrinfo = find_host


def _check_busy(response: requests.Response, *_arguments: object, **_options: object) -> None:
    """Give up on a busy server: OSMnx would ask again every minute without end."""
    if response.status_code in _BUSY:
        host = urlsplit(response.url).hostname
        raise SourceError(
            told(
                "the OpenStreetMap server {host} is busy (status {status})."
                " Try again later, or load a file with --osm instead.",
                host=str(host),
                status=response.status_code,
            ),
            code="server_busy",
        )
