"""What OpenStreetMap tags mean on foot, read from files that the test writes itself."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.intake.classify import CategoryTable, read_categories
from geo.intake.osm import OsmData, read_osm
from geo.model.errors import InputError, SourceError

DATA = Path(__file__).resolve().parents[1] / "data"
WEST, SOUTH, STEP = 104.06, 30.66, 0.001

Tags = Mapping[str, str]
Places = Mapping[int, tuple[float, float]]
"""Node number -> (lon, lat) in degrees."""


def grid(x: float, y: float) -> tuple[float, float]:
    """A place on a grid of a thousandth of a degree."""
    return (round(WEST + x * STEP, 7), round(SOUTH + y * STEP, 7))


def osm_xml(
    places: Places, ways: Mapping[int, tuple[Sequence[int], Tags]], *, nodes: Mapping[int, Tags] | None = None,
    relations: Mapping[int, tuple[Sequence[tuple[int, str]], Tags]] | None = None, generator: str = "test",
) -> str:  # fmt: skip
    """An OpenStreetMap file: nodes with their tags, ways over nodes, relations over ways with roles."""
    lines = [f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator={quoteattr(generator)}>']
    for number, (lon, lat) in sorted(places.items()):
        lines.append(f'<node id="{number}" version="1" lon="{lon:.7f}" lat="{lat:.7f}">')
        lines += [*_tags((nodes or {}).get(number, {})), "</node>"]
    for number, (refs, tags) in sorted(ways.items()):
        lines.append(f'<way id="{number}" version="1">')
        lines += [*(f'<nd ref="{ref}"/>' for ref in refs), *_tags(tags), "</way>"]
    for number, (members, tags) in sorted((relations or {}).items()):
        lines.append(f'<relation id="{number}" version="1">')
        lines += [f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members]
        lines += [*_tags(tags), "</relation>"]
    return "\n".join([*lines, "</osm>\n"])


def _tags(tags: Tags) -> list[str]:
    return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()]


@cache
def categories() -> CategoryTable:
    return read_categories(DATA / "categories" / "categories.yaml")


def read(folder: Path, text: str, name: str = "town.osm") -> OsmData:
    path = folder / name
    pack = {".gz": gzip.compress, ".bz2": bz2.compress}.get(path.suffix, bytes)
    path.write_bytes(pack(text.encode()))
    return read_osm(path, categories())


def length(table: gpd.GeoDataFrame) -> float:
    """Length of all lines in degrees."""
    return float(shapely.length(table.geometry.to_numpy()).sum())


def one_way(tags: Tags) -> str:
    return osm_xml({1: grid(0, 0), 2: grid(1, 0)}, {10: ([1, 2], tags)})


def way_numbers(data: OsmData) -> set[int]:
    """The ways that gave pieces of street, by the id ``osm/w<way>-<first node>``."""
    return {int(edge.removeprefix("osm/w").split("-")[0]) for edge in data.streets["edge_id"]}


WALKED = [
    {"highway": "footway"}, {"highway": "steps"}, {"highway": "residential"}, {"highway": "primary"},
    {"highway": "service", "access": "private"}, {"highway": "residential", "access": "no", "foot": "yes"},
    {"highway": "motorway", "foot": "yes"}, {"highway": "cycleway"}, {"railway": "platform"},
]  # fmt: skip
NOT_WALKED = [
    {"highway": "motorway"}, {"highway": "motorway_link"}, {"highway": "residential", "foot": "no"},
    {"highway": "footway", "access": "no"}, {"highway": "primary", "foot": "use_sidepath"},
    {"highway": "construction"}, {"highway": "proposed"}, {"highway": "service", "access": "military"},
    {"highway": "footway", "foot": "private"}, {"waterway": "river"},
]  # fmt: skip


@pytest.mark.parametrize("tags", WALKED, ids=str)
def test_a_way_open_to_walkers_is_a_street(tags: Tags, tmp_path: Path) -> None:
    streets = read(tmp_path, one_way(tags)).streets
    assert streets["kind"].tolist() == [tags.get("highway", "platform")]
    assert streets["is_steps"].tolist() == [tags.get("highway") == "steps"]
    assert streets["is_private"].tolist() == [tags.get("access") == "private"]
    np.testing.assert_allclose(streets.geometry.iloc[0].coords, [grid(0, 0), grid(1, 0)], atol=1e-9)


@pytest.mark.parametrize("tags", NOT_WALKED, ids=str)
def test_a_way_closed_to_walkers_is_no_street(tags: Tags, tmp_path: Path) -> None:
    assert read(tmp_path, one_way(tags)).streets.empty


def crossing() -> tuple[Places, dict[int, tuple[Sequence[int], Tags]]]:
    """A street of four nodes, a path that leaves it at node 2 and a bridge that crosses node 3's place without it."""
    places = {n: grid(n, 0) for n in (1, 2, 3, 4)} | {5: grid(2, 1), 6: grid(3, -1), 7: grid(3, 1)}
    road, path = {"highway": "residential", "name": "人民路"}, {"highway": "footway"}
    return places, {10: ([1, 2, 3, 4], road), 11: ([2, 5], path), 12: ([6, 7], {**path, "bridge": "yes"})}


