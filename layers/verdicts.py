"""The layer of verdicts: a row for every unit and rule, with what the verdict rests on."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd

from geo.model.assessment import Assessment
from geo.model.standards import Rule
from geo.model.study import Study
from geo.model.tables import Column, Table

PEOPLE = Column("people", "number", "residents", "常住人口")
COUNTS = (
    Column("covered", "number", "people covered", "覆盖人口", True),
    Column("uncovered", "number", "people not covered", "未覆盖人口", True),
    Column("unknown", "number", "people that could not be judged", "未知人口", True),
    Column("ratio", "number", "covered / people; null where nobody could be judged", "覆盖率", True),
)

VERDICTS = Table("verdicts", "a unit and a rule", "单元 × 规则", (), (
    Column("verdict_id", "text", "unit and rule", "编号"),
    Column("unit_id", "text", "unit", "单元代码"),
    Column("unit_name", "text", "name of the unit", "单元名称", True),
    Column("rule_id", "text", "rule", "规则"),
    Column("category", "text", "category, or accepted ones joined by |", "类别"),
    Column("circle", "text", "level of circle", "生活圈层级"),
    Column("duty", "text", "must or as_needed", "应配或宜配"),
    Column("clause", "text", "clause of the standard", "条文"),
    Column("confidence", "text", "how sure we are of the figure", "可信度"),
    Column("threshold_m", "number", "walking distance allowed, metres", "限值（米）", True),
    Column("threshold_min", "number", "walking time allowed, minutes", "限值（分钟）", True),
    Column("share_of", "text", "the ratio is of people or of built-up area", "比例口径"),
    Column("serves", "text", "whom the rule counts", "服务对象"),
    replace(PEOPLE, is_nullable=True), *COUNTS,
    Column("target", "number", "share to be covered", "目标"),
    Column("verdict", "text", "pass, fail or insufficient data", "结论"),
    Column("measure", "text", "what the verdict is by: walk or line (straight radius)", "判定方式"),
    Column("line_covered", "number", "people covered by straight radius", "直线半径覆盖人口", True),
    Column("line_ratio", "number", "the same ratio by straight radius", "直线半径覆盖率", True),
    Column("area_m2", "number", "built-up ground, where the ratio is of area", "建成区面积（平方米）", True),
    Column("area_covered_m2", "number", "of it covered", "其中覆盖面积（平方米）", True),
    Column("walk_min_median", "number", "median walk, minutes", "步行时间中位数（分钟）", True),
    Column("walk_min_p90", "number", "90th percentile of the walks, minutes", "步行第90百分位（分钟）", True),
    Column("walk_min_worst_tenth", "number", "mean of the worst-served tenth", "最差十分之一平均（分钟）", True),
    Column("walk_gini", "number", "Gini coefficient of the walks, 0 all alike", "步行时间基尼系数", True),
    Column("nearest_id", "text", "the facility nearest to the resident in the middle", "最近设施编号", True),
    Column("rank", "integer", "rank of the ratio among units of its type, 1 the best", "同类单元中的排名", True),
    Column("peers", "integer", "units of its type that have a ratio", "同类单元数"),
    Column("peers_ratio", "number", "median ratio of units of its type", "同类单元覆盖率中位数", True),
))  # fmt: skip


def make_verdicts(study: Study, assessment: Assessment) -> gpd.GeoDataFrame:
    """Return one row per unit and rule, without geometry, in the order of units and then of rules."""
    rules: dict[str, Rule] = {rule.rule_id: rule for rule in assessment.standard.rules}
    frame = assessment.verdicts.copy()
    names = dict(zip(study.units["unit_id"], study.units["name"], strict=True))
    mine = [rules[rule_id] for rule_id in frame["rule_id"]]
    frame.insert(1, "unit_name", frame["unit_id"].map(names))
    frame.insert(3, "category", [rule.category for rule in mine])
    frame.insert(4, "circle", [rule.level for rule in mine])
    frame.insert(5, "duty", [rule.duty for rule in mine])
    frame.insert(6, "clause", [rule.clause for rule in mine])
    frame.insert(7, "confidence", [rule.confidence for rule in mine])
    frame.insert(8, "threshold_m", [rule.threshold_m for rule in mine])
    frame.insert(9, "threshold_min", [rule.threshold_min for rule in mine])
    frame.insert(10, "share_of", [rule.share_of for rule in mine])
    frame.insert(11, "serves", [rule.serves for rule in mine])
    frame.insert(0, "verdict_id", frame["unit_id"] + ":" + frame["rule_id"])
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([None] * len(frame), crs=study.crs), crs=study.crs)
