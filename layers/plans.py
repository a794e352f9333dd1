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

PLAN_LAYERS: dict[str, PlanLayer] = {
    layer.table.table_id: layer for layer in (PlanLayer(CHANGES, "unit_id"), PlanLayer(SITES, "site_id"))
}
