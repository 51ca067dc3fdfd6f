"""Values made less precise, each type of personal data in its own way; what is none of the type becomes `*`.

Texts out, nullable as the values are, whatever the type of the values.
"""

from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from math import isfinite
from types import MappingProxyType
from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F

from anonspark.domain.treatments import Generalize
from anonspark.pii.workers import text_column
from anonspark.vocabulary import SUPPRESSED, DataKind

DATES: Final = frozenset({"date", "date_of_birth", "expiration_date"})
POSTCODES: Final = frozenset({"us_zip", "uk_postcode", "ca_postal_code", "postal_code"})
ADDRESSES: Final = frozenset({"ip_address", "ipv4", "ipv6"})
PLACES: Final = frozenset({"latitude", "longitude"})

POSTCODE_KEPT: Final = 3
IPV4_PREFIX, IPV6_PREFIX = 24, 48
AGE_BIN: Final = 10

OLDEST: Final = 89
"""Ages above it are one group: 45 CFR 164.514 (b)(2)(i)(C)."""

PLACE_DECIMALS: Final = 1
"""Of degrees: about 11 km."""

SPARSE_ZIP3: Final = (
    "036", "059", "063", "102", "203", "205", "369", "556", "692", "753", "772", "790", "821", "823", "830", "831",
    "878", "879", "884", "890", "893",
)  # fmt: skip
"""First three digits of US ZIP codes whose areas had 20,000 people or fewer, by the census of 2000 or that of 2010.

Source: Office for Civil Rights, Guidance Regarding Methods for De-identification of PHI (2012), question on ZIP codes,
which lists the 17 of 2000; with the ZIP Code Tabulation Areas of 2010 come 205, 369, 753 and 772. An area that has
grown since is left out too, which is less precise and never less safe.
"""

DATE_LEVELS: Final = ("month", "quarter", "year", "decade")
"""What `levels` of dates counts."""

Way = Callable[[Column, Generalize, DataKind], Column]


def generalize(value: Column, action: Generalize, pii_type: str | None, kind: DataKind) -> Column:
    """Each value in the less precise form that its kind and type have; null stays null.

    Args:
        value: As it is in the table, not cast to text.
        action: How far.
        pii_type: What the column holds, where that is known.
        kind: Of the values.

    Raises:
        ValueError: There is no such form; see `way_of`.
    """
    way = way_of(action, pii_type, kind)
    if way is None:
        raise ValueError("this column cannot be generalized so")
    return F.when(value.isNotNull(), F.coalesce(way(value, action, kind), F.lit(SUPPRESSED)))


def way_of(action: Generalize, pii_type: str | None, kind: DataKind) -> Way | None:
    """How a column is generalized; None where it cannot be, or not by what the action sets."""
    way, settings = _way(pii_type, kind, action)
    given = {name for name in ("to", "bin_size", "keep", "prefix", "levels") if getattr(action, name) is not None}
    return way if given <= settings else None


def _way(pii_type: str | None, kind: DataKind, action: Generalize) -> tuple[Way | None, frozenset[str]]:
    """The way of a column, and what it can be told."""
    if kind in (DataKind.DATE, DataKind.TIMESTAMP):
        return _dates, frozenset({"to", "levels"})
    if pii_type in BY_TYPE and kind in (DataKind.TEXT, DataKind.WHOLE, DataKind.DECIMAL):
        way, settings = BY_TYPE[str(pii_type)]
        if action.keep is None or "keep" in settings:
            return way, settings
    if kind in (DataKind.WHOLE, DataKind.DECIMAL) and action.bin_size is not None:
        return _bins, frozenset({"bin_size"})
    if kind is DataKind.TEXT and action.keep is not None:
        return _prefixes, frozenset({"keep"})
    if kind is DataKind.TEXT and action.to is not None:
        return _date_texts, frozenset({"to"})
    return None, frozenset()


def fitting_settings(pii_type: str | None, kind: DataKind) -> tuple[str, ...]:
    """What `generalize` can be told of a column, for a message; empty where it cannot be generalized at all."""
    tried = {
        "to": Generalize(to="year"),
        "bin_size": Generalize(bin_size=10),
        "keep": Generalize(keep=3),
        "prefix": Generalize(prefix=16),
        "levels": Generalize(levels=1),
    }
    return tuple(name for name, action in tried.items() if way_of(action, pii_type, kind) is not None)


