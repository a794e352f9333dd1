"""Every layer there is: what a row means, its columns, and how it is made from an assessment.

A layer is an assessment's table ready to show, in EPSG:4326. Per-category figures of a unit are those of the strictest
rule for the category: a must before an as-needed, then the shortest distance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.judge.coverage import strictest_rules
from geo.judge.drawings import draw_areas
from geo.model import tables
from geo.model.assessment import Assessment
from geo.model.crs import WGS84
from geo.model.errors import NotFoundError
from geo.model.study import Study
from geo.model.tables import AGE_GROUPS, Column, Table
from geo.walk.build import build_network
from geo.walk.network import Network
from layers.lacking import CAPACITY, GAPS, make_capacity, make_gaps
from layers.verdicts import COUNTS, PEOPLE, VERDICTS, make_verdicts

Maker = Callable[[Study, Assessment], gpd.GeoDataFrame]
Drawer = Callable[[Study, Network, Assessment], gpd.GeoDataFrame]


@dataclass(frozen=True)
class LayerSpec:
    """A layer: its declared table, the column that names a row for good, and the function that makes or draws it."""

    table: Table
    id_column: str
    make: Maker | None = None
    draw: Drawer | None = None


def make_layer(
    study: Study, assessment: Assessment, layer_id: str, *, network: Network | None = None
) -> gpd.GeoDataFrame:
    """Return a layer in EPSG:4326, one row a feature, sorted as in the study.

    Parameters
    ----------
    network
        That of the study, which drawings need; built where it is not at hand.

    Raises
    ------
    NotFoundError
        There is no such layer; the message lists those there are.
    """
    spec = layer_spec(layer_id)
    if spec.make is not None:
        return spec.make(study, assessment).to_crs(WGS84)
    if spec.draw is None:
        raise NotFoundError(f"layer '{layer_id}' is declared, but nothing makes it.")
    return spec.draw(study, network or build_network(study), assessment).to_crs(WGS84)


def layer_spec(layer_id: str) -> LayerSpec:
    """Return the declaration of a layer, or raise `NotFoundError` listing those there are."""
    if layer_id not in LAYERS:
        raise NotFoundError(f"no layer '{layer_id}'. There are: {', '.join(LAYERS)}.")
    return LAYERS[layer_id]


def _units(study: Study, assessment: Assessment) -> gpd.GeoDataFrame:
    frame = study.units[["unit_id", "name", "name_en", "level", "parent_id", "geometry"]].copy()
    frame["people"] = assessment.units["people"].to_numpy()
    for name in ("complete_ratio", "services_missing", "completeness"):
        frame[name] = assessment.units[name].to_numpy()
    by_rule = {str(rule_id): group.reset_index(drop=True) for rule_id, group in assessment.verdicts.groupby("rule_id")}
    columns = {}
    for category, rule in sorted(strictest_rules(assessment.standard).items()):
        mine = by_rule.get(rule.rule_id)
        for name in ("covered", "uncovered", "unknown", "ratio"):
            columns[f"{category}_{name}"] = mine[name].to_numpy() if mine is not None else np.empty(0)
    return _with(frame, columns)


def _demand(study: Study, assessment: Assessment) -> gpd.GeoDataFrame:
    frame = study.demand[["demand_id", "name", "people", *_ages(study), "people_source", "source", "geometry"]].copy()
    frame.insert(1, "unit_id", _ids(study.units["unit_id"], assessment.demand_unit))
    frame["access_m"] = np.round(assessment.demand_access_m, 1)
    missing = np.asarray(assessment.demand_missing, dtype=float)
    frame["services_missing"] = np.where(missing >= 0, missing, np.nan)
    frame["completeness"] = np.round(assessment.demand_completeness, 3)
    facility_id = study.facilities["facility_id"]
    columns: dict[str, NDArray[np.generic]] = {}
    for column, category in enumerate(assessment.categories):
        columns[f"walk_m_{category}"] = _metres(assessment.demand_walk_m[:, column])
        columns[f"nearest_id_{category}"] = _ids(facility_id, assessment.demand_nearest[:, column])
    return _with(frame, columns)


def _facilities(study: Study, assessment: Assessment) -> gpd.GeoDataFrame:
    names = [*tables.FACILITIES.column_names(), "geometry"]
    frame = study.facilities[names].copy()
    count = study.entrances["facility_id"].value_counts()
    frame["entrances"] = frame["facility_id"].map(count).fillna(0).astype(int)
    frame["access_m"] = np.round(assessment.facility_access_m, 1)
    frame["people_in_reach"] = assessment.facility_people
    return frame


def _not_open(study: Study, _assessment: Assessment) -> gpd.GeoDataFrame:
    return study.not_open[[*tables.NOT_OPEN.column_names(), "geometry"]].copy()


def _service_areas(study: Study, network: Network, assessment: Assessment) -> gpd.GeoDataFrame:
    return _with_id(draw_areas(study, network, assessment)[0], "area_id", "category")


def _catchments(study: Study, network: Network, assessment: Assessment) -> gpd.GeoDataFrame:
    return _with_id(draw_areas(study, network, assessment)[1], "catchment_id", "facility_id")


def _with_id(drawing: gpd.GeoDataFrame, id_column: str, whose: str) -> gpd.GeoDataFrame:
    """Return a drawing with an id of whose it is and the threshold."""
    frame = drawing.copy()
    names = zip(frame[whose], frame["threshold"], frame["threshold_unit"], strict=True)
    frame.insert(0, id_column, [f"{name}-{threshold:g}{unit}" for name, threshold, unit in names])
    return frame


def _streets(study: Study, assessment: Assessment) -> gpd.GeoDataFrame:
    frame = study.streets[[*_STREET_COLUMNS, "geometry"]].copy()
    frame["length_m"] = frame["length_m"].round(2)
    columns: dict[str, NDArray[np.generic]] = {}
    order = np.argsort(assessment.node_id)
    for end in ("from", "to"):
        node = order[np.searchsorted(assessment.node_id, frame[f"{end}_node"], sorter=order)]
        walk = np.asarray(assessment.node_walk_m)[node]
        for column, category in enumerate(assessment.categories):
            columns[f"walk_m_{category}_{end}"] = _metres(walk[:, column])
    return _with(frame, dict(sorted(columns.items())))


def _with(frame: gpd.GeoDataFrame, columns: dict[str, NDArray[np.generic]]) -> gpd.GeoDataFrame:
    """Return the frame with more columns before its geometry."""
    more = pd.DataFrame(columns, index=frame.index)
    joined = pd.concat([frame.drop(columns="geometry"), more, frame[["geometry"]]], axis=1)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=frame.crs)


def _ages(study: Study) -> list[str]:
    return [group for group in AGE_GROUPS if group in study.demand]


def _metres(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return metres to a tenth, null where unreached."""
    return np.where(np.isfinite(values), np.round(values.astype(float), 1), np.nan)


