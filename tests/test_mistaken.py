"""Lists that are damaged in ways that load: told with their rows, and never where a list is sound."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_excel import PROJECT

from geo.intake.columns import read_aliases
from geo.intake.demand import read_demand
from geo.intake.raw import FileRef
from geo.model.errors import Problem

ALIASES = read_aliases(PROJECT / "data" / "columns.yaml")
CHINESE = "玉林社区"


def told(folder: Path, *rows: str) -> dict[str, Problem]:
    path = folder / "homes.csv"
    path.write_text("\n".join(["demand_id,name,people,lon,lat", *rows]), encoding="utf-8")
    return {problem.code: problem for problem in read_demand(FileRef(path), ALIASES)[1].problems}


@pytest.mark.parametrize(
    ("name", "is_damaged"),
    [
        ("锟斤拷锟斤拷", True), ("玉林\ufffd", True), (CHINESE.encode().decode("latin-1"), True),
        ("社区".encode().decode("cp1252"), True), (CHINESE, False), ("Bien Située", False), ("café", False),
        ("naïve Ã", False), ("Москва", False), ("", False),
    ],
)  # fmt: skip
def test_names_that_a_wrong_encoding_spoilt_are_told(name: str, is_damaged: bool, tmp_path: Path) -> None:
    found = told(tmp_path, "a,好,1,104.01234,30.61234", f"b,{name},1,104.01235,30.61235")
    assert ("text_damaged" in found) == is_damaged
    assert not is_damaged or (found["text_damaged"].rows, found["text_damaged"].severity) == ((2,), "note")


@pytest.mark.parametrize(("decimals", "step_m"), [(0, 111_000), (2, 1_110), (3, 111), (4, None)])
def test_places_rounded_too_far_are_told_with_their_step(decimals: int, step_m: int | None, tmp_path: Path) -> None:
    step = 10**-decimals
    rows = [f"{n},x,1,{104 + step * n:.{decimals}f},{30 + step * (n % 7):.{decimals}f}" for n in range(20)]
    found = told(tmp_path, *rows)
    assert found["place_coarse"].values["step_m"] == pytest.approx(step_m) if step_m else "place_coarse" not in found
    assert "place_coarse" not in told(tmp_path, *rows[:19])


def test_one_exact_place_speaks_for_the_list(tmp_path: Path) -> None:
    rows = [f"{n},x,1,104.{n % 10},30.6" for n in range(30)]
    assert "place_coarse" in told(tmp_path, *rows)
    assert "place_coarse" not in told(tmp_path, *rows, "exact,x,1,104.01234,30.6")
