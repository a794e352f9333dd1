"""One of the planner's files becomes rows of ours: columns recognised, places in EPSG:4326, each fault told once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.intake.columns import PLACE, Aliases, ColumnMapping, Headings, recognise
from geo.intake.excel import SPREADSHEETS, filled_sheets
from geo.intake.placing import are_swapped, need_metric, outside_china, refuse_misread
from geo.intake.raw import FileRef, RawTable, choose_layer, need_crs
from geo.intake.rows import LINES, POLYGONS, Rows
from geo.intake.sheet import plain_degrees, shapes_of
from geo.intake.tabular import read_raw
from geo.model.crs import SHIFTED, WGS84, shifted_to_wgs84
from geo.model.errors import InputError, Problem, told

FEWEST_ROUNDED, M_PER_DEGREE = 20, 111_000.0
"""Fewer places may stand on round numbers by chance (ours)."""

_COLLECTIONS = 4
"""The first type id of shapes that hold several others."""


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
    ref, raw = read_for(ref, table, aliases)
    rows = _rows(ref, raw, table, aliases)
    if raw.shapes is None:
        _place_from_columns(rows, raw, aliases.tables[PLACE], aliases.mapping(ref, table))
    else:
        _place_from_shapes(rows, raw)
    _check_kinds(rows, kinds)
    return rows


def open_table(ref: FileRef, table: str, aliases: Aliases) -> Rows:
    """Read a file whose rows have no place of their own; raises as `open_rows` does."""
    return _rows(*read_for(ref, table, aliases), table, aliases)


def read_for(ref: FileRef, table: str, aliases: Aliases) -> tuple[FileRef, RawTable]:
    """Return a file as its mapping says it, and its rows; of several sheets the one whose columns tell most is read.

    Raises
    ------
    InputError, CrsError, SourceError
        The file cannot be read, or of several sheets none tells more than the others.
    """
    ref = aliases.mapping(ref, table).applied(ref)
    sheets = filled_sheets(ref) if _has_sheets(ref) else []
    if len(sheets) < 2:
        return ref, read_raw(ref)
    found: dict[str, RawTable] = {}
    known: dict[str, list[str]] = {}
    faults = []
    for sheet in sheets:
        try:
            found[sheet] = read_raw(replace(ref, layer=sheet))
            known[sheet] = sorted(_known(found[sheet], ref, table, aliases))
        except InputError as fault:
            faults.append(fault)
    if not known:
        raise faults[0]
    ranked = sorted(known, key=lambda sheet: len(known[sheet]), reverse=True)
    counts = [*(len(known[sheet]) for sheet in ranked), 0, 0]
    if counts[0] < 2 or counts[0] == counts[1]:
        choose_layer(ref, sheets)
    sheet = ranked[0]
    message = told("holds {sheets} sheets; '{sheet}' was read, for its columns {columns}.", sheets=len(sheets),
                   sheet=sheet, columns=", ".join(known[sheet]))  # fmt: skip
    note = Problem(ref.name, message, f"Another is read as {ref.name}#SHEET.", "sheet_chosen", severity="note")
    return replace(ref, layer=sheet), replace(found[sheet], notes=(note, *found[sheet].notes))


def _has_sheets(ref: FileRef) -> bool:
    return ref.layer is None and ref.address is None and ref.path.suffix.lower() in SPREADSHEETS


def _known(raw: RawTable, ref: FileRef, table: str, aliases: Aliases) -> dict[str, str]:
    headings = [str(name) for name in raw.columns.columns]
    return recognise(headings, {**aliases.tables[table], **aliases.tables[PLACE]}, aliases.mapping(ref, table), ref)


def _rows(ref: FileRef, raw: RawTable, table: str, aliases: Aliases) -> Rows:
    """Return rows under our column names; a column of theirs of the same name that is not used is left out."""
    mapping = aliases.mapping(ref, table)
    used = recognise(list(raw.columns.columns), aliases.tables[table], mapping, ref)
    columns = raw.columns.drop(columns=[name for name in used if name in raw.columns])
    columns = columns.assign(**{name: raw.columns[heading] for name, heading in used.items()})
    if mapping.category is not None:
        columns = columns.assign(category=mapping.category)
        used = {name: heading for name, heading in used.items() if name not in ("typecode", "type")}
        used["category"] = f"= {mapping.category}"
    nothing = np.zeros(len(columns), bool)
    shapes = np.full(len(columns), None, object)
    rows = Rows(ref, columns, shapes, used, raw.encoding, rejected=nothing.copy(), repaired=nothing)
    rows.headings, rows.sha256 = tuple(map(str, raw.columns.columns)), raw.sha256
    rows.problems += raw.notes
    rows.tell_damaged_names()
    return rows


def _place_from_columns(rows: Rows, raw: RawTable, headings: Headings, mapping: ColumnMapping) -> None:
    rest = [c for c in raw.columns.columns if c not in rows.used.values()]
    used = recognise(rest, headings, mapping, rows.ref)
    shapes = None
    if {"lon", "lat"} <= set(used):
        used = {name: used[name] for name in ("lon", "lat")}
    elif "point" in used:
        used = {"point": used["point"]}
        shapes = shapes_of(raw.columns[used["point"]].tolist())
    if "lon" not in used and (shapes is None or shapely.is_missing(shapes).all()):
        raise rows.lacks("the place", "Name them lon and lat (or 经度 and 纬度), or one column 坐标.")
    rows.used = {**rows.used, **used}
    rows.columns = rows.columns.assign(**{name: raw.columns[heading] for name, heading in used.items()})
    if shapes is None:
        shapes = _points(rows)
    blank = shapely.is_missing(shapes) & ~rows.rejected
    remedy = told("Fill in {needed}, or remove the row.", needed=", ".join(used))
    rows.fault(blank, "no_geometry", "the place is missing, or cannot be read.", remedy=remedy)
    crs = raw.crs
    if crs is None:
        x, y = shapely.get_coordinates(shapes).T
        inside = (np.abs(x) <= 180) & (np.abs(y) <= 180)
        crs = WGS84 if inside.any() or not len(x) else need_metric(rows.ref, x, y)
    _to_wgs84(rows, shapes, crs)


def _points(rows: Rows) -> NDArray[np.object_]:
    """Return the points of the columns lon and lat, None where either is blank or no number."""
    for name in ("lon", "lat"):
        rows.columns[name] = [plain_degrees(value) for value in rows.columns[name]]
    lon = rows.number("lon", remedy="Give degrees with a decimal point, such as 104.0657.")
    lat = rows.number("lat", remedy="Give degrees with a decimal point, such as 30.6570.")
    is_there = np.isfinite(lon) & np.isfinite(lat)
    points = np.full(len(lon), None, dtype=object)
    points[is_there] = shapely.points(lon[is_there], lat[is_there])
    _tell_coarse(rows, np.column_stack([lon, lat])[is_there])
    return points


def _tell_coarse(rows: Rows, places: NDArray[np.float64]) -> None:
    """Tell a list whose degrees were all rounded so far that walks cannot be judged by them."""
    if len(places) < FEWEST_ROUNDED or np.abs(places).max() > 180:
        return
    for decimals in range(4):
        if np.allclose(places, places.round(decimals), rtol=0, atol=1e-9):
            step_m = M_PER_DEGREE / 10**decimals
            message = told("the places are rounded to {decimals} decimals, about {step_m:,.0f} m.", decimals=decimals,
                           step_m=step_m)  # fmt: skip
            rows.note("place_coarse", message, "Ask for five decimals; nearer than that no walk can be judged.")
            return


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
    """Turn shapes from ``crs`` to EPSG:4326, rejecting rows that are not where the CRS says.

    A collection of one shape, as some formats make of every shape, becomes that shape.
    """
    shapes = shapes.copy()
    lone = (shapely.get_type_id(shapes) >= _COLLECTIONS) & (shapely.get_num_geometries(shapes) == 1)
    shapes[lone] = shapely.get_geometry(shapes[lone], 0)
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
        outside, "coordinate_out_of_range", told("the place is not on the globe in {crs}.", crs=crs),
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
    if set(POLYGONS) & set(kinds):
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
        wrong, "geometry_kind",
        told("expected one of {kinds}, found {found_kinds}.", kinds=", ".join(kinds),
             found_kinds=", ".join(sorted({str(kind) for kind in types[wrong & ~rows.rejected]}))),
        remedy=_into_areas(kinds, types[wrong]),
    )  # fmt: skip


def _into_areas(kinds: Sequence[str], found: NDArray[np.object_]) -> str:
    """Return what to do about shapes of another kind: closed lines can be made areas."""
    if set(POLYGONS) <= set(kinds) and set(found) & set(LINES):
        return told("Turn the closed lines into polygons in your GIS, or export the layer of areas.", into_areas=True)
    return "Export the right layer."


def _only_polygons(shape: Any) -> Any:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in POLYGONS]
    return shapely.union_all(parts) if parts else shapely.Polygon()