def _ids(ids: pd.Series, rows: NDArray[np.int32]) -> NDArray[np.object_]:
    known = np.array([*ids, None], dtype=object)
    return np.asarray(known[rows])


_STREET_COLUMNS = (
    "edge_id", "from_node", "to_node", "length_m", "kind", "name", "is_steps", "wheelchair", "crossing_from",
    "crossing_to",
)  # fmt: skip

_METRES_TO = Column(
    "walk_m_{category}", "number", "metres of walking to the nearest", "到最近设施的步行距离（米）", True
)
_COMPLETENESS = (
    Column(
        "services_missing", "number", "required services lacking, averaged over people", "平均缺少的必配服务数", True
    ),
    Column("completeness", "number", "weight of the services there / weight of those judged", "服务完整度", True),
)

UNITS = Table("units", "a unit", "一个行政单元", ("Polygon", "MultiPolygon"), (
    *tables.UNITS.columns, PEOPLE,
    Column("complete_ratio", "number", "share of people with every required service", "全部达标人口比例", True),
    *_COMPLETENESS,
    *(Column(f"{{category}}_{c.name}", c.kind, f"{c.en}, strictest rule", f"{c.zh}（最严）", c.is_nullable)
      for c in COUNTS),
))  # fmt: skip

DEMAND = Table("demand", "a place with people", "一处居住点", ("Point",), (
    Column("demand_id", "text", "id", "居住点编号"),
    Column("unit_id", "text", "smallest unit it lies in", "所在单元", True),
    *tables.DEMAND.columns[1:],
    Column("access_m", "number", "metres to the street it joins", "到路网距离（米）", True),
    *_COMPLETENESS,
    _METRES_TO,
    Column("nearest_id_{category}", "text", "the nearest facility", "最近设施编号", True),
))  # fmt: skip

