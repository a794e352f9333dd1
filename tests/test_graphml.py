"""A street graph saved by OSMnx is the same streets, each once; XML that declares more than a graph is refused."""

from __future__ import annotations

from pathlib import Path

import networkx
import osmnx
import pytest
import shapely
from test_mapping import ALIASES

from geo.intake.raw import FileRef
from geo.intake.street_layer import read_street_layer
from geo.intake.tabular import read_raw
from geo.model.errors import InputError

PLACES = {1: (104.06, 30.65), 2: (104.07, 30.65), 3: (104.07, 30.66), 4: (104.06, 30.66)}
BEND = shapely.LineString([PLACES[2], (104.075, 30.655), PLACES[3]])
TWO_WAY = [(1, 2, {"highway": "residential", "name": "南街"}), (2, 3, {"highway": ["path", "steps"], "geometry": BEND})]


def graph(path: Path) -> Path:
    """Streets 1-2 and 2-3 both ways, 3-4 one way, a loop at 1, and a second, straight street from 2 to 3."""
    made = networkx.MultiDiGraph(crs="epsg:4326")
    for node, (lon, lat) in PLACES.items():
        made.add_node(node, x=lon, y=lat, street_count=2)
    for u, v, said in TWO_WAY:
        back = {**said, "geometry": said["geometry"].reverse()} if "geometry" in said else said
        made.add_edge(u, v, osmid=9, oneway=False, reversed=False, length=1.0, **said)
        made.add_edge(v, u, osmid=9, oneway=False, reversed=True, length=1.0, **back)
    loop = shapely.LineString([PLACES[1], (104.05, 30.64), (104.05, 30.65), PLACES[1]])
    made.add_edge(3, 4, osmid=8, oneway=True, length=1.0, highway="motorway_link")
    made.add_edge(4, 1, osmid=[7, 6], oneway=True, length=1.0, highway="tertiary", name="西街", bridge="yes")
    made.add_edge(1, 1, osmid=5, oneway=False, length=1.0, highway="path", geometry=loop)
    made.add_edge(2, 3, osmid=4, oneway=True, length=1.0, highway="footway")
    osmnx.save_graphml(made, path)
    return path


def test_every_street_of_a_graph_is_taken_once(tmp_path: Path) -> None:
    table, report = read_street_layer(FileRef(graph(tmp_path / "s.graphml")), ALIASES)
    notes = {problem.code: problem.count for problem in report.problems}
    assert (report.read, notes["edges_folded"], notes["streets_not_walked"]) == (6, 2, 1)
    assert table[["kind", "name"]].values.tolist() == [
        ["residential", "南街"], ["path", None], ["path", None], ["footway", None], ["tertiary", "西街"]
    ]  # fmt: skip
    assert shapely.equals_exact(table.geometry.iloc[2], BEND, 1e-7)
    straight = shapely.LineString([PLACES[2], PLACES[3]])
    assert shapely.equals_exact(table.geometry.iloc[3].normalize(), straight.normalize(), 1e-7)
    assert report.facts["islands"] == 1


def test_a_projected_graph_says_its_system(tmp_path: Path) -> None:
    loaded = osmnx.load_graphml(graph(tmp_path / "s.graphml"))
    osmnx.save_graphml(osmnx.project_graph(loaded, to_crs="EPSG:4544"), tmp_path / "p.graphml")
    raw = read_raw(FileRef(tmp_path / "p.graphml"))
    assert raw.crs == "EPSG:4544" and raw.shapes is not None and len(raw.shapes) == 6
    table, _ = read_street_layer(FileRef(tmp_path / "p.graphml"), ALIASES)
    whole, _ = read_street_layer(FileRef(tmp_path / "s.graphml"), ALIASES)
    assert (shapely.hausdorff_distance(table.geometry.to_numpy(), whole.geometry.to_numpy()) < 1e-6).all()


HEAD = "<graphml><key id='x' attr.name='x'/><key id='y' attr.name='y'/>"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<!DOCTYPE g [<!ENTITY a 'aaaa'>]><graphml>&a;</graphml>", "external_reference"),
        ("<!DOCTYPE g SYSTEM 'elsewhere.dtd'><graphml/>", "external_reference"),
        ("<kml></kml>", "graphml_invalid"), ("", "graphml_invalid"), ("<graphml><graph>", "graphml_invalid"),
        (HEAD + "<node id='1'/><edge source='1' target='1'/></graphml>", "graphml_invalid"),
        (HEAD + "<edge source='1' target='2'/></graphml>", "graphml_invalid"),
        (HEAD + "<node id='1'><data key='x'>east</data><data key='y'>1</data></node></graphml>", "graphml_invalid"),
        (HEAD + "</graphml>", "layer_empty"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_is_no_street_graph_is_refused(text: str, code: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "s.graphml").write_text(text, encoding=encoding)
    with pytest.raises(InputError) as caught:
        read_raw(FileRef(tmp_path / "s.graphml"))
    assert caught.value.problems[0].code == code
