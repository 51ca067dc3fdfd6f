"""Places, companies, dates and measures: what many people share, so that fakes may repeat."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from anonspark.pii.date_texts import changed_text
from anonspark.pii.fakes.draws import Draw, Maker
from anonspark.pii.fakes.names import in_case_of
from anonspark.pii.fakes.same_shape import same_shape
from anonspark.pii.normalize import normalized
from anonspark.pii.pools import locale_of, pool

BAND_YEARS: Final = 5
"""A date of birth and an age stay within their five years."""

_MONTH_AND_YEAR: Final = re.compile(r"(?:0[1-9]|1[0-2])[/-]?(?:[0-9]{2}|[0-9]{4})")

_YEAR: Final = re.compile(r"(?:1[89]|20)[0-9]{2}")

_COORDINATE: Final = re.compile(r"([+-]?)([0-9]{1,3})(?:\.([0-9]+))?")


def from_pool(kind: str) -> Callable[[str, Maker], str]:
    """A maker of fakes that Faker calls by a name."""

    def make(text: str, maker: Maker) -> str:
        draw = maker.draw(kind, normalized(text, maker.pii_type))
        found = draw.choice(pool(kind, locale_of(text, maker.locale)))
        return in_case_of(text, found)

    return make


def region(long: str, short: str) -> Callable[[str, Maker], str]:
    """A maker of names, or of codes where the original is one of two or three capitals."""
    of_name, of_code = from_pool(long), from_pool(short)
    return lambda text, maker: (of_code if len(text.strip()) <= 3 and text.isupper() else of_name)(text, maker)


def address(text: str, maker: Maker) -> str:
    """A street, or a whole address where the original has several parts, with digits drawn anew."""
    draw = maker.draw("address", normalized(text, "address"))
    locale = locale_of(text, maker.locale)
    found = draw.choice(pool("street_address", locale))
    if "," in text or "\n" in text:
        separator = "\n" if "\n" in text else ", "
        places = draw.choice(pool("postcode", locale)), draw.choice(pool("city", locale))
        found = separator.join([found, " ".join(places)])
    return in_case_of(text, re.sub("[0-9]", lambda digit: _digit(draw, digit[0]), found))


def _digit(draw: Draw, digit: str) -> str:
    return digit if digit == "0" else str(draw.below(9) + 1)


def day(text: str, maker: Maker, *, day_first: bool) -> str:
    """Another day of the same five years, in the same form; of a year another one of them, of a month another month."""

    def another(was: date) -> date:
        draw = maker.draw("day", was.isoformat())
        first = date(max(was.year // BAND_YEARS * BAND_YEARS, 1), 1, 1)
        last = date(min(first.year // BAND_YEARS * BAND_YEARS + BAND_YEARS - 1, 9999), 12, 31)
        drawn = first + timedelta(draw.below((last - first).days))
        return last if drawn == was else drawn

    found = changed_text(text, another, day_first=day_first)
    if found is not None:
        return found
    draw = maker.draw("month", normalized(text, None))
    if _YEAR.fullmatch(text.strip()):
        return age(text.strip(), maker)
    if not _MONTH_AND_YEAR.fullmatch(text.strip()):
        return same_shape([text], maker)[0]
    return f"{draw.below(12) + 1:02}{text.strip()[2:]}"


def age(text: str, maker: Maker) -> str:
    """Another age of the same five years."""
    draw = maker.draw("age", normalized(text, None))
    try:
        years = int(text)
    except ValueError:
        return re.sub("[0-9]", lambda _: draw.text(1), text)
    start = years // BAND_YEARS * BAND_YEARS
    return str(start + (years - start + 1 + draw.below(BAND_YEARS - 1)) % BAND_YEARS)


def coordinates(text: str, maker: Maker) -> str:
    """Other degrees with as many decimals, the first of a pair up to 90; a latitude stays one."""
    draw = maker.draw("coordinates", normalized(text, None))
    limits = [180] if maker.pii_type == "longitude" else [90, 180]

    def another(found: re.Match[str]) -> str:
        decimals = len(found[3] or "")
        limit = (limits.pop(0) if limits else 180) * 10**decimals
        return f"{(draw.below(2 * limit + 1) - limit) / 10**decimals:.{decimals}f}"

    return _COORDINATE.sub(another, text)
