"""The columns of every table and layer, declared once: checks, exports, the API and docs/tables.md come from here.

A column whose name holds ``{category}`` or ``{group}`` stands for one column for each category or age group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import pandas as pd

Kind = Literal["text", "integer", "number", "boolean"]

LEVELS = ("city", "district", "subdistrict", "community")
"""Administrative levels from the largest to the smallest."""

AGE_GROUPS = (
    "people_0_2",
    "people_3_5",
    "people_6_11",
    "people_12_14",
    "people_15_59",
    "people_60_79",
    "people_80",
)


@dataclass(frozen=True)
class Column:
    """A column: its name, the kind of its values, what it means in both languages, whether it may be null."""

    name: str
    kind: Kind
    en: str
    zh: str
    is_nullable: bool = False


@dataclass(frozen=True)
class Table:
    """A table: its id, what one row is, the geometry it carries (None: none), its columns."""

    table_id: str
    en: str
    zh: str
    geometry: tuple[str, ...]
    columns: tuple[Column, ...]

    def column_names(self) -> list[str]:
        """Return the names of the fixed columns, in order."""
        return [column.name for column in self.columns if "{" not in column.name]


def empty(table: Table, crs: str) -> gpd.GeoDataFrame:
    """Return the table with no rows, its fixed columns typed, geometry in ``crs``."""
    dtypes = {"text": "object", "integer": "int64", "number": "float64", "boolean": "bool"}
    columns = {c.name: pd.Series([], dtype=dtypes[c.kind]) for c in table.columns if "{" not in c.name}
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=crs), crs=crs)


_NAME = Column("name", "text", "name", "名称", True)
_NAME_EN = Column("name_en", "text", "English name", "英文名称", True)
_SOURCE = Column("source", "text", "file the row came from", "来源文件")

STREETS = Table(
    "streets",
    "a walkable piece of street between two junctions",
    "两个路口之间的一段步行路",
    ("LineString",),
    (
        Column("edge_id", "text", "id of the piece", "路段编号"),
        Column("from_node", "integer", "junction at its start", "起点路口"),
        Column("to_node", "integer", "junction at its end", "终点路口"),
        Column("length_m", "number", "length on the ground, metres", "长度（米）"),
        Column("kind", "text", "kind of street (OSM highway value)", "道路类型"),
        _NAME,
        Column("is_steps", "boolean", "a flight of steps", "是否台阶"),
        Column("wheelchair", "text", "passable in a wheelchair: yes, limited or no", "轮椅可否通行", True),
        Column("surface", "text", "surface (OSM value)", "路面材质", True),
        Column("smoothness", "text", "smoothness (OSM value)", "路面平整度", True),
        Column("width_m", "number", "width, metres", "宽度（米）", True),
        Column("incline", "number", "incline as tagged, rise / run, start to end", "标注坡度（正向）", True),
        Column("kerb", "text", "highest kerb on it: flush, lowered, rolled or raised", "最高路缘", True),
        Column("oneway_foot", "text", "walked one way only: forward or backward", "步行单向", True),
        Column("structure", "text", "bridge or tunnel", "桥梁或隧道", True),
        Column("crossing_from", "text", "road of which half the crossing is at its start; lift", "起点端过街", True),
        Column("crossing_to", "text", "road of which half the crossing is at its end; lift", "终点端过街", True),
        Column("climb_forward", "number", "walking time against the flat, start to end", "正向坡度耗时倍数", True),
        Column("climb_back", "number", "walking time against the flat, end to start", "反向坡度耗时倍数", True),
        Column("rise_m", "number", "metres uphill from start to end", "正向上升（米）", True),
        Column("fall_m", "number", "metres downhill from start to end", "正向下降（米）", True),
    ),
)

FACILITIES = Table(
    "facilities",
    "a place of service",
    "一处设施",
    ("Point",),
    (
        Column("facility_id", "text", "id", "设施编号"),
        _NAME,
        _NAME_EN,
        Column("category", "text", "category id", "类别"),
        Column("capacity", "number", "places, beds or seats", "容量", True),
        Column("capacity_unit", "text", "what the capacity counts", "容量单位", True),
        Column("opening", "text", "opening hours", "开放时间", True),
        Column("phone", "text", "telephone", "电话", True),
        Column("matched_by", "text", "the rule that gave the category", "类别判定依据", True),
        _SOURCE,
        Column("merged_from", "text", "entries of other lists that were the same place", "合并自", True),
    ),
)

NOT_OPEN = Table(
    "not_open",
    "a place of service that is closed or planned; it serves nobody",
    "一处已关闭或规划中的设施（不参与计算）",
    ("Point",),
    (*FACILITIES.columns, Column("state", "text", "closed or planned", "状态：已关闭或规划")),
)

ENTRANCES = Table(
    "entrances",
    "a place where a facility meets the streets",
    "设施的一个出入口",
    ("Point",),
    (Column("facility_id", "text", "the facility it belongs to", "所属设施"),),
)

DEMAND = Table(
    "demand",
    "a place where people live",
    "一处居住点",
    ("Point",),
    (
        Column("demand_id", "text", "id", "居住点编号"),
        _NAME,
        Column("people", "number", "residents", "常住人口"),
        Column("{group}", "number", "residents of an age group", "分年龄人口", True),
        Column("people_source", "text", "counted, rescaled, buildings, streets or unit", "人口来源", True),
        _SOURCE,
    ),
)

UNITS = Table(
    "units",
    "an administrative area",
    "一个行政单元",
    ("Polygon", "MultiPolygon"),
    (
        Column("unit_id", "text", "id or administrative code", "单元代码"),
        _NAME,
        _NAME_EN,
        Column("level", "text", "city, district, subdistrict or community", "层级"),
        Column("parent_id", "text", "the unit it belongs to", "上级单元", True),
        Column("area_type", "text", "urban, rural or old_compound, where rules differ by it", "地区类型", True),
        Column("made_from", "text", "level of the units it was made of; empty where drawn", "由何层级合并而成", True),
    ),
)

WALLS = Table(
    "walls",
    "a line nobody walks through",
    "一段围墙",
    ("LineString", "MultiLineString"),
    (
        Column("wall_id", "text", "id", "围墙编号"),
        _NAME,
        _NAME_EN,
        Column("kind", "text", "wall, fence, hedge or the OSM barrier value", "类型"),
        Column("is_planners", "boolean", "the planner's own: it wins over a path that crosses it", "规划人员提供"),
        _SOURCE,
    ),
)

GATES = Table(
    "gates",
    "a point where one walks through a wall",
    "一处大门",
    ("Point",),
    (
        Column("gate_id", "text", "id", "大门编号"),
        _NAME,
        Column("access", "text", "public, residents, closed or unknown", "通行"),
        Column("hours", "text", "opening hours", "开放时间", True),
        _SOURCE,
    ),
)

BACKDROP = Table(
    "backdrop",
    "what the map shows beneath the figures",
    "底图要素",
    ("any",),
    (
        Column(
            "kind",
            "text",
            "water, green, wood, building, rail, road (closed to walkers), campus, street or boundary",
            "类型",
        ),
        _NAME,
        _NAME_EN,
        Column("detail", "text", "finer kind (OSM value)", "细类", True),
    ),
)

STUDY_TABLES = {
    t.table_id: t for t in (STREETS, FACILITIES, NOT_OPEN, ENTRANCES, DEMAND, UNITS, WALLS, GATES, BACKDROP)
}
