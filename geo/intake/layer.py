"""One of the planner's files becomes one of our tables: columns recognised, places in EPSG:4326, every fault told once.

Rows are read, and each is then ok, repaired or rejected; the three add up to the rows read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.intake.placing import are_swapped, need_metric, outside_china, refuse_misread
from geo.intake.raw import FileRef, RawTable, need_crs
from geo.intake.sheet import plain_degrees, plain_number
from geo.intake.tabular import read_raw
from geo.model.crs import SHIFTED, WGS84, shifted_to_wgs84
from geo.model.errors import InputError, Problem
from geo.model.study import FileReport
from geo.model.yaml_strict import LINE_KEY, read_yaml

Aliases = dict[str, dict[str, list[str]]]

MOST_ROWS_TOLD = 20
_NOISE = re.compile(r"[\s_\-()（）\[\]【】]")
_DBF_BYTES = 10


def read_aliases(path: Path) -> Aliases:
    """Return the headings by which columns are recognised, table by table (``data/columns.yaml``)."""
    document = read_yaml(path)
    return {
        table: {name: [str(heading) for heading in headings] for name, headings in entry.items() if name != LINE_KEY}
        for table, entry in document.items()
        if table != LINE_KEY
    }


@dataclass
class Rows:
    """A file on its way to a table: canonical columns, places, and what was found wrong so far."""

    ref: FileRef
    columns: pd.DataFrame
    shapes: NDArray[np.object_]
    used: dict[str, str]
    encoding: str
    problems: list[Problem] = field(default_factory=list)
    crs: str = WGS84
    rejected: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))
    repaired: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))

    def fault(
        self, rows: NDArray[np.bool_], code: str, message: str, *, remedy: str, column: str | None = None,
        severity: str = "error",
    ) -> None:  # fmt: skip
        """Tell one fault of some rows; an error rejects them, "repaired" marks them mended."""
        at = np.flatnonzero(rows & ~self.rejected)
        if not len(at):
            return
        if severity == "error":
            self.rejected[at] = True
        elif severity == "repaired":
            self.repaired[at] = True
        told = tuple(int(row) + 1 for row in at[:MOST_ROWS_TOLD])
        self.problems.append(
            Problem(self.ref.name, message, remedy, code, column, told, len(at), severity)  # type: ignore[arg-type]
        )

    def note(self, code: str, message: str, remedy: str = "") -> None:
        """Tell something about the file as a whole that cost no row."""
        self.problems.append(Problem(self.ref.name, message, remedy, code, severity="note"))

    def text(self, name: str) -> NDArray[np.object_]:
        """Return a column as text, None where empty or absent."""
        if name not in self.columns:
            return np.full(len(self.columns), None, dtype=object)
        return np.array([_as_text(value) for value in self.columns[name]], dtype=object)

    def number(self, name: str, *, remedy: str) -> NDArray[np.float64]:
        """Return a column as finite numbers; rows that hold something else are rejected, and ``nan`` as empty cells."""
        texts = self.text(name)
        values = pd.to_numeric(pd.Series([plain_number(t) if t else None for t in texts]), errors="coerce")
        found: NDArray[np.float64] = values.to_numpy(dtype=float)
        wrong = np.array([t is not None for t in texts]) & ~np.isfinite(found)
        self.fault(wrong, "number_invalid", "the cell is not a number.", remedy=remedy, column=name)
        return np.where(wrong, np.nan, found)

    def finish(self, role: str, table: Any, **facts: Any) -> tuple[Any, FileReport]:
        """Return the rows that were kept, and the report of the file."""
        read, rejected = len(self.columns), int(self.rejected.sum())
        repaired = int((self.repaired & ~self.rejected).sum())
        report = FileReport(
            role=role,
            file=self.ref.name,
            read=read,
            ok=read - rejected - repaired,
            repaired=repaired,
            rejected=rejected,
            problems=tuple(self.problems),
            facts={"encoding": self.encoding, "crs": self.crs, "columns": self.used, **facts},
        )
        return table[~self.rejected].reset_index(drop=True), report


def open_rows(ref: FileRef, table: str, aliases: Aliases, *, kinds: Sequence[str]) -> Rows:
    """Read a file and place its rows in EPSG:4326.

    Parameters
    ----------
    table
        The entry of ``aliases`` for this kind of file.
    kinds
        Geometry types that a row may have; others are rejected.

    Raises
    ------
    InputError, CrsError, SourceError
        The file as a whole cannot be used.
    """
    raw = read_raw(ref)
    rows = _rows(ref, raw, aliases[table])
    rows.problems += raw.notes
    if raw.shapes is None:
        _place_from_columns(rows, raw, aliases["place"])
    else:
        _place_from_shapes(rows, raw)
    _check_kinds(rows, kinds)
    return rows


def open_table(ref: FileRef, table: str, aliases: Aliases) -> Rows:
    """Read a file whose rows have no place of their own; raises as `open_rows` does."""
    return _rows(ref, read_raw(ref), aliases[table])


def _rows(ref: FileRef, raw: RawTable, aliases: dict[str, list[str]]) -> Rows:
    used = recognise(list(raw.columns.columns), aliases)
    columns = raw.columns.rename(columns={heading: name for name, heading in used.items()})
    nothing = np.zeros(len(columns), bool)
    shapes = np.full(len(columns), None, object)
    return Rows(ref, columns, shapes, used, raw.encoding, rejected=nothing.copy(), repaired=nothing)


def recognise(headings: list[str], aliases: dict[str, list[str]]) -> dict[str, str]:
    """Return canonical name -> heading of the file, each heading used once, in the order of the aliases."""
    plain = {_plain(heading): heading for heading in reversed(headings)}
    used: dict[str, str] = {}
    for name, candidates in aliases.items():
        for candidate in candidates:
            heading = plain.get(_plain(candidate)) or _cut_heading(candidate, headings)
            if heading is not None and heading not in used.values():
                used[name] = heading
                break
    return used


def _plain(heading: str) -> str:
    return _NOISE.sub("", str(heading)).casefold()


def _cut_heading(candidate: str, headings: list[str]) -> str | None:
    """Return a heading that is the candidate cut to the ten bytes of a .dbf field name."""
    for heading in headings:
        sizes = (len(str(heading).encode("utf-8")), len(str(heading).encode("gb18030", "replace")))
        if max(sizes) >= _DBF_BYTES - 1 and len(_plain(heading)) >= 3 and _plain(candidate).startswith(_plain(heading)):
            return heading
    return None


def _place_from_columns(rows: Rows, raw: RawTable, aliases: dict[str, list[str]]) -> None:
    used = recognise([c for c in raw.columns.columns if c not in rows.used.values()], aliases)
    if set(used) != {"lon", "lat"}:
        found = ", ".join(str(c) for c in list(raw.columns.columns)[:12])
        raise InputError(
            Problem(
                rows.ref.name,
                f"has no columns for the place; found: {found}.",
                "Name them lon and lat (or 经度 and 纬度).",
                code="columns_missing",
            )
        )
    rows.used = {**rows.used, **used}
    rows.columns = rows.columns.rename(columns={heading: name for name, heading in used.items()})
    for name in ("lon", "lat"):
        rows.columns[name] = [plain_degrees(value) for value in rows.columns[name]]
    lon = rows.number("lon", remedy="Give degrees with a decimal point, such as 104.0657.")
    lat = rows.number("lat", remedy="Give degrees with a decimal point, such as 30.6570.")
    blank = ~np.isfinite(lon) | ~np.isfinite(lat)
    rows.fault(blank, "no_geometry", "the place is missing.", remedy="Fill in lon and lat, or remove the row.")
    crs = raw.crs
    if crs is None:
        inside = (np.abs(lon) <= 180) & (np.abs(lat) <= 180)
        crs = WGS84 if inside[~blank].any() or not (~blank).any() else need_metric(rows.ref, lon[~blank], lat[~blank])
    points = np.full(len(lon), None, dtype=object)
    points[~blank] = shapely.points(lon[~blank], lat[~blank])
    _to_wgs84(rows, points, crs)


def _place_from_shapes(rows: Rows, raw: RawTable) -> None:
    for code in dict.fromkeys(code for _, code, _ in raw.faults):
        mine = [(row, message) for row, found, message in raw.faults if found == code]
        at = np.zeros(len(rows.columns), bool)
        at[[row - 1 for row, _ in mine]] = True
        rows.fault(at, code, f"{mine[0][1]}.", remedy="Mend the feature or remove it.")
    shapes = raw.shapes if raw.shapes is not None else rows.shapes
    flat = shapely.force_2d(shapes)
    rows.fault(
        shapely.has_z(shapes) & ~rows.rejected, "z_dropped", "the third dimension was left out.", remedy="",
        severity="note",
    )  # fmt: skip
    _to_wgs84(rows, flat, need_crs(rows.ref, raw.crs))


def _to_wgs84(rows: Rows, shapes: NDArray[np.object_], crs: str) -> None:
    """Turn shapes from ``crs`` to EPSG:4326, rejecting rows that are not where the CRS says."""
    usable = ~shapely.is_missing(shapes) & ~rows.rejected
    rows.crs = crs
    _check_numbers(rows, shapes, usable)
    moved = in_wgs84(shapes, crs)
    west, south, east, north = shapely.bounds(moved).T
    with np.errstate(invalid="ignore"):
        outside = usable & ~((west >= -180) & (east <= 180) & (south >= -90) & (north <= 90))
        swapped = outside & (west >= -90) & (east <= 90) & (south >= -180) & (north <= 180)
    rows.fault(swapped, "coordinate_swapped", "longitude and latitude look swapped.", remedy="Swap the two columns.")
    rows.fault(
        outside, "coordinate_out_of_range", f"the place is not on the globe in {crs}.",
        remedy="Correct it, or declare the coordinate system: FILE@EPSG:4544.",
    )  # fmt: skip
    abroad = outside_china((west + east) / 2, (south + north) / 2, usable & ~rows.rejected)
    rows.fault(
        abroad, "outside_china", "the place is outside China, where most of the others are inside.",
        remedy="Correct it or remove the row.",
    )  # fmt: skip
    rows.shapes = moved


def _check_numbers(rows: Rows, shapes: NDArray[np.object_], usable: NDArray[np.bool_]) -> None:
    """Reject rows whose axes are swapped; raise `CrsError` where the numbers cannot be of the CRS at all."""
    first, _, _, top = shapely.bounds(shapes).T
    refuse_misread(rows.ref, first[usable], top[usable], rows.crs)
    swapped = np.zeros(len(shapes), bool)
    swapped[usable] = are_swapped(first[usable], top[usable], rows.crs)
    rows.fault(
        swapped, "coordinate_swapped", "easting and northing look swapped.",
        remedy="Put the easting first: swap the two columns.",
    )  # fmt: skip


def in_wgs84(shapes: NDArray[np.object_], crs: str) -> NDArray[np.object_]:
    """Return shapes of ``crs`` in EPSG:4326; GCJ-02 and BD-09 are turned back by our own formulas."""
    if crs in SHIFTED:
        moved = shapely.transform(shapes, lambda xy: np.column_stack(shifted_to_wgs84(crs, xy[:, 0], xy[:, 1])))
    else:
        moved = shapes if crs == WGS84 else gpd.GeoSeries(shapes, crs=crs).to_crs(WGS84).to_numpy()
    return np.asarray(moved, dtype=object)


def _check_kinds(rows: Rows, kinds: Sequence[str]) -> None:
    polygons = {"Polygon", "MultiPolygon"}
    if polygons & set(kinds):
        invalid = ~shapely.is_missing(rows.shapes) & ~shapely.is_valid(rows.shapes) & ~rows.rejected
        if invalid.any():
            rows.shapes[invalid] = [_only_polygons(shape) for shape in shapely.make_valid(rows.shapes[invalid])]
            rows.fault(
                invalid, "geometry_repaired", "the outline crossed itself and was mended.",
                remedy="Check it on the map.", severity="repaired",
            )  # fmt: skip
    types = np.array([None if s is None else s.geom_type for s in rows.shapes], dtype=object)
    empty = np.array([s is None or s.is_empty for s in rows.shapes])
    rows.fault(empty, "geometry_empty", "there is no geometry.", remedy="Draw it or remove the row.")
    wrong = np.array([kind not in kinds for kind in types])
    rows.fault(
        wrong, "geometry_kind", f"expected {' or '.join(kinds)}, found something else.",
        remedy="Export the right layer.",
    )  # fmt: skip


def _only_polygons(shape: Any) -> Any:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def _as_text(value: Any) -> str | None:
    if value is None or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return text or None
