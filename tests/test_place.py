"""``load --place``: what OpenStreetMap answers online is what a file of the same place holds; no answer is an error."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import osmnx
import pytest
import shapely
from test_cli import call, done, told
from test_osm import Places, Tags, categories, grid, length, osm_xml, read

from geo.intake.osm_tables import OsmData
from geo.intake.place import _paths, read_place
from geo.model.errors import SourceError

PLACES: Places = {n: grid(n, 0) for n in range(1, 6)} | {
    6: grid(5, 4), 7: grid(1, 4), 11: grid(6, 0), 12: grid(8, 0), 13: grid(8, 2), 14: grid(6, 2),
    21: grid(2, 1), 22: grid(3, 1), 23: grid(3, 2), 24: grid(2, 2), 31: grid(0, -1), 32: grid(9, -1),
}  # fmt: skip
NODES: dict[int, Tags] = {
    3: {"barrier": "gate", "locked": "yes"}, 7: {"amenity": "pharmacy", "name": "药房"},
    22: {"barrier": "gate", "access": "private"},
}  # fmt: skip
WAYS: dict[int, tuple[list[int], Tags]] = {
    10: ([1, 2, 3, 4, 5], {"highway": "residential", "name": "人民路"}),
    11: ([5, 6, 7], {"highway": "service", "access": "private"}),
    12: ([7, 1], {"highway": "steps"}),
    13: ([5, 11], {"highway": "footway", "foot": "no"}),
    14: ([5, 12], {"highway": "footway"}),
    15: ([11, 12, 13, 14, 11], {"highway": "pedestrian", "area": "yes"}),
    16: ([21, 22, 23, 24, 21], {"amenity": "kindergarten", "name": "金溪园"}),
    17: ([21, 22, 23], {"barrier": "wall"}),
    18: ([1, 7], {"highway": "motorway"}),
    19: ([31, 32], {"waterway": "river", "name": "锦江"}),
    20: ([11, 12, 13, 14, 11], {"natural": "water"}), 21: ([31, 32], {"railway": "tram", "tunnel": "yes"}),
    22: ([31, 7], {"railway": "light_rail"}), 23: ([21, 22, 23, 21], {"barrier": "hedge", "landuse": "grass"}),
    24: ([6, 14], {"railway": "platform"}), 25: ([12, 13, 14, 12], {"healthcare": "clinic", "name": "门诊"}),
}  # fmt: skip
AREA = [[grid(-2, -3), grid(11, -3), grid(11, 7), grid(-2, 7), grid(-2, -3)]]
HOUR_S = 3600


class Pages(BaseHTTPRequestHandler):
    """A stand-in for Nominatim (GET /search) and Overpass (POST /interpreter), each answering with its status."""

    search_status = overpass_status = 200

    def do_GET(self) -> None:
        lon, lat = grid(4, 2)
        found = {
            "place_id": 1, "osm_type": "relation", "osm_id": 1, "lat": str(lat), "lon": str(lon), "importance": 1,
            "boundingbox": ["30.657", "30.667", "104.058", "104.071"], "display_name": "Town", "name": "Town",
            "class": "boundary", "type": "administrative", "addresstype": "town", "place_rank": 1,
            "geojson": {"type": "Polygon", "coordinates": AREA},
        }  # fmt: skip
        self.answer(self.search_status, [] if "Atlantis" in self.path else [found])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.answer(self.overpass_status, {"elements": overpass(parse_qs(body)["data"][0])})

    def answer(self, status: int, document: Any) -> None:
        data = json.dumps(document).encode() if status == 200 else b"<html>no</html>"
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments: object) -> None:
        """Stay quiet."""


def overpass(query: str) -> list[dict[str, Any]]:
    """The elements that have any wanted key, or key and value, and none of the unwanted values, and every node."""
    unwanted = re.findall(r'\["(\w+)"!~"([^"]+)"\]', query)
    wanted = set(re.findall(r"""\[["']([\w:]+)["'](?:=["'](\w+)["'])?\]""", query))
    elements: list[dict[str, Any]] = []
    for number, (lon, lat) in PLACES.items():
        elements.append({"type": "node", "id": number, "lon": lon, "lat": lat, "tags": dict(NODES.get(number, {}))})
    for number, (refs, tags) in WAYS.items():
        asked = wanted & ({(key, "") for key in tags} | set(tags.items()))
        if asked and not any(re.search(values, tags.get(key, "")) for key, values in unwanted):
            elements.append({"type": "way", "id": number, "nodes": refs, "tags": dict(tags)})
    return elements


