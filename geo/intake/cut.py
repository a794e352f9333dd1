"""A large PBF is cut to the study before it is read: memory then holds the study, however large the file is.

What lies within `BEYOND_M` of the planner's units (else of the homes) is kept, whole ways and whole areas. No walk is
looked for over more than 5 km, and an access leg is 150 m at most, so nothing that is left out could be reached.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import osmium
import osmium.osm.mutable
import shapely

from geo.intake.columns import Aliases
from geo.intake.layer import open_rows
from geo.intake.osm_streets import COORDINATE_UNIT, UNDEFINED
from geo.intake.pbf_blocks import DeclinedError
from geo.intake.pbf_parts import Box, nodes_inside, places_of, ways_with
from geo.intake.raw import FileRef
from geo.model.errors import LifeCircleError, Problem
from geo.model.study import FileReport

CUT_FROM_BYTES = 32 << 20
"""Smaller files are read whole."""

BEYOND_M = 6_000.0
_M_PER_DEGREE = 111_000.0
_AREAS = ("multipolygon", "boundary")
_ANY = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")


def box_around(refs: Sequence[tuple[str, FileRef]], aliases: Aliases) -> Box | None:
    """Return a box in degrees around the places of files, `BEYOND_M` wider; None where no file tells any.

    ``refs`` are files with the entry of ``aliases`` each is read by. A file that cannot be read tells nothing here;
    its faults are told when it is loaded.
    """
    bounds = []
    for table, ref in refs:
        try:
            rows = open_rows(ref, table, aliases, kinds=_ANY)
        except LifeCircleError:
            continue
        bounds.append(shapely.total_bounds(rows.shapes[~rows.rejected]))
    known = np.array([found for found in bounds if np.isfinite(found).all()])
    if not len(known):
        return None
    west, south = known[:, :2].min(axis=0).tolist()
    east, north = known[:, 2:].max(axis=0).tolist()
    high = BEYOND_M / _M_PER_DEGREE
    wide = high / max(math.cos(math.radians(max(abs(south), abs(north)))), 0.1)
    return west - wide, south - high, east + wide, north + high


@contextmanager
def cut_to(path: Path, around: Sequence[tuple[str, FileRef]], aliases: Aliases) -> Iterator[Path]:
    """Give a PBF cut to the surroundings of some files (see `box_around`).

    It is the file itself where it is small, where the files tell no place, or where we cannot cut it.
    """
    is_large = path.name.endswith(".pbf") and path.is_file() and path.stat().st_size >= CUT_FROM_BYTES
    box = box_around(around, aliases) if is_large else None
    if box is None:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "cut.osm.pbf"
        try:
            _cut(path, box, target)
        except DeclinedError:
            target = path
        yield target


def with_cut(report: FileReport) -> FileReport:
    """Return the report of an OpenStreetMap file that was cut, saying so."""
    message = f"the file is large: what lies farther than {BEYOND_M / 1000:g} km from the units or homes was left out."
    problem = Problem(report.file, message, code="osm_cut", severity="note")
    return replace(report, problems=(*report.problems, problem))


def _cut(path: Path, box: Box, target: Path) -> None:
    inside = nodes_inside(path, box)
    ways, _ = ways_with(path, inside, np.empty(0, np.int64))
    relations, members = _relations(path, set(ways.tolist()))
    ways, nodes = ways_with(path, inside, members)
    places = places_of(path, nodes)
    with osmium.io.Reader(str(path)) as reader:
        header = reader.header()
    with osmium.SimpleWriter(str(target), header=header) as out:
        tagged = set()
        for node in osmium.FileProcessor(str(path), osmium.osm.NODE).with_filter(osmium.filter.EmptyTagFilter()):
            if box[0] <= node.lon <= box[2] and box[1] <= node.lat <= box[3]:
                tagged.add(node.id)
                out.add_node(node)
        for number, (x, y) in zip(nodes.tolist(), places.tolist(), strict=True):
            if number not in tagged and x != UNDEFINED:
                place = (x * COORDINATE_UNIT, y * COORDINATE_UNIT)
                out.add_node(osmium.osm.mutable.Node(id=number, location=place))
        kept = set(ways.tolist())
        for way in osmium.FileProcessor(str(path), osmium.osm.WAY):
            if way.id in kept:
                out.add_way(way)
        for relation in osmium.FileProcessor(str(path), osmium.osm.RELATION):
            if relation.id in relations:
                out.add_relation(relation)


def _relations(path: Path, ways: set[int]) -> tuple[set[int], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return the areas that any of some ways bounds, and all ways that bound them, ascending."""
    found, members = set(), set()
    for relation in osmium.FileProcessor(str(path), osmium.osm.RELATION):
        if relation.tags.get("type") not in _AREAS:
            continue
        lines = [member.ref for member in relation.members if member.type == "w"]
        if not ways.isdisjoint(lines):
            found.add(relation.id)
            members.update(lines)
    return found, np.array(sorted(members), np.int64)
