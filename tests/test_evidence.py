"""What a row of a list says about its category: typecode, class words, name; the traps of Chinese names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geo.intake.classify import CategoryTable, read_categories
from geo.intake.columns import read_aliases
from geo.intake.evidence import classify_rows
from geo.intake.facilities import read_facilities
from geo.intake.raw import FileRef
from geo.model.errors import RuleError
from web.settings import ROOT

TABLE = ROOT / "data" / "categories" / "categories.yaml"
NAMES = {
    "玉林社区卫生服务站": "health_station",
    "玉林社区卫生服务中心": "health_centre",
    "玉林社区服务中心": "service_centre",
    "公园卫生间": "toilet",
    "第三幼儿园停车场": "parking",
    "老年大学": None,
    "芳草小学托管班": None,
    "小学生培训中心": None,
    "芳草小学": "primary_school",
    "芳草小学（天府校区）": "primary_school",
    "公园小学": "primary_school",
    "石室中学高中部": "senior_school",
    "同仁堂大药房": "pharmacy",
    "荷花池中药材市场": None,
    "人民医院药房": "pharmacy",
    "宠物医院": None,
    "玉林农贸市场": "wet_market",
    "农产品农贸批发市场": None,
    "农贸市场公厕": "toilet",
    "玉林菜场": "wet_market",
    "中国银行公园支行": "bank",
    "血液银行": None,
    "职工食堂": None,
    "长者食堂": "canteen",
    "公园城市示范区": None,
    "（便利店）": "convenience_store",
    "龙爪游园": "park",
    "随便什么": None,
}


@pytest.fixture(scope="module")
def table() -> CategoryTable:
    return read_categories(TABLE)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_tells_its_category_by_the_word_that_ends_last(name: str, table: CategoryTable) -> None:
    found = table.evidence.by_words(name)
    assert (found[0] if found else None) == NAMES[name]


def test_the_order_of_evidence_is_own_word_typecode_class_name(table: CategoryTable) -> None:
    rows = [
        ("小学", "141204", "医疗;药店", "玉林菜场", "primary_school", "category column: 小学"),
        (None, "141204", "医疗;药店", "玉林菜场", "kindergarten", "typecode 141204"),
        (None, "999999", "医疗;药店", "玉林菜场", "pharmacy", "class: 医疗;药店"),
        ("诊所", None, None, "玉林菜场", "clinic", "class: 诊所"),
        (None, None, "购物;集市", "玉林", "wet_market", "class: 购物;集市"),
        (None, None, "其他", "玉林菜场", "wet_market", "name: 菜场"),
        (None, "141202", None, "七中高级中学", "senior_school", "typecode 141202"),
        (None, "141202", None, "七中", "junior_school", "typecode 141202"),
        (None, "090102", None, "玉林社区卫生服务站", "health_station", "typecode 090102"),
        (None, "060411", None, "屈臣氏", None, None),
        (None, None, None, None, None, None),
    ]
    columns = [np.array([row[n] for row in rows], dtype=object) for n in range(4)]
    category, rule = classify_rows(table.evidence, table.named, columns)
    assert list(zip(category, rule, strict=True)) == [row[4:] for row in rows]


def test_what_nothing_tells_is_kept_apart_with_count_and_example(tmp_path: Path, table: CategoryTable) -> None:
    path = tmp_path / "poi.csv"
    places = [("玉林小学", "学校"), ("党校", "其他学校"), ("电大", "其他学校")]
    lines = [f"{name},{kind},104.0{n},30.6" for n, (name, kind) in enumerate(places)]
    path.write_text("\n".join(["name,类型,lon,lat", *lines]), encoding="utf-8")
    (found, report), _ = read_facilities(FileRef(path), read_aliases(ROOT / "data" / "columns.yaml"), table)
    assert found["category"].tolist() == ["primary_school", "unclassified", "unclassified"]
    told = next(p for p in report.problems if p.code == "category_unmatched")
    assert (told.count, told.rows, told.severity) == (2, (2, 3), "note")
    assert "其他学校 (2)" in told.message
    assert (report.read, report.ok, report.rejected) == (3, 3, 0)


def test_planners_add_words_and_categories_in_a_file_of_their_own(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "categories:\n"
        "  - {id: senior_college, zh: 老年学校, en: college for seniors, group: learning, mark: 学, osm: [],"
        " words: [老年大学]}\n"
        "  - {id: wet_market, words: [早市]}\n",
        encoding="utf-8",
    )
    evidence = read_categories(TABLE, own).evidence
    assert evidence.by_words("成都老年大学") == ("senior_college", "name: 老年大学")
    assert evidence.by_words("玉林早市") == ("wet_market", "name: 早市")
    assert evidence.by_words("玉林菜场") == ("wet_market", "name: 菜场")


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ("{id: park, words: [小学]}", "words"),
        ("{id: park, words: 小学}", "words"),
        ("{id: park, amap: [110101]}", "amap"),
        ("{id: park, wrods: [x]}", "wrods"),
        ("{id: new, words: [x]}", "en"),
    ],
)
def test_a_slip_in_a_category_table_is_told_with_its_line(entry: str, key: str, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(f"categories:\n  - {entry}\n", encoding="utf-8")
    with pytest.raises(RuleError) as told:
        read_categories(TABLE, own)
    assert (told.value.path, told.value.line, told.value.key) == ("own.yaml", 2, key)


CLASSES = {
    "中学": "junior_school", "高级中学": "senior_school", "十二年一贯制学校": "primary_school", "诊所": "clinic",
    "卫生院": "health_centre", "养老机构": "elderly_home", "日间照料": "elderly_day_care", "菜场": "wet_market",
    "标准化菜市场": "wet_market", "便民商店": "convenience_store", "街头绿地": "pocket_park",
    "轨道站点": "metro_station", "健身路径": "fitness_ground", "社区综合服务站": "service_station",
    "餐饮店": "restaurant", "垃圾转运站": "waste_station",
}  # fmt: skip
"""Words of the classes in planners' own lists, and ours."""

NO_CLASS = ("大学", "老年大学", "宠物诊所", "社区卫生服务机构", "养老设施", "球场", "警务室", "消防站")
"""Words that mean no category of ours, or several."""


def test_a_category_column_is_read_by_the_words_planners_use() -> None:
    table = read_categories(TABLE)
    words = np.array([*CLASSES, *NO_CLASS], dtype=object)
    nothing = np.full(len(words), None, dtype=object)
    found, _ = classify_rows(table.evidence, table.named, [words, nothing, nothing, nothing])
    assert dict(zip(words, found, strict=True)) == CLASSES | dict.fromkeys(NO_CLASS)
