"""The layers of what is lacking: gaps with their cause, and capacity by unit and rule."""

from __future__ import annotations

import geopandas as gpd

from geo.judge.patches import draw_gaps
from geo.model.assessment import Assessment
from geo.model.study import Study
from geo.model.tables import Column, Table

GAPS = Table(
    "gaps", "a patch of people who lack what a rule asks for", "一处服务盲区", ("Polygon", "MultiPolygon"), (
    Column("gap_id", "text", "id", "盲区编号"),
    Column("category", "text", "category lacking", "缺少的类别"),
    Column("rule_id", "text", "rule not met", "规则"),
    Column("rank", "integer", "place among all gaps, most people first, unknown ones last", "排名"),
    Column("name", "text", "community and nearest named street", "位置", True),
    Column("name_en", "text", "the same in English", "位置（英文）", True),
    Column("people", "number", "people of the patch whom the rule counts", "人口"),
    Column("places", "integer", "places where they live", "居住点数"),
    Column("cause", "text", "none in range, severed, over capacity or unknown: that of most of them", "成因"),
    Column("people_none_in_range", "number", "people with none within the limit even by line", "附近没有设施的人口"),
    Column("people_severed", "number", "people with one in range by line but not by walking", "被隔断人口"),
    Column("people_over_capacity", "number", "people whose facilities in reach have too few places", "容量不足人口"),
    Column("people_unknown", "number", "people that could not be judged", "未知人口"),
    Column("unit_id", "text", "unit where they live", "所在单元", True),
    Column("street", "text", "named street nearest to most of them", "邻近街道", True),
    Column("nearest_walk_m", "number", "median walk to the nearest, metres", "最近步行距离中位数（米）", True),
    Column("nearest_line_m", "number", "median straight line to the nearest, metres", "最近直线距离中位数（米）", True),
    Column("barrier", "text", "what severs most of them: wall, road, railway, water, missing link", "阻隔", True),
    Column("wall_id", "text", "the wall, where it is one", "相关围墙", True),
    Column("barrier_name", "text", "name of the barrier", "阻隔名称", True),
    Column("barrier_name_en", "text", "English name of the barrier", "阻隔英文名称", True),
    Column("saved_m", "number", "metres a way through saves those it serves, on average", "打通后平均少走（米）", True),
    Column("people_gained", "number", "people a way through brings within the limit", "打通后新增达标人口"),
    Column("remedy", "text", "new facility, way through, more places or survey the data", "建议措施"),
))  # fmt: skip

CAPACITY = Table("capacity", "a unit and a rule whose facilities state a capacity", "单元 × 规则的容量", (), (
    Column("capacity_id", "text", "unit and rule", "编号"),
    Column("unit_id", "text", "unit", "单元代码"),
    Column("rule_id", "text", "rule", "规则"),
    Column("category", "text", "category, or all of them joined by |", "类别"),
    Column("capacity_unit", "text", "what the capacity counts: places, beds, seats", "容量单位", True),
    Column("people", "number", "people it is for: the age group of a school, else whom the rule counts", "服务人口"),
    Column("need", "number", "units a person is to have; null where nothing says so", "人均应有", True),
    Column("facilities", "number", "facilities in the unit", "设施数"),
    Column("facilities_unstated", "number", "of them without a stated capacity", "未填容量的设施数"),
    Column("supply", "number", "stated capacity in the unit; null where none states it", "已填容量", True),
    Column("per_1000", "number", "capacity per 1,000 people; null where one states none", "每千人容量", True),
    Column("access_2sfca", "number", "units a person finds on foot, shared by all (2SFCA)", "可达容量 2SFCA", True),
    Column("access_e2sfca", "number", "the same, weighed by distance (E2SFCA)", "可达容量 E2SFCA", True),
    Column("access_3sfca", "number", "the same, the nearer facility preferred (3SFCA)", "可达容量 3SFCA", True),
    Column("unmet", "number", "people for whom there is no place in reach", "缺口人口", True),
    Column("unknown", "number", "people who lack, while one in reach states nothing", "未知人口", True),
    Column("verdict", "text", "enough, short or insufficient data", "结论"),
))  # fmt: skip


def make_gaps(study: Study, assessment: Assessment) -> gpd.GeoDataFrame:
    """Return the patches with their shapes, in the study's CRS."""
    return draw_gaps(study, assessment, assessment.gaps)


def make_capacity(study: Study, assessment: Assessment) -> gpd.GeoDataFrame:
    """Return supply, demand and unmet people by unit and rule; no shapes."""
    frame = assessment.capacity.copy()
    frame.insert(0, "capacity_id", frame["unit_id"] + ":" + frame["rule_id"])
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([None] * len(frame), crs=study.crs), crs=study.crs)