def test_streets_are_cut_where_ways_share_a_node_and_nowhere_else(tmp_path: Path) -> None:
    streets = read(tmp_path, osm_xml(*crossing())).streets
    ends = {(f, t) for f, t in zip(streets["from_node"], streets["to_node"], strict=True)}
    assert ends == {(1, 2), (2, 4), (2, 5), (6, 7)}
    assert streets["edge_id"].is_unique
    assert length(streets) == pytest.approx(STEP * (3 + 1 + 2), abs=1e-9)
    assert set(streets.loc[streets["kind"] == "residential", "name"]) == {"人民路"}


@pytest.mark.parametrize("name", ["town.osm.gz", "town.osm.bz2"])
def test_a_packed_file_holds_the_same_town(name: str, tmp_path: Path) -> None:
    text = osm_xml(*crossing(), nodes={5: {"amenity": "pharmacy"}})
    plain, packed = read(tmp_path, text), read(tmp_path, text, name)
    for table in ("streets", "facilities", "entrances", "walls", "gates", "backdrop"):
        first, second = (getattr(data, table).drop(columns="source", errors="ignore") for data in (plain, packed))
        assert first.to_json() == second.to_json()
    assert len(packed.streets) == 4


RING = [1, 2, 3, 4, 1]
CORNERS: Places = {1: grid(0, 0), 2: grid(4, 0), 3: grid(4, 4), 4: grid(0, 4)}


@pytest.mark.parametrize("more", [{}, {"place": "square"}], ids=str)
@pytest.mark.parametrize("is_relation", [False, True])
def test_the_outline_of_a_square_is_walked_once(is_relation: bool, more: Tags, tmp_path: Path) -> None:
    square = {"highway": "pedestrian", "area": "yes", **more}
    relation = {30: ([(10, "outer")], {"type": "multipolygon", **square})} if is_relation else {}
    data = read(tmp_path, osm_xml(CORNERS, {10: (RING, {} if is_relation else square)}, relations=relation))
    assert length(data.streets) == pytest.approx(16 * STEP, abs=1e-9)


@pytest.mark.parametrize(
    ("tags", "is_open"),
    [
        ({"barrier": "gate"}, True), ({"barrier": "bollard"}, True), ({"barrier": "gate", "locked": "yes"}, False),
        ({"barrier": "fence"}, False), ({"barrier": "gate", "foot": "no"}, False),
        ({"barrier": "gate", "access": "no", "foot": "yes"}, True), ({"barrier": "lift_gate", "access": "no"}, False),
    ],
    ids=str,
)  # fmt: skip
def test_a_barrier_on_a_street_stops_walkers_or_lets_them_pass(tags: Tags, is_open: bool, tmp_path: Path) -> None:
    places = {n: grid(n, 0) for n in (1, 2, 3)}
    streets = read(tmp_path, osm_xml(places, {10: ([1, 2, 3], {"highway": "footway"})}, nodes={2: tags})).streets
    assert length(streets) == pytest.approx(2 * STEP, abs=1e-9)
    if is_open:
        assert {1, 3} <= {*streets["from_node"], *streets["to_node"]} <= {1, 2, 3}
        assert len(streets) == 1 or set(streets["to_node"]) & set(streets["from_node"]) == {2}
    else:
        assert set(streets["to_node"]).isdisjoint(streets["from_node"])


