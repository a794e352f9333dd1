"""Street graphs as OSMnx saves them (GraphML): each edge once as a line, whichever way the graph lets traffic run.

The file is XML from outside: parsed by expat in one pass, and refused where it declares a document type or an entity.
"""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

import numpy as np
import pandas as pd
import shapely

from geo.intake.raw import FileRef, RawTable, fault
from geo.model.crs import WGS84, parse_crs
from geo.model.errors import Problem, told

_AGAIN = "Save it again with osmnx.save_graphml, or as GeoPackage."
_LIST = re.compile(r"\[(.*)\]")
_READ_AT_ONCE = 1 << 20


class _Graph:
    """What a GraphML file holds, gathered while it is parsed: nodes, edges, and what the graph says of itself."""

    def __init__(self, ref: FileRef) -> None:
        self.ref = ref
        self.names: dict[str, str] = {}
        self.about: dict[str, str] = {}
        self.nodes: dict[str, dict[str, str]] = {}
        self.edges: list[dict[str, str]] = []
        self._into = self.about
        self._key = ""
        self._text: list[str] = []
        self._depth = 0

    def parse(self) -> None:
        """Read the file."""
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text.append
        parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = self._refuse
        with self.ref.path.open("rb") as file:
            while block := file.read(_READ_AT_ONCE):
                parser.Parse(block, False)
        parser.Parse(b"", True)

    def _refuse(self, *_: Any) -> None:
        raise fault(self.ref, "declares a document type or an entity.", _AGAIN, "external_reference")

    def _start(self, name: str, said: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and name != "graphml":
            raise fault(self.ref, "is not a GraphML file.", _AGAIN, "graphml_invalid")
        if name == "key":
            self.names[said.get("id", "")] = said.get("attr.name", "")
        elif name == "node":
            self._into = self.nodes.setdefault(said.get("id", ""), {})
        elif name == "edge":
            self._into = {"source": said.get("source", ""), "target": said.get("target", "")}
            self.edges.append(self._into)
        elif name == "data":
            self._key = self.names.get(said.get("key", ""), "")
            self._text.clear()

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name == "data" and self._key:
            self._into[self._key] = "".join(self._text).strip()
        elif name in ("node", "edge"):
            self._into = self.about
        self._text.clear()


def read_graphml(ref: FileRef) -> RawTable:
    """Return the edges of a street graph as lines, those that run both ways once.

    Raises
    ------
    InputError
        No GraphML, cut short, declaring entities, or nodes without ``x`` and ``y``.
    """
    graph = _Graph(ref)
    try:
        graph.parse()
        place = {node: (float(said["x"]), float(said["y"])) for node, said in graph.nodes.items()}
        shapes = np.array([_line(edge, place) for edge in graph.edges], dtype=object)
    except (expat.ExpatError, KeyError, ValueError, shapely.errors.GEOSException) as broken:
        if hasattr(broken, "problems"):
            raise
        message = told("is no street graph that can be read ({said}).", said=str(broken)[:80])
        raise fault(ref, message, _AGAIN, "graphml_invalid") from None
    kept = _once(graph.edges, shapes)
    folded = len(shapes) - len(kept)
    rows = [{k: _first(v) for k, v in graph.edges[n].items() if k != "geometry"} for n in kept]
    message = told("{edges:,} edges are the way back of another one: each street is taken once.", edges=folded)
    note = Problem(ref.name, message, "", "edges_folded", count=folded, severity="note")
    crs = graph.about.get("crs", "")
    crs = parse_crs(crs, source=ref.name) if crs else WGS84
    return RawTable(pd.DataFrame(rows, dtype=object), shapes[kept], crs, "utf-8", (), (note,) if folded else ())


def _line(edge: dict[str, str], place: dict[str, tuple[float, float]]) -> shapely.LineString:
    """Return the line of an edge: its own, else straight between its nodes."""
    if edge.get("geometry"):
        return shapely.from_wkt(edge["geometry"])
    return shapely.LineString([place[edge["source"]], place[edge["target"]]])


def _once(edges: list[dict[str, str]], shapes: Any) -> list[int]:
    """Return the numbers of edges of which none is another's way back: the same nodes and the same line."""
    lines = shapely.to_wkb(shapely.normalize(shapes))
    seen: dict[tuple[frozenset[str], bytes], int] = {}
    for number, (edge, line) in enumerate(zip(edges, lines, strict=True)):
        seen.setdefault((frozenset((edge["source"], edge["target"])), line), number)
    return list(seen.values())


def _first(text: str) -> str | None:
    """Return a value; of a list, which OSMnx writes where it joined ways, the first."""
    found = _LIST.fullmatch(text)
    if found is None:
        return text or None
    return found[1].split(",")[0].strip().strip("'\"") or None
