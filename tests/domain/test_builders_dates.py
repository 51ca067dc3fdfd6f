"""Dates and timestamps, by rule and derived."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.builders import build_hierarchy
from anonspark.domain.rules import DateRule, DerivedRule
from anonspark.errors import HierarchyError


def once(*values: str | None) -> dict[str | None, int]:
    return dict.fromkeys(values, 1)


def test_a_date_is_generalized_to_month_quarter_year_and_decade():
    rule = DateRule(("month", "quarter", "year", "decade"))
    hierarchy = build_hierarchy("birth_date", rule, once("2024-03-15", "1999-12-31", None), "date")
    assert hierarchy.leaves == ("1999-12-31", "2024-03-15", None)
    assert hierarchy.labels[1:] == (
        ("1999-12", "2024-03", None),
        ("1999-Q4", "2024-Q1", None),
        ("1999", "2024", None),
        ("1990s", "2020s", None),
        ("*",),
    )
    assert hierarchy.domain_size == 3


@pytest.mark.parametrize(
    "timestamp",
    [
        "2024-03-05 23:59:59",
        "2024-03-05 00:00:00.123456",
        "2024-03-05T10:00",
        "2024-03-05T10:00:00Z",
        "2024-03-05 10:00:00+05:30",
    ],
)
def test_a_timestamp_counts_by_the_day_that_is_written(timestamp: str):
    hierarchy = build_hierarchy("at", DateRule(("day", "month")), once(timestamp, "2024-01-01"), "timestamp")
    assert hierarchy.label_of_each_leaf(1) == ["2024-01-01", "2024-03-05"]


@given(st.dates())
def test_every_day_has_the_labels_of_the_calendar(day: date):
    other = "2024-02-29" if day.year < 1500 else "0987-01-01"
    year, week, _ = day.isocalendar()
    expected = {
        "day": day.isoformat(),
        "week": f"{year:04d}-W{week:02d}",
        "month": day.isoformat()[:7],
        "quarter": f"{day.year:04d}-Q{(day.month + 2) // 3}",
        "year": f"{day.year:04d}",
        "decade": f"{day.year // 10:03d}0s",
    }
    for unit, label in expected.items():
        hierarchy = build_hierarchy("d", DateRule((unit,)), once(str(day), other), "date")
        assert hierarchy.label_of_each_leaf(1)[hierarchy.leaves.index(str(day))] == label


@pytest.mark.parametrize(
    ("levels", "pair"),
    [
        (("week", "month"), "a week does not lie within one month"),
        (("week", "year"), "a week does not lie within one year"),
        (("month", "week"), "a month does not lie within one week"),
        (("year", "month"), "a year does not lie within one month"),
        (("day", "month", "month"), "a month does not lie within one month"),
    ],
)
def test_levels_that_do_not_nest_are_refused(levels: tuple[str, ...], pair: str):
    with pytest.raises(HierarchyError, match=pair):
        build_hierarchy("d", DateRule(levels), once("2024-03-05"), "date")


def test_an_unknown_level_is_refused_with_a_hint():
    with pytest.raises(HierarchyError, match="has no level 'months'; did you mean 'month'"):
        build_hierarchy("d", DateRule(("months",)), once("2024-03-05"), "date")


@pytest.mark.parametrize(
    "text", ["05.03.2024", "2024-13-01", "2023-02-29", "2024-00-10", "2024-3-5", "2024", " 2024-03-05", ""]
)
def test_values_that_are_no_dates_are_counted_and_not_named(text: str):
    with pytest.raises(HierarchyError, match=r"1 of 2 values of the column \(3 records\) are not written as") as raised:
        build_hierarchy("d", DateRule(("year",)), {"2024-03-05": 1, text: 3, None: 5}, "string")
    assert not text or text not in raised.value.message


def test_dates_are_derived_from_month_to_decade():
    hierarchy = build_hierarchy("d", DerivedRule(), once("1987-03-05", "2024-07-01"), "date")
    assert hierarchy.labels[1:] == (
        ("1987-03", "2024-07"),
        ("1987-Q1", "2024-Q3"),
        ("1987", "2024"),
        ("1980s", "2020s"),
        ("*",),
    )


def test_timestamps_are_derived_by_day_too_and_so_are_strings_that_spell_them():
    values = once("1987-03-05 10:00:00", "2024-07-01 11:30:00")
    for data_type in ("timestamp", "timestamp_ntz", "string"):
        hierarchy = build_hierarchy("at", DerivedRule(), values, data_type)
        assert hierarchy.labels[1] == ("1987-03-05", "2024-07-01")
        assert hierarchy.height == 6