@pytest.mark.parametrize("kind", ["wall", "fence", "hedge", "city_wall", "retaining_wall"])
def test_a_barrier_line_is_a_wall_that_is_not_the_planners(kind: str, tmp_path: Path) -> None:
    walls = read(tmp_path, one_way({"barrier": kind, "name": "墙"})).walls
    assert walls[["wall_id", "kind", "name", "is_planners"]].values.tolist() == [["osm/w10", kind, "墙", False]]
    assert length(walls) == pytest.approx(STEP, abs=1e-9)


def test_a_kerb_is_no_wall(tmp_path: Path) -> None:
    assert read(tmp_path, one_way({"barrier": "kerb"})).walls.empty


@pytest.mark.parametrize(
    ("tags", "access"),
    [
        ({"barrier": "gate"}, "unknown"), ({"barrier": "gate", "access": "yes"}, "public"),
        ({"barrier": "gate", "access": "private"}, "residents"), ({"barrier": "gate", "locked": "yes"}, "closed"),
        ({"barrier": "turnstile", "foot": "no"}, "closed"), ({"barrier": "entrance", "foot": "yes"}, "public"),
    ],
    ids=str,
)  # fmt: skip
def test_a_gate_says_who_passes(tags: Tags, access: str, tmp_path: Path) -> None:
    fence = {11: ([3, 4], {"barrier": "fence"})}
    gates = read(tmp_path, osm_xml({3: grid(0, 0), 4: grid(0, 1)}, fence, nodes={3: tags})).gates
    assert gates[["gate_id", "access"]].values.tolist() == [["osm/n3", access]]


def school(**more: Tags) -> str:
    """A school as a way whose north side a footway crosses, with a gate at its corner 3."""
    places = {**CORNERS, 5: grid(2, 3), 6: grid(2, 6), 7: grid(2, 2)}
    ways = {10: (RING, {"amenity": "kindergarten", "name": "金溪园"}), 11: ([5, 6], {"highway": "footway"})}
    return osm_xml(places, ways, nodes={3: {"barrier": "gate"}, **more})


def test_a_facility_is_read_from_a_node_a_way_and_a_relation(tmp_path: Path) -> None:
    tags = {"amenity": "pharmacy", "name": "药房"}
    node = read(tmp_path, osm_xml(CORNERS, {}, nodes={1: tags})).facilities
    way = read(tmp_path, osm_xml(CORNERS, {10: (RING, tags)})).facilities
    relation = {30: ([(10, "outer")], {"type": "multipolygon", **tags})}
    area = read(tmp_path, osm_xml(CORNERS, {10: (RING, {})}, relations=relation)).facilities
    for found, facility_id in ((node, "osm/n1"), (way, "osm/w10"), (area, "osm/r30")):
        assert found[["facility_id", "name", "category"]].values.tolist() == [[facility_id, "药房", "pharmacy"]]
        assert found["source"].tolist() == ["town.osm"]
        assert found["matched_by"].str.contains("amenity=pharmacy").all()
    middle = grid(2, 2)
    for found in (way, area):
        assert found.geometry.iloc[0].distance(node.geometry.iloc[0]) > 0
        assert np.abs(np.subtract(found.geometry.iloc[0].coords[0], middle)).max() < 2 * STEP


def test_an_area_is_entered_at_its_gates_and_where_paths_cross_its_outline(tmp_path: Path) -> None:
    data = read(tmp_path, school())
    doors = {(round(p.x, 6), round(p.y, 6)) for p in data.entrances.geometry}
    assert doors == {tuple(np.round(grid(4, 4), 6)), tuple(np.round(grid(2, 4), 6))}
    assert set(data.entrances["facility_id"]) == {"osm/w10"}