def _unit(action: Generalize) -> str:
    if action.levels is not None:
        return DATE_LEVELS[min(action.levels, len(DATE_LEVELS)) - 1]
    return action.to or "year"


def _dates(value: Column, action: Generalize, kind: DataKind) -> Column:  # noqa: ARG001  all ways have one signature
    """2024-03, 2024-Q1, 2024, 2020s."""
    return _labels(_padded(F.year(value), 4), _padded(F.month(value), 2), _unit(action))


def _labels(year: Column, month: Column, unit: str) -> Column:
    match unit:
        case "month":
            return F.concat_ws("-", year, month)
        case "quarter":
            quarter = F.floor((month.cast("int") + 2) / 3).cast("string")
            return F.when(month.isNotNull(), F.concat(year, F.lit("-Q"), quarter)).otherwise(year)
        case "decade":
            return F.concat(F.substring(year, 1, 3), F.lit("0s"))
        case _:
            return year


def _date_texts(value: Column, action: Generalize, kind: DataKind) -> Column:  # noqa: ARG001
    """Dates with a year of four digits, and MM/YY; where day and month could be either, the year alone.

    2024-03-05, 2024/03/05, 20240305, 05.03.2024, 25/03/2024, 03/25/2024 with or without a time, 2024-03, 03/2024.
    """
    text = F.btrim(value)
    rest = r"(?:[T ].*)?$"
    year_first = r"^([0-9]{4})([-/.]?)([0-9]{1,2})(?:\2[0-9]{1,2})?" + rest
    year_last = r"^([0-9]{1,2})([-/. ])([0-9]{1,2})\2([0-9]{4})" + rest
    card = r"^(0?[1-9]|1[0-2])[-/]([0-9]{2})$"
    month_year = r"^(0?[1-9]|1[0-2])[-/.]([0-9]{4})$"
    one, two = (F.regexp_extract(text, year_last, group).try_cast("int") for group in (1, 3))
    dotted = F.regexp_extract(text, year_last, 2) == "."
    month_of_last = F.when(dotted | ((one > 12) & (two <= 12)), two).when((two > 12) & (one <= 12), one)
    month_of_last = F.when(one == two, one).otherwise(month_of_last)

    def labels(year: Column, month: Column) -> Column:
        plausible = F.when(month.between(1, 12), month)
        return _labels(year, _padded(plausible, 2), _unit(action))

    return (
        F.when(
            text.rlike(year_first),
            labels(F.regexp_extract(text, year_first, 1), F.regexp_extract(text, year_first, 3).try_cast("int")),
        )
        .when(text.rlike(year_last), labels(F.regexp_extract(text, year_last, 4), month_of_last))
        .when(
            text.rlike(month_year),
            labels(F.regexp_extract(text, month_year, 2), F.regexp_extract(text, month_year, 1).try_cast("int")),
        )
        .when(
            text.rlike(card),
            labels(
                F.concat(F.lit("20"), F.regexp_extract(text, card, 2)),
                F.regexp_extract(text, card, 1).try_cast("int"),
            ),
        )
        .when(text.rlike("^[0-9]{4}$"), labels(text, F.lit(None).cast("int")))
    )


def _bins(value: Column, action: Generalize, kind: DataKind) -> Column:  # noqa: ARG001
    """`[20, 30)`: half-open, aligned at 0."""
    return _bin_labels(_number(value), action.bin_size or 1.0)


def _bin_labels(number: Column, size: float) -> Column:
    digits = max(0, -_exponent(size))
    lower = F.floor(number / F.lit(size))
    bounds = [_plain(F.round((lower + shift) * F.lit(size), digits), digits) for shift in (0, 1)]
    return F.when(number.isNotNull(), F.concat(F.lit("["), bounds[0], F.lit(", "), bounds[1], F.lit(")")))