Serve = Callable[..., str]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Start a server with the given statuses, good by default; OSMnx asks it, its pauses counted but not waited."""
    paused, servers = [0.0], []

    def sleep(seconds: float) -> None:
        paused[0] += seconds
        assert paused[0] < HOUR_S, "OSMnx waits for ever"

    def start(**statuses: int) -> str:
        handler = type("Answer", (Pages,), statuses)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(osmnx.settings, "nominatim_url", url)
        monkeypatch.setattr(osmnx.settings, "overpass_url", url)
        return url

    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)
    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def online(serve: Serve) -> OsmData:
    return read_place("Town", categories(), overpass_url=serve())


@pytest.fixture
def file(tmp_path: Path) -> OsmData:
    return read(tmp_path, osm_xml(PLACES, WAYS, nodes=NODES))


def test_online_streets_are_those_of_the_file_way_by_way(online: OsmData, file: OsmData) -> None:
    def by_way(data: OsmData) -> dict[str, tuple[Any, ...]]:
        streets = data.streets.assign(way=data.streets["edge_id"].str.extract(r"w(\d+)", expand=False))
        return {
            str(way): (round(length(rows), 7), *rows[["kind", "name", "is_steps", "is_private"]].iloc[0])
            for way, rows in streets.groupby("way")
            if way != "15"
        }

    assert set(by_way(file)) == {"10", "11", "12", "14", "24"}
    assert by_way(online) == by_way(file)


def test_online_pieces_of_street_have_ids_of_their_own(online: OsmData) -> None:
    assert online.streets["edge_id"].is_unique


def test_online_pieces_are_those_of_the_file(online: OsmData, file: OsmData) -> None:
    first, second = (
        {row.edge_id: (row.from_node, row.to_node, row.geometry.wkt) for row in data.streets.itertuples()}
        for data in (online, file)
    )
    assert first == second


def test_a_way_cut_in_parts_keeps_ids_apart_whatever_the_order() -> None:
    steps = [(1, 2), (2, 3), (3, 4), (4, 2), (7, 8), (8, 9), (9, 7)]
    for order in (steps, steps[::-1], steps[3:] + steps[:3]):
        assert _paths(order) == [[1, 2, 3, 4, 2], [7, 8, 9, 7]]


def test_an_online_square_is_walked_round_as_in_the_file(online: OsmData, file: OsmData) -> None:
    assert length(file.streets) > 0
    assert length(online.streets) == pytest.approx(length(file.streets), abs=1e-6)


def test_a_locked_gate_cuts_an_online_street_as_in_the_file(online: OsmData, file: OsmData) -> None:
    for data in (file, online):
        ends = {*data.streets["from_node"], *data.streets["to_node"]}
        assert 3 not in ends and {1, 5} <= ends


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("facilities", ["facility_id", "name", "category", "matched_by"]), ("entrances", ["facility_id"]),
        ("walls", ["wall_id", "kind", "is_planners"]), ("gates", ["gate_id", "access"]),
        ("backdrop", ["kind", "name"]),
    ],
)  # fmt: skip
def test_online_features_are_those_of_the_file(table: str, columns: list[str], online: OsmData, file: OsmData) -> None:
    def rows(data: OsmData) -> list[tuple[str, ...]]:
        found = getattr(data, table)
        places = [str(p) for p in shapely.centroid(shapely.set_precision(found.geometry.to_numpy(), 1e-6))]
        texts = found[columns].astype(object).where(found[columns].notna(), "").astype(str)
        return sorted((*row, place) for row, place in zip(texts.itertuples(index=False), places, strict=True))

    assert rows(file)
    assert rows(online) == rows(file)


def test_a_place_loads_as_a_study_that_credits_openstreetmap(serve: Serve, tmp_path: Path) -> None:
    url = serve()
    osmnx.settings.nominatim_url = osmnx.settings.overpass_url = "http://127.0.0.1:9"
    servers = {"LIFECIRCLE_OVERPASS": url, "LIFECIRCLE_NOMINATIM": url}
    said = done(call(tmp_path, "load", "town", "--place", "Town", **servers))
    assert "osm: OpenStreetMap online:" in said
    manifest = json.loads((tmp_path / "town" / "manifest.json").read_text(encoding="utf-8"))
    assert [source["credit"] for source in manifest["sources"]] == ["© OpenStreetMap contributors, ODbL 1.0"]


def test_osmnx_gets_its_own_settings_back(serve: Serve) -> None:
    url, before, find_host = serve(), dict(vars(osmnx.settings)), socket.getaddrinfo
    read_place("Town", categories(), overpass_url=url + "/", nominatim_url=url + "/")
    with pytest.raises(SourceError):
        read_place("Atlantis", categories())
    assert dict(vars(osmnx.settings)) == before
    assert socket.getaddrinfo is find_host


def test_nothing_is_cached_on_disk(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    read_place("Town", categories(), overpass_url=serve())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("server", ["search_status", "overpass_status"])
@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_a_server_that_refuses_is_told_and_nothing_is_stored(
    status: int, server: str, serve: Serve, tmp_path: Path
) -> None:
    serve(**{server: status})
    said = told(call(tmp_path, "load", "town", "--place", "Town"), "source_unreadable")
    assert "OpenStreetMap" in said and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("server", ["search_status", "overpass_status"])
@pytest.mark.parametrize("status", [429, 504])
def test_a_server_that_stays_busy_is_not_waited_for_for_ever(status: int, server: str, serve: Serve) -> None:
    serve(**{server: status})
    with pytest.raises(SourceError, match=f"OpenStreetMap server .*{status}.* --osm") as caught:
        read_place("Town", categories())
    assert caught.value.code == "server_busy"


def test_a_place_nobody_knows_is_named(serve: Serve, tmp_path: Path) -> None:
    serve()
    said = told(call(tmp_path, "load", "town", "--place", "Atlantis"), "source_unreadable")
    assert "'Atlantis'" in said and list(tmp_path.iterdir()) == []


def test_without_a_network_it_is_said_at_once_with_a_remedy(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def unknown(host: str, *_arguments: object, **_options: object) -> None:
        asked.append(host)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    said = told(call(tmp_path, "load", "town", "--place", "Town"), "no_connection")
    assert "--osm" in said and len(asked) == 1 and list(tmp_path.iterdir()) == []


def test_a_closed_port_is_no_connection(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        serve()
        said = told(call(tmp_path, "load", "town", "--place", "Town", LIFECIRCLE_OVERPASS=url), "no_connection")
        monkeypatch.setattr(osmnx.settings, "nominatim_url", url)
        assert told(call(tmp_path, "load", "town", "--place", "Town"), "no_connection") == said
    assert "--osm" in said and list(tmp_path.iterdir()) == []