def test_a_point_inside_its_own_area_is_the_same_facility(tmp_path: Path) -> None:
    text = school().replace('<node id="7" version="1"', '<node id="7" version="2"')
    same = text.replace(f'lat="{grid(2, 2)[1]:.7f}">\n</node>', f'lat="{grid(2, 2)[1]:.7f}">\n%s</node>')
    tag = '<tag k="amenity" v="kindergarten"/>\n'
    assert read(tmp_path, same % tag).facilities["facility_id"].tolist() == ["osm/w10"]
    other = tag + '<tag k="name" v="另一所"/>\n'
    assert sorted(read(tmp_path, same % other).facilities["facility_id"]) == ["osm/n7", "osm/w10"]


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"natural": "water"}, "water"), ({"landuse": "reservoir"}, "water"), ({"leisure": "garden"}, "green"),
        ({"landuse": "grass"}, "green"), ({"natural": "wood"}, "wood"), ({"building": "yes"}, "building"),
        ({"amenity": "university"}, "campus"), ({"building": "no"}, None), ({"landuse": "residential"}, None),
    ],
    ids=str,
)  # fmt: skip
def test_the_backdrop_keeps_what_a_map_shows_beneath(tags: Tags, kind: str | None, tmp_path: Path) -> None:
    backdrop = read(tmp_path, osm_xml(CORNERS, {10: (RING, tags)})).backdrop
    assert backdrop["kind"].tolist() == ([kind] if kind else [])
    assert shapely.area(backdrop.geometry.to_numpy()).sum() == pytest.approx(16 * STEP**2 if kind else 0, rel=1e-6)


def test_rivers_and_rails_are_lines_of_the_backdrop_unless_they_run_in_tunnels(tmp_path: Path) -> None:
    for tags, kinds in (
        ({"waterway": "river"}, ["water"]), ({"railway": "rail"}, ["rail"]),
        ({"waterway": "stream", "tunnel": "culvert"}, []), ({"railway": "subway", "tunnel": "yes"}, []),
        ({"highway": "primary", "foot": "use_sidepath"}, ["road"]), ({"highway": "motorway", "bridge": "yes"}, []),
    ):  # fmt: skip
        assert read(tmp_path, one_way(tags)).backdrop["kind"].tolist() == kinds


def test_broken_references_cost_only_what_they_touch(tmp_path: Path) -> None:
    places = {1: grid(0, 0), 2: grid(1, 0), 3: grid(2, 0)}
    ways = {
        10: ([1, 2, 99, 3], {"highway": "footway"}), 11: ([98, 1], {"highway": "path"}), 12: ([], {"highway": "path"}),
        13: ([1, 97, 96, 1], {"building": "yes", "amenity": "pharmacy"}), 14: ([95, 94], {"barrier": "wall"}),
        15: ([3, 2], {"highway": "steps"}),
    }  # fmt: skip
    relation = {30: ([(10, "outer"), (77, "outer")], {"type": "multipolygon", "natural": "water"})}
    data = read(tmp_path, osm_xml(places, ways, relations=relation))
    assert way_numbers(data) == {10, 15}
    assert data.facts["ways_with_missing_nodes"] == 2
    assert data.facilities.empty and data.walls.empty and data.backdrop.empty
    assert data.facts["broken_areas"] >= 1


def test_the_header_says_who_made_the_file_and_kinds_we_do_not_know_are_counted(tmp_path: Path) -> None:
    nodes = {1: {"amenity": "fountain_of_youth"}, 2: {"amenity": "fountain_of_youth"}, 3: {"shop": "dragons"}}
    data = read(tmp_path, osm_xml(CORNERS, {10: ([1, 2], {"highway": "path"})}, nodes=nodes, generator="me & you"))
    assert data.generator == "me & you"
    assert data.facts["unmatched"] == {"amenity=fountain_of_youth": 2, "shop=dragons": 1}


@pytest.mark.parametrize("content", [b"", b"no xml", b"<osm><node id='x'/></osm>", b"<html></html>"], ids=repr)
def test_what_is_no_osm_file_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "town.osm").write_bytes(content)
    with pytest.raises(InputError, match=r"town\.osm.*Use \.osm\.pbf") as caught:
        read_osm(tmp_path / "town.osm", categories())
    assert caught.value.code == "osm_invalid"


def test_a_file_cut_short_is_refused_and_a_missing_one_is_named(tmp_path: Path) -> None:
    whole = gzip.compress(osm_xml(*crossing()).encode())
    (tmp_path / "town.osm.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"town\.osm\.gz"):
        read_osm(tmp_path / "town.osm.gz", categories())
    with pytest.raises(SourceError, match=r"none\.osm") as caught:
        read_osm(tmp_path / "none.osm", categories())
    assert caught.value.code == "file_missing"