def _ages(value: Column, action: Generalize, kind: DataKind) -> Column:  # noqa: ARG001
    """`[30, 40)`; above 89 always `90+`, and the bin below ends there."""
    size = action.bin_size or AGE_BIN * (2 ** ((action.levels or 1) - 1))
    number = _number(value)
    lower = F.floor(number / F.lit(size)) * F.lit(size)
    digits = max(0, -_exponent(size))
    upper = F.least(lower + F.lit(size), F.lit(float(OLDEST + 1)))
    label = F.concat(
        F.lit("["),
        _plain(F.round(lower, digits), digits),
        F.lit(", "),
        _plain(F.round(upper, digits), digits),
        F.lit(")"),
    )
    return F.when(number > OLDEST, F.lit(f"{OLDEST + 1}+")).when(number >= 0, label)


def _places(value: Column, action: Generalize, kind: DataKind) -> Column:  # noqa: ARG001
    """Degrees rounded to one decimal, or to bins."""
    number = _number(value)
    if action.bin_size is not None:
        return _bin_labels(number, action.bin_size)
    decimals = max(0, PLACE_DECIMALS + 1 - (action.levels or 1))
    return F.round(number, decimals).cast("string")


def _coordinates(value: Column, action: Generalize, kind: DataKind) -> Column:  # noqa: ARG001
    """Both numbers of a pair rounded to one decimal of a degree."""
    decimals = max(0, PLACE_DECIMALS + 1 - (action.levels or 1))
    pair = r"^[(\[]?\s*([-+]?[0-9]{1,3}(?:\.[0-9]+)?)\s*[,; ]\s*([-+]?[0-9]{1,3}(?:\.[0-9]+)?)\s*[)\]]?$"
    numbers = [F.round(F.regexp_extract(F.btrim(value), pair, group).try_cast("double"), decimals) for group in (1, 2)]
    return F.when(numbers[0].isNotNull() & numbers[1].isNotNull(), F.concat_ws(", ", *numbers))


def _zips(value: Column, action: Generalize, kind: DataKind) -> Column:  # noqa: ARG001
    """`021**`; `000**` where fewer than 20,000 people share the first three digits, as HIPAA asks.

    Five digits, those of ZIP+4 too; numbers that have lost the zeros before them get these back.
    """
    text = value.cast("string")
    text = F.btrim(text)
    text = F.when(text.rlike("^[0-9]{3,5}$"), F.lpad(text, 5, "0")).otherwise(text)
    kept = _kept(action)
    begin = F.left(text, F.lit(min(kept, 5)))
    if kept <= POSTCODE_KEPT:
        begin = F.when(F.left(text, F.lit(3)).isin(*SPARSE_ZIP3), F.lit("0" * kept)).otherwise(begin)
    is_zip = text.rlike("^[0-9]{5}(?:[- ]?[0-9]{4})?$")
    return F.when(is_zip, F.concat(begin, F.lit("*" * max(0, 5 - kept))))


def _kept(action: Generalize) -> int:
    if action.levels is not None:
        return max(0, POSTCODE_KEPT + 1 - action.levels)
    return POSTCODE_KEPT if action.keep is None else action.keep


def _postcodes(value: Column, action: Generalize, kind: DataKind) -> Column:  # noqa: ARG001
    """The first characters, and a `*` for each other one."""
    return _starred(F.btrim(value.cast("string")), _kept(action))


def _prefixes(value: Column, action: Generalize, kind: DataKind) -> Column:  # noqa: ARG001
    """The first characters, and a `*` for each other one."""
    return _starred(value, action.keep or 0)


def _starred(text: Column, kept: int) -> Column:
    return F.concat(F.left(text, F.lit(kept)), F.repeat(F.lit("*"), F.greatest(F.length(text) - kept, F.lit(0))))


def _ipv4(value: Column, action: Generalize, kind: DataKind) -> Column:  # noqa: ARG001
    """`192.0.2.0/24`."""
    bits = _prefix4(action)
    octet = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
    text = F.btrim(value)
    parts = [F.element_at(F.split(text, r"\."), place).try_cast("int") for place in (1, 2, 3, 4)]
    kept = [max(0, min(8, bits - 8 * place)) for place in range(4)]
    octets = [
        part if n == 8 else F.lit(0) if n == 0 else part - F.pmod(part, F.lit(2 ** (8 - n)))
        for part, n in zip(parts, kept, strict=True)
    ]
    network = F.concat(F.concat_ws(".", *[each.cast("string") for each in octets]), F.lit(f"/{bits}"))
    return F.when(text.rlike(rf"^{octet}(?:\.{octet}){{3}}$"), network)