FACILITIES = Table("facilities", "a facility", "一处设施", ("Point",), (
    *tables.FACILITIES.columns,
    Column("entrances", "integer", "number of entrances", "出入口数"),
    Column("access_m", "number", "metres to the street; null where it joins none", "到路网距离（米）", True),
    Column("people_in_reach", "number", "people within the widest rule for its category", "服务范围内人口", True),
))  # fmt: skip

_THRESHOLD = (
    Column("threshold", "number", "walking distance or time", "限值"),
    Column("threshold_unit", "text", "m or min", "限值单位"),
)
_DRAWN = (
    Column("method", "text", "how the drawing was made", "绘制方法"),
    Column("min_hole_m2", "number", "holes below this size are filled", "保留孔洞的最小面积"),
)

SERVICE_AREAS = Table("service_areas", "a category and a threshold", "类别 × 限值", ("Polygon", "MultiPolygon"), (
    Column("area_id", "text", "id", "编号"),
    Column("category", "text", "category", "类别"),
    *_THRESHOLD,
    Column("area_m2", "number", "area from the distance field, square metres", "面积（平方米）"),
    *_DRAWN,
))  # fmt: skip

CATCHMENTS = Table("catchments", "a facility and a threshold", "设施 × 限值", ("MultiPolygon",), (
    Column("catchment_id", "text", "id", "编号"),
    Column("facility_id", "text", "the facility that is the nearest here", "设施编号"),
    Column("name", "text", "its name", "设施名称", True),
    Column("category", "text", "category", "类别"),
    *_THRESHOLD,
    Column("area_m2", "number", "area from the distance field, square metres; null where it joins no street",
           "面积（平方米）", True),
    Column("people", "number", "people whose nearest it is, within the threshold by their walk", "归属人口", True),
    *_DRAWN,
))  # fmt: skip

STREETS = Table("streets", "a piece of street", "一段步行路", ("LineString",), (
    *(column for column in tables.STREETS.columns if column.name in _STREET_COLUMNS),
    Column("walk_m_{category}_from", "number", "metres from its start to the nearest", "起点到最近设施（米）", True),
    Column("walk_m_{category}_to", "number", "metres from its end to the nearest", "终点到最近设施（米）", True),
))  # fmt: skip

LAYERS: dict[str, LayerSpec] = {
    spec.table.table_id: spec
    for spec in (
        LayerSpec(UNITS, "unit_id", _units),
        LayerSpec(VERDICTS, "verdict_id", make_verdicts),
        LayerSpec(DEMAND, "demand_id", _demand),
        LayerSpec(FACILITIES, "facility_id", _facilities),
        LayerSpec(tables.NOT_OPEN, "facility_id", _not_open),
        LayerSpec(GAPS, "gap_id", make_gaps),
        LayerSpec(CAPACITY, "capacity_id", make_capacity),
        LayerSpec(SERVICE_AREAS, "area_id", draw=_service_areas),
        LayerSpec(CATCHMENTS, "catchment_id", draw=_catchments),
        LayerSpec(STREETS, "edge_id", _streets),
    )
}
