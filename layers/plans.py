"""The layers that come of a plan and not of an assessment: declared as those of `layers.catalog`, made by geo.plan."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd

from geo.model import tables
from geo.model.crs import WGS84
from geo.model.tables import Column, Table


@dataclass(frozen=True)
class PlanLayer:
    """A layer of a plan: its declared table and the column that names a row."""

    table: Table
    id_column: str


def plan_layer(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return what `geo.plan` made as a layer, in EPSG:4326."""
    return frame.to_crs(WGS84)


_GAINED = Column("people_gained", "number", "people who gain by any rule", "受益人口")
_LOST = Column("people_lost", "number", "people who lose by any rule", "受损人口")

CHANGES = Table("changes", "a unit that a scenario changes", "情景改变的一个行政单元", ("Polygon", "MultiPolygon"), (
    *tables.UNITS.columns[:5],
    Column("people", "number", "residents after", "情景后常住人口"),
    _GAINED,
    _LOST,
    Column("complete_gained", "number", "people who now have every required service", "新增全部达标人口"),
    Column("complete_lost", "number", "people who no longer have every required service", "不再全部达标人口"),
    Column("{category}_gained", "number", "people newly covered, strictest rule", "新增覆盖人口（最严）"),
    Column("{category}_lost", "number", "people no longer covered, strictest rule", "不再覆盖人口（最严）"),
))  # fmt: skip

SITES = Table("sites", "a chosen site", "一处选址", ("Point",), (
    Column("site_id", "text", "id of the candidate", "备选点编号"),
    Column("rank", "integer", "order of building", "建设次序"),
    Column("category", "text", "category to build", "类别"),
    Column("source", "text", "street, premises or points", "备选点来源"),
    Column("name", "text", "name of the candidate", "名称", True),
    Column("people_gained", "number", "people newly covered by it after those before it", "新增覆盖人口"),
    Column("people_gained_total", "number", "people newly covered by it and those before it", "累计新增覆盖人口"),
    Column("people_lost", "number", "always 0: a site harms nobody", "受损人口"),
))  # fmt: skip

GATES = Table("gates", "a wall worth opening", "一处值得打开的围墙", ("Point",), (
    Column("opening_id", "text", "wall and place", "编号"),
    Column("wall_id", "text", "wall", "围墙编号"),
    Column("rank", "integer", "place among those compared, most people first", "排名"),
    Column("people_gained", "number", "people newly covered by any of the rules", "新增覆盖人口"),
    Column("people_lost", "number", "always 0: an opening harms nobody", "受损人口"),
    Column("services_gained", "number", "the same, each person once for every rule", "新增覆盖人次（按规则）"),
    Column("people_nearer", "number", "people with a shorter walk", "步行缩短人口"),
    Column("saved_m", "number", "metres saved by each of them, mean over the categories", "人均节省步行（米）"),
    Column("people_gained_per_wall_m", "number", "people gained per metre of the whole wall", "每米围墙新增覆盖人口"),
    Column("link_m", "number", "metres of new way between the streets", "新增通道长度（米）"),
    Column("together", "number", "order among those chosen together", "组合中的次序", True),
    Column("together_gained", "number", "people gained by those up to this one", "组合累计新增覆盖人口", True),
))  # fmt: skip

PLAN_LAYERS: dict[str, PlanLayer] = {
    layer.table.table_id: layer
    for layer in (PlanLayer(CHANGES, "unit_id"), PlanLayer(SITES, "site_id"), PlanLayer(GATES, "opening_id"))
}
