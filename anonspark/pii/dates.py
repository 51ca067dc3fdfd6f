"""Days as people and systems write them."""

import re
from collections.abc import Callable
from datetime import date
from typing import Final

_MONTHS: Final = (
    "jan|januar|january|janvier|janv|enero|ene|janeiro|gennaio|gen|januari|jänner",
    "feb|februar|february|février|fevrier|févr|fev|febrero|fevereiro|febbraio|februari",
    "mar|mär|märz|mrz|march|mars|marzo|março|marco|maart|mrt",
    "apr|april|avril|avr|abril|abr|aprile",
    "may|mai|mayo|maio|maggio|mag|mei",
    "jun|juni|june|juin|junio|junho|giugno|giu",
    "jul|juli|july|juillet|juil|julio|julho|luglio|lug",
    "aug|august|août|aout|agosto|ago|augustus",
    "sep|sept|september|septembre|septiembre|setembro|set|settembre",
    "oct|okt|october|oktober|octobre|octubre|outubro|out|ottobre|ott",
    "nov|november|novembre|noviembre|novembro",
    "dec|dez|déc|december|dezember|décembre|decembre|diciembre|dic|dezembro|dicembre",
)
"""Names of the twelve months, in English, German, French, Spanish, Portuguese, Italian and Dutch."""

_MONTH_OF: Final = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split("|")}

_ZONE: Final = r"(?: ?(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?"
_TIME: Final = (
    r"(?:[T ,]{1,2}[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?)?" + _ZONE + ")?"
)
_WORD: Final = r"([^\W\d_]{3,10})\.?"

_YEAR_FIRST: Final = re.compile(rf"([0-9]{{4}})([./-])([0-9]{{1,2}})\2([0-9]{{1,2}}){_TIME}")
_YEAR_LAST: Final = re.compile(rf"([0-9]{{1,2}})([./ -])([0-9]{{1,2}})\2([0-9]{{4}}|[0-9]{{2}}){_TIME}")
_COMPACT: Final = re.compile(r"(1[89][0-9]{2}|20[0-9]{2})([0-9]{2})([0-9]{2})")
_DAY_NAME: Final = re.compile(
    rf"([0-9]{{1,2}})(?:st|nd|rd|th|\.|\u00ba)?[ -](?:de |of )?{_WORD}[ ,-]{{1,2}}(?:de )?([0-9]{{4}}|[0-9]{{2}})"
    + _TIME
)
_NAME_DAY: Final = re.compile(rf"{_WORD} ([0-9]{{1,2}})(?:st|nd|rd|th)?,? ([0-9]{{4}}){_TIME}")
_KANJI: Final = re.compile(r"([0-9]{4})年 ?([0-9]{1,2})月 ?([0-9]{1,2})日")

OLDEST: Final = 120
"""Years: nobody alive is older, but for a handful."""


def read_date(text: str, *, today: date) -> date | None:
    """The day that a text stands for, with or without a time of day; None if it is none.

    Days before months are tried second: `03/04/1985` is 4 March here, which matters to nobody who only asks whether it
    is a day. A year of two digits is the latest that is not after `today`.
    """
    for pattern, read in _READERS:
        parts = pattern.fullmatch(text)
        if parts is not None:
            return read(parts, today)
    return None


def is_birth_date(text: str, *, today: date) -> bool:
    """Whether a text is a day on which somebody who lives, or lived till lately, can have been born."""
    day = read_date(text, today=today)
    return day is not None and today.year - OLDEST <= day.year and day <= today


def _year(text: str, today: date) -> int:
    """A year of four digits, or the latest of two that is not after today."""
    if len(text) == 4:
        return int(text)
    year = today.year // 100 * 100 + int(text)
    return year if year <= today.year else year - 100


def _day(year: int, month: int, day: int) -> date | None:
    """The day, or None where the calendar has none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _read_year_first(parts: re.Match[str], today: date) -> date | None:
    return _day(_year(parts[1], today), int(parts[3]), int(parts[4]))


def _read_year_last(parts: re.Match[str], today: date) -> date | None:
    year, first, second = _year(parts[4], today), int(parts[1]), int(parts[3])
    return _day(year, first, second) or _day(year, second, first)


def _read_numbers(parts: re.Match[str], today: date) -> date | None:
    return _day(_year(parts[1], today), int(parts[2]), int(parts[3]))


def _read_day_name(parts: re.Match[str], today: date) -> date | None:
    return _day(_year(parts[3], today), _MONTH_OF.get(parts[2].lower(), 0), int(parts[1]))


def _read_name_day(parts: re.Match[str], today: date) -> date | None:
    return _day(_year(parts[3], today), _MONTH_OF.get(parts[1].lower(), 0), int(parts[2]))


_READERS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], date | None]], ...]] = (
    (_YEAR_FIRST, _read_year_first),
    (_YEAR_LAST, _read_year_last),
    (_COMPACT, _read_numbers),
    (_DAY_NAME, _read_day_name),
    (_NAME_DAY, _read_name_day),
    (_KANJI, _read_numbers),
)
