"""Phone numbers that regulators keep for fiction, written as the original is."""

import re
from dataclasses import dataclass
from typing import Final

from anonspark.pii.fakes.draws import Draw, Maker
from anonspark.pii.fakes.same_shape import same_shape
from anonspark.pii.normalize import normalized

_AREAS: Final = """
201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240 248 251 252 253
254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316 317 318 319 320 321 323
325 330 331 334 336 337 339 347 351 352 360 361 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419 423
425 432 434 435 440 443 469 478 479 480 484 501 502 503 504 505 507 508 509 510 512 513 515 516 517 518 520 530 540
541 559 561 562 563 567 570 571 573 574 580 585 586 601 602 603 605 606 607 608 609 610 612 614 615 616 617 618 619
620 623 626 630 631 636 641 646 650 651 660 661 662 678 682 701 702 703 704 706 707 708 712 713 714 715 716 717 718
719 720 724 727 731 732 734 740 754 757 760 763 765 770 772 773 774 775 781 785 786 801 802 803 804 805 806 808 810
812 813 814 815 816 817 818 828 830 831 832 843 845 847 848 850 856 857 858 859 860 862 863 864 865 870 901 903 904
906 907 908 909 910 912 913 914 915 916 917 918 919 920 925 928 931 936 937 940 941 947 949 951 952 954 956 970 971
972 973 978 979 980 985 989
"""

US_AREAS: Final = tuple(_AREAS.split())
"""Areas of the United States; 555-0100 to 555-0199 are for fiction in each of them (ATIS)."""


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers that are for fiction.

    Attributes:
        start: Their first digits within the country, without the 0 that is dialled before them.
        free: How many digits follow, any of which are.
    """

    start: str
    free: int


@dataclass(frozen=True, slots=True)
class Country:
    """A country with such numbers.

    Attributes:
        code: Its calling code.
        fixed: Of fixed lines.
        mobile: Of mobile phones; empty where they are not told apart.
        mobile_start: How mobile numbers begin.
        trunk: What is dialled before a number within the country.
    """

    code: str
    fixed: tuple[Range, ...]
    mobile: tuple[Range, ...] = ()
    mobile_start: tuple[str, ...] = ()
    trunk: str = "0"


def _ranges(free: int, starts: str) -> tuple[Range, ...]:
    return tuple(Range(start, free) for start in starts.split())


US: Final = Country("1", tuple(Range(f"{area}55501", 2) for area in US_AREAS), trunk="1")
COUNTRIES: Final = (
    US,
    # Ofcom, numbers for use in TV and radio drama.
    Country(
        "44",
        _ranges(3, "2079460 1134960 1144960 1154960 1164960 1174960 1184960 1214960 1314960 1414960 1514960 1614960")
        + _ranges(3, "1914980 2896496 2920180 1632960"),
        _ranges(3, "7700900"),
        ("7",),
    ),
    # Bundesnetzagentur, Amtsblatt 7/2021, notice 148.
    Country(
        "49",
        _ranges(3, "3023125 6990009 4066969 2214710 8999998"),
        _ranges(2, "17139200 176040690"),
        ("15", "16", "17"),
    ),
    # Arcep, plan de numerotation, numbers for audiovisual works.
    Country("33", _ranges(4, "19900 26191 35301 46571 53649"), _ranges(4, "63998"), ("6", "7")),
    # ACMA, numbers for use in radio, books, film and TV.
    Country("61", _ranges(4, "27010 37010 77010 87010"), (Range("491570", 3),), ("4",)),
)

OF_TYPE: Final = {"us_phone": "1", "uk_phone": "44"}
OF_LOCALE: Final = {"US": "1", "CA": "1", "GB": "44", "DE": "49", "FR": "33", "AU": "61"}

LOCAL_US: Final = 7
"""Digits of a US number without its area."""

NOBODY: Final = "999"
"""A calling code that the ITU keeps in reserve; numbers of countries without a range for fiction go there."""

_NORTH_AMERICAN: Final = re.compile(r"(?:1?[2-9][0-9]{2})?[2-9][0-9]{6}")

_EXTENSION: Final = re.compile(r"\s*(?:x|ext\.?|extension|#)\s*[0-9]+\s*$", re.IGNORECASE | re.ASCII)


def phone(text: str, maker: Maker) -> str:
    """A number of the same country from its range for fiction, else one of a country that there is not.

    Ranges are small: 100 numbers an area of the United States and 29,000 in all, so that fakes are not unique. Numbers
    that have to be joined are better tokenized or encrypted. An extension is drawn, too.
    """
    extension = _EXTENSION.search(text)
    main = text[: extension.start()] if extension else text
    digits = "".join(symbol for symbol in main if symbol.isdecimal() and symbol.isascii())
    head, country, number = _parts(main.strip(), digits, maker)
    draw = maker.draw("phone", f"{country.code if country else ''} {number or normalized(main, 'phone')}")
    tail = re.sub("[0-9]", lambda _: draw.text(1), extension[0]) if extension else ""
    if not digits or len(digits) < sum(map(str.isdecimal, main)):  # none, or of another script
        return same_shape([text], maker)[0]
    if country is None:
        return _in_place(main, head + draw.text(max(len(digits) - len(head), 6))) + tail
    if country is US and len(number) == LOCAL_US:
        return _in_place(main, "55501" + draw.text(2)) + tail
    return _in_place(main, head + _within(number, country, draw)) + tail


def _parts(text: str, digits: str, maker: Maker) -> tuple[str, Country | None, str]:
    """What stays before a number, its country, and the number within it; what begins one of no country."""
    abroad = digits[: len(digits) - len(digits.lstrip("0"))] if digits.startswith("00") else ""
    if text.startswith("+") or abroad:
        country = next((each for each in COUNTRIES if digits[len(abroad) :].startswith(each.code)), None)
        if country is None:
            return abroad + NOBODY, None, ""
        national = digits[len(abroad) + len(country.code) :]
        # As in +44 (0)20
        trunk = "0" if national.startswith("0") else ""
        return abroad + country.code + trunk, country, national.removeprefix("0")
    country = _home(digits, maker)
    if country is None:
        # No subscriber has a number that begins with 00, which is how calls to abroad do.
        return "00", None, ""
    trunk = country.trunk if digits.startswith(country.trunk) and (country is not US or len(digits) == 11) else ""
    return trunk, country, digits[len(trunk) :]


def _home(digits: str, maker: Maker) -> Country | None:
    """The country of a number that names none: that of the type, of the locale, else for ten digits the US."""
    code = OF_TYPE.get(maker.pii_type or "") or OF_LOCALE.get((maker.locale or "_US").partition("_")[2], "")
    if code == "1" and not _NORTH_AMERICAN.fullmatch(digits):
        return None
    return next((each for each in COUNTRIES if each.code == code), None)


def _within(number: str, country: Country, draw: Draw) -> str:
    is_mobile = bool(country.mobile) and number.startswith(country.mobile_start)
    ranges = country.mobile if is_mobile else country.fixed
    fitting = [each for each in ranges if len(each.start) + each.free == len(number)] or list(ranges)
    chosen = draw.choice(fitting)
    return chosen.start + draw.text(chosen.free)


def _in_place(text: str, digits: str) -> str:
    """Digits where the text has its own; what is too many stands at the last place, what is too few is left out."""
    places = [place for place, symbol in enumerate(text) if symbol.isdecimal() and symbol.isascii()]
    symbols = list(text)
    for number, place in enumerate(places):
        last = number == len(places) - 1
        symbols[place] = digits[number:] if last else digits[number : number + 1]
    return "".join(symbols)
