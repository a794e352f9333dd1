"""What a study tells of all its sources together."""

from __future__ import annotations

from dataclasses import replace

from towns import line_town

from geo.model.study import Source


def test_credits_are_told_once_each_in_order_and_the_newest_date_is_the_date() -> None:
    given = (("roads", "", "2024-05-01"), ("Beta", "Beta", "2025-01-31"), ("Alpha", "Alpha", ""), ("b", "Beta", ""))
    sources = tuple(Source("units", file, "", credit=credit, data_date=date) for file, credit, date in given)
    study = replace(line_town(), sources=sources)
    assert study.credits == ("Beta", "Alpha")
    assert study.data_date == "2025-01-31"


def test_a_study_without_sources_has_neither_credit_nor_date() -> None:
    study = replace(line_town(), sources=())
    assert (study.credits, study.data_date) == ((), "")
