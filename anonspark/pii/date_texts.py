"""Dates within texts, moved by days and written as they were: order, separators, padding, names of months, time."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip

_REST: Final = r"(?P<rest>(?:[T ,].*)?)"
_MONTH: Final = r"(?P<month>[A-Za-z]{3,9})\.?"

_YEAR_FIRST: Final = re.compile(r"(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})" + _REST, re.ASCII)
_COMPACT: Final = re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)" + _REST, re.ASCII)
_YEAR_LAST: Final = re.compile(r"(?P<a>\d{1,2})(?P<s>[-/. ])(?P<b>\d{1,2})(?P=s)(?P<y>\d{4}|\d\d)" + _REST, re.ASCII)
_DAY_NAMED: Final = re.compile(
    r"(?P<d>\d{1,2})(?P<s>[- /.]|\. )" + _MONTH + r"(?P<s2>[- /.]|, )(?P<y>\d{4}|\d\d)" + _REST, re.ASCII
)
_NAMED_DAY: Final = re.compile(_MONTH + r"(?P<s>[- ])(?P<d>\d{1,2})(?P<s2>,? |-)(?P<y>\d{4})" + _REST, re.ASCII)

NO_YEARS: Final = (1, 9999)
"""Dates of these years stand for none: 0001-01-01 and 9999-12-31 are what databases write for never. Moved, they would
tell by how much a person's dates are moved."""


def moved_date(day: date, days: int) -> date:
    """The date so many days later; one that stands for no date stays."""
    if day.year in NO_YEARS:
        return day
    return day + timedelta(days)


def moved_text(text: str, days: int, *, day_first: bool) -> str | None:
    """The text with its date moved; blanks at its ends are dropped. None where it starts with no date.

    Args:
        text: Whose date comes first; what follows, as a time of day, stays.
        days: By how many.
        day_first: `03/04/2024` is the 3rd of April; where the middle number is no month it is taken the other way.
            Where numbers are separated by points the day always comes first.

    >>> moved_text("3/4/2024 09:30", 10, day_first=False), moved_text("03.04.24", 10, day_first=False)
    ('3/14/2024 09:30', '13.04.24')
    >>> moved_text("28 Feb 2024", 2, day_first=True), moved_text("MARCH 1, 2023", -1, day_first=True)
    ('01 Mar 2024', 'FEBRUARY 28, 2023')
    """
    return changed_text(text, lambda day: moved_date(day, days), day_first=day_first)


def changed_text(text: str, change: Callable[[date], date], *, day_first: bool) -> str | None:
    """As `moved_text`, with any other date in place of the one that stands there."""
    text = text.strip()
    for pattern, rewritten in _FORMS:
        found = pattern.fullmatch(text)
        if found:
            try:
                return rewritten(found, change, day_first)
            except ValueError:  # there is no such day
                continue
    return None


def _move_numbers(found: re.Match[str], change: Callable[[date], date], day_first: bool) -> str:  # noqa: ARG001
    separator = found.groupdict().get("s", "")
    moved = change(date(int(found["y"]), int(found["m"]), int(found["d"])))
    like = min(found["m"], found["d"], key=len)
    parts = (f"{moved.year:04}", _padded(moved.month, like), _padded(moved.day, like))
    return separator.join(parts) + found["rest"]


def _move_year_last(found: re.Match[str], change: Callable[[date], date], day_first: bool) -> str:
    first, second = int(found["a"]), int(found["b"])
    day_leads = second <= 12 and (day_first or found["s"] == "." or first > 12)
    day, month = (first, second) if day_leads else (second, first)
    moved = change(date(_year(found["y"]), month, day))
    numbers = (moved.day, moved.month) if day_leads else (moved.month, moved.day)
    like = min(found["a"], found["b"], key=len)
    parts = (_padded(numbers[0], like), _padded(numbers[1], like), _year_text(moved, found["y"]))
    return found["s"].join(parts) + found["rest"]


def _move_day_named(found: re.Match[str], change: Callable[[date], date], day_first: bool) -> str:  # noqa: ARG001
    moved = change(date(_year(found["y"]), _month(found["month"]), int(found["d"])))
    head = f"{_padded(moved.day, found['d'])}{found['s']}{_month_text(moved, found['month'])}"
    return f"{head}{found['s2']}{_year_text(moved, found['y'])}{found['rest']}"


def _move_named_day(found: re.Match[str], change: Callable[[date], date], day_first: bool) -> str:  # noqa: ARG001
    moved = change(date(_year(found["y"]), _month(found["month"]), int(found["d"])))
    head = f"{_month_text(moved, found['month'])}{found['s']}{_padded(moved.day, found['d'])}"
    return f"{head}{found['s2']}{_year_text(moved, found['y'])}{found['rest']}"


_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Callable[[date], date], bool], str]], ...]] = (
    (_YEAR_FIRST, _move_numbers),
    (_COMPACT, _move_numbers),
    (_YEAR_LAST, _move_year_last),
    (_DAY_NAMED, _move_day_named),
    (_NAMED_DAY, _move_named_day),
)


def _padded(number: int, like: str) -> str:
    """With a zero before it where the shorter of the numbers beside it has two digits."""
    return f"{number:0{len(like)}}"


def _year(text: str) -> int:
    """Of two digits as POSIX has it: 69 to 99 are 1969 to 1999."""
    year = int(text)
    if len(text) == 4:
        return year
    return year + (1900 if year >= 69 else 2000)


def _year_text(moved: date, like: str) -> str:
    return f"{moved.year:04}" if len(like) == 4 else f"{moved.year % 100:02}"


def _month(name: str) -> int:
    lower = name.lower()
    for number, month in enumerate(MONTHS, 1):
        if lower in {month, month[:3], "sept" if number == 9 else ""}:
            return number
    raise ValueError("no month")


def _month_text(moved: date, like: str) -> str:
    """In the length and the case of the one that stood there; May tells no length and is taken for a short one."""
    full = MONTHS[moved.month - 1]
    text = full if len(like) > 4 or like.lower() in {"june", "july"} else full[:3]
    if like.isupper():
        return text.upper()
    return text if like.islower() else text.capitalize()
