"""Reading a large list, and turning coordinates: against reading the same file with pandas, and points a second."""

from __future__ import annotations

import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Geod

from benchmarks.timing import Ratio, in_turn
from geo.intake.classify import read_categories
from geo.intake.columns import read_aliases
from geo.intake.facilities import read_facilities
from geo.intake.merge import merge_facilities
from geo.intake.raw import FileRef
from geo.model.crs import gcj02_to_bd09, shifted_to_wgs84, wgs84_to_gcj02
from geo.model.study import Study
from geo.model.tables import STUDY_TABLES, empty

DATA = Path(__file__).resolve().parents[1] / "data"
LISTED, POINTS = 200_000, 1_000_000
_ENDINGS = (
    "幼儿园",
    "社区卫生服务站",
    "大药房",
    "便利店",
    "菜市场",
    "小学",
    "公厕",
    "日间照料中心",
    "火锅店",
    "事务所",
)
_PLACES = ("玉林", "桂花", "东风", "吉祥", "青羊", "锦江", "百花", "双桥", "新华", "滨河")


def made_list(path: Path, rows: int) -> None:
    """Write a list as an office keeps it: Chinese names that tell the category, a tenth of the places listed twice."""
    dice = np.random.default_rng(8)
    once = rows * 9 // 10
    number = np.arange(once)
    name = [f"{_PLACES[n % 10]}{_PLACES[n // 10 % 10]}{n // 100}号{_ENDINGS[n * 7 % 10]}" for n in number.tolist()]
    lon, lat = dice.uniform(103.9, 104.3, once), dice.uniform(30.5, 30.8, once)
    again = np.concatenate([number, dice.choice(once, rows - once, replace=False)])
    frame = pd.DataFrame({"编号": range(rows), "名称": np.array(name, dtype=object)[again]})
    frame["地址"], frame["电话"] = "示范路", [f"028{n:08d}" for n in again.tolist()]
    frame["经度"], frame["纬度"] = lon[again].round(6), lat[again].round(6)
    frame.to_csv(path, index=False)


def load_case(rows: int = LISTED) -> Ratio:
    """A list of facilities read, classified and merged, against `pandas.read_csv` of the same file."""
    aliases = read_aliases(DATA / "columns.yaml")
    categories = read_categories(DATA / "categories" / "categories.yaml")
    crs = "EPSG:4544"
    left: dict[str, int] = {}

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "facilities.csv"
        made_list(path, rows)

        def ours() -> gpd.GeoDataFrame:
            (table, _), entrances = read_facilities(FileRef(path), aliases, categories)
            tables = {name: empty(declared, crs) for name, declared in STUDY_TABLES.items()}
            tables |= {"facilities": table.to_crs(crs), "entrances": entrances.to_crs(crs)}
            merged, _, _ = merge_facilities(Study(name="made", crs=crs, **tables), {})
            left["merged"] = rows - len(merged.facilities)
            return merged.facilities

        took = in_turn(2, ours=ours, pandas=lambda: pd.read_csv(path))
    note = f"{rows:,} rows: read, classified by name, {left['merged']:,} merged; pandas.read_csv of the same"
    return Ratio("load_vs_pandas", took["ours"] / took["pandas"], took, note)


def crs_case(points: int = POINTS) -> list[Ratio]:
    """GCJ-02 and BD-09 to WGS 84: millions of points a second, and the farthest that one comes back off."""
    dice = np.random.default_rng(9)
    lon, lat = dice.uniform(75, 134, points), dice.uniform(17, 53, points)
    gcj02 = wgs84_to_gcj02(lon, lat)
    bd09 = gcj02_to_bd09(*gcj02)
    found = []
    for name, system, there in (("gcj02", "GCJ02", gcj02), ("bd09", "BD09", bd09)):
        took = in_turn(3, back=lambda s=system, t=there: shifted_to_wgs84(s, *t))  # type: ignore[misc]
        off = Geod(ellps="WGS84").inv(lon, lat, *shifted_to_wgs84(system, *there))[2].max()
        note = f"{points:,} places all over China to WGS 84, one core; farthest off by {off * 1000:.6f} mm"
        found.append(Ratio(f"{name}_million_points_a_second", points / 1e6 / took["back"], took, note))
    return found