def _prefix4(action: Generalize) -> int:
    """A prefix of more bits than an address has is meant for IPv6."""
    if action.levels is not None:
        return max(0, IPV4_PREFIX - 8 * (action.levels - 1))
    return IPV4_PREFIX if action.prefix is None or action.prefix > 32 else action.prefix


def _addresses(value: Column, action: Generalize, kind: DataKind) -> Column:  # noqa: ARG001
    """`192.0.2.0/24`, `2001:db8::/48`."""
    bits4 = _prefix4(action)
    bits6 = IPV6_PREFIX if action.prefix is None else action.prefix
    if action.levels is not None:
        bits6 = max(0, IPV6_PREFIX - 16 * (action.levels - 1))
    # Addresses with colons alone go to Python.
    with_colons = F.when(F.contains(value, F.lit(":")), value)
    network = text_column(lambda text: network_of(text, bits4, bits6), with_colons)
    return F.coalesce(network, _ipv4(value, action, DataKind.TEXT))


def network_of(text: str, bits4: int, bits6: int) -> str | None:
    """The network of an IP address; None where the text is none.

    >>> network_of("2001:db8:1:2::3", 24, 48)
    '2001:db8:1::/48'
    """
    try:
        address: IPv4Address | IPv6Address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    bits = bits4 if isinstance(address, IPv4Address) else bits6
    return str(ip_network((address, bits), strict=False))


def _emails(value: Column, action: Generalize, kind: DataKind) -> Column:  # noqa: ARG001
    """`*@example.com`: the domain alone, which is one person's own more often than one thinks."""
    domain = F.substring_index(value, "@", -1)
    return F.when(F.contains(value, F.lit("@")), F.concat(F.lit("*@"), F.lower(F.btrim(domain))))


def _icd10(value: Column, action: Generalize, kind: DataKind) -> Column:  # noqa: ARG001
    """The category of an ICD-10 code (`E11`), with two levels its letter."""
    code = F.upper(F.btrim(value))
    return F.when(
        code.rlike(r"^[A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?$"),
        F.left(code, F.lit(3 if (action.levels or 1) == 1 else 1)),
    )


def _padded(number: Column, digits: int) -> Column:
    return F.lpad(number.cast("string"), digits, "0")


def _number(value: Column) -> Column:
    """As a finite double, null where it is none."""
    number = value.try_cast("double")
    return F.when(~F.isnan(number) & (F.abs(number) < F.lit(1e300)), number)


def _plain(number: Column, digits: int) -> Column:
    """A number without an exponent, with so many decimals."""
    return number.try_cast(f"decimal(38,{digits})").cast("string")


def _exponent(size: float) -> int:
    """Of the last decimal of a number: 0 of whole ones, -2 of 0.25."""
    if not isfinite(size) or size == int(size):
        return 0
    text = f"{size:.12f}".rstrip("0")
    return -len(text.partition(".")[2])


BY_TYPE: Final[Mapping[str, tuple[Way, frozenset[str]]]] = MappingProxyType(
    {
        **dict.fromkeys(DATES, (_date_texts, frozenset({"to", "levels"}))),
        **dict.fromkeys(POSTCODES, (_postcodes, frozenset({"keep", "levels"}))),
        "us_zip": (_zips, frozenset({"keep", "levels"})),
        **dict.fromkeys(ADDRESSES, (_addresses, frozenset({"prefix", "levels"}))),
        "ipv4": (_ipv4, frozenset({"prefix", "levels"})),
        **dict.fromkeys(PLACES, (_places, frozenset({"bin_size", "levels"}))),
        "coordinates": (_coordinates, frozenset({"levels"})),
        "age": (_ages, frozenset({"bin_size", "levels"})),
        "email": (_emails, frozenset({"levels"})),
        "diagnosis": (_icd10, frozenset({"levels"})),
    }
)
"""How the values of types are generalized, and what of `config` says how far."""
