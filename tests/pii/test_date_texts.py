from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.pii.date_texts import moved_text

FORMS = [
    ("%Y-%m-%d", True), ("%Y/%m/%d", True), ("%Y.%m.%d", True), ("%Y%m%d", True), ("%d/%m/%Y", True),
    ("%m/%d/%Y", False), ("%d.%m.%Y", False), ("%d-%b-%Y", True), ("%d %B %Y", True), ("%b %d, %Y", True),
    ("%d. %b %Y", True), ("%B %d %Y", True),
]  # fmt: skip


@given(st.sampled_from(FORMS), st.dates(date(1000, 1, 1), date(9990, 1, 1)), st.integers(-3650, 3650))
def test_a_text_is_moved_within_its_form(form: tuple[str, bool], day: date, days: int) -> None:
    pattern, day_first = form
    written = day.strftime(pattern)
    if "%B" in pattern and day.month == 5:
        return  # May does not tell whether months are written in full
    assert moved_text(written, days, day_first=day_first) == (day + timedelta(days)).strftime(pattern)


@pytest.mark.parametrize(
    ("text", "day_first", "moved"),
    [
        ("2024-02-28T23:59:59.123Z", True, "2024-03-01T23:59:59.123Z"),
        ("2024-02-28 10:00:00+02:00", True, "2024-03-01 10:00:00+02:00"),
        ("2/9/2024", False, "2/11/2024"),
        ("2/9/2024", True, "4/9/2024"),
        ("02/28/24 8:15 PM", True, "03/01/24 8:15 PM"),
        ("28/02/24", False, "01/03/24"),
        ("28.2.69", False, "2.3.69"),
        ("28.02.68", False, "01.03.68"),
        ("30 SEPT 2024", True, "02 OCT 2024"),
        ("jun 29, 1999", True, "jul 01, 1999"),
        ("  2024-01-01 ", True, "2024-01-03"),
        ("9999-12-31", True, "9999-12-31"),
        ("0001-01-01", True, "0001-01-01"),
        ("31.12.9999", True, "31.12.9999"),
    ],
)
def test_two_days_later_by_hand(text: str, day_first: bool, moved: str) -> None:
    assert moved_text(text, 2, day_first=day_first) == moved


@pytest.mark.parametrize("text", ["", "unknown", "2024-13-01", "2024-02-30", "32/01/2024", "12", "20241", "1 Foo 2024"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert moved_text(text, 1, day_first=True) is None
