"""Telephone numbers by the numbering plans that `phonenumbers` knows; many numbers, many regions, few microseconds."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

EU_REGIONS: Final = tuple("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())  # noqa: SIM905

REGIONS: Final = (
    "US",
    "GB",
    *EU_REGIONS,
    *"CH NO IS AU NZ IN JP KR CN HK TW SG MY TH VN ID PH BR MX AR CL CO PE ZA NG KE EG MA IL TR UA RU SA AE".split(),  # noqa: SIM905
)
"""Whose national numbers are recognized without a country code."""

_FICTION: Final = {
    "GB": r"7700900[0-9]{3}|1632960[0-9]{3}|1(?:1[3-8]|21|31|41|51|61)4960[0-9]{3}|1914980[0-9]{3}",
    "FR": r"(?:19900|26191|35301|46571|53649|63998)[0-9]{4}",
}
"""Numbers that Ofcom and Arcep keep for films, and so people who make data up; no plan has them."""

_KINDS: Final = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "uan")

_TAIL: Final = r"[ ,]{0,2}(?:x|ext\.?|extension|app\.?|int\.?|#)[ ]?[0-9]{1,6}"
_SHAPE: Final = re.compile(
    rf"(?:tel:)?\(?(?:\+|00|011)?[ ]?\(?[0-9][0-9 ().\-/]{{4,22}}[0-9](?:{_TAIL})?", re.IGNORECASE
)
_EXTENSION: Final = re.compile(f"{_TAIL}$", re.IGNORECASE)
_NANP: Final = re.compile(r"1?([2-9])(?!11)[0-9]{2}([2-9])(?!11)[0-9]{6}")
_NO_PHONE: Final = re.compile(
    r"[0-9]{1,2}[./-][0-9]{1,2}[./-](?:[0-9]{2}|[0-9]{4})(?:[ T].*)?"  # 31.12.1985
    r"|[0-9]{4}[./-][0-9]{1,2}(?:[./-][0-9]{1,2}(?:[ T].*)?)?"  # 1985-12-31
    r"|(?:1[89]|20)[0-9]{2}[ ]?[-/][ ]?(?:1[89]|20)[0-9]{2}"  # 2019-2020
    r"|[0-9]{3}-[0-9]{2}-[0-9]{4}"  # a social security number
    r"|[0-9]{5}-[0-9]{4}"  # a ZIP+4
    r"|-?[0-9]+\.[0-9]+"  # a decimal number
    r"|[0-9]{1,3}(?:\.[0-9]{1,3}){3}"  # an IP address
)
_GROUPED: Final = re.compile(r"[0-9)][ .\-/][(0-9]|[()]")


def digits_of(text: str) -> tuple[str, str] | None:
    """The digits of a number as it is written, and the prefix of its country code; None if it is no number.

    `+49 (0) 30 1234` has +, `0049 30 1234` has 00 and `(030) 1234 ext. 5` has none; an extension is left out.
    """
    if _SHAPE.fullmatch(text) is None or _NO_PHONE.fullmatch(text):
        return None
    bare = _EXTENSION.sub("", text).lower().removeprefix("tel:").strip()
    digits = re.sub(r"[^0-9]", "", bare.replace("(0)", ""))
    if len(digits) < 6:
        return None
    if bare.lstrip("(").startswith("+"):
        return digits, "+"
    for international in ("00", "011"):
        if bare.startswith(international) and len(digits) - len(international) >= 8:
            return digits[len(international) :], international
    return digits, ""


def is_national(digits: str, region: str) -> bool:
    """Whether digits without a country code are a number of a region, with or without its trunk prefix."""
    return _plan(region).fullmatch(digits) is not None


def is_international(digits: str, prefix: str, regions: Sequence[str] | None = None) -> bool:
    """Whether digits that begin with a country code are a number, of one of the regions if some are named.

    Behind + hardly anything else is written, so the country's lengths suffice; behind 00 the number has to be in its
    numbering plan.
    """
    import phonenumbers

    if not 7 <= len(digits) <= 17:
        return False
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return False
    region = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(
        number.country_code or 0
    )
    if regions is not None and region not in regions:
        return False
    if prefix == "+":
        return phonenumbers.is_possible_number(number)
    return phonenumbers.is_valid_number(number)


def is_us_phone(text: str) -> bool:
    """A number of the United States.

    Written in groups or with the country code it has the form of the North American plan (no area or exchange below
    200 or ending in 11), since areas are opened faster than lists of them; ten bare digits have an area in use.

    Source: NANPA, numbering plan; ATIS-0300055.
    """
    found = digits_of(text)
    if found is None:
        return False
    digits, prefix = found
    if prefix and not digits.startswith("1"):
        return False
    if prefix or _GROUPED.search(text):
        return _NANP.fullmatch(digits) is not None and (not prefix or len(digits) == 11)
    return len(digits) in (10, 11) and is_national(digits, "US")


def is_uk_phone(text: str) -> bool:
    """A number of the United Kingdom, or of its islands: from 0 or from +44."""
    return _is_of(text, ("GB", "GG", "JE", "IM"), national=("GB",), trunk=True)


def is_eu_phone(text: str) -> bool:
    """A number of a member of the European Union: with a country code, in groups, or from 0."""
    return _is_of(text, EU_REGIONS, national=EU_REGIONS, trunk=False)


def is_intl_phone(text: str) -> bool:
    """A number that begins with its country code."""
    found = digits_of(text)
    return found is not None and found[1] != "" and is_international(*found)


def is_phone(text: str) -> bool:
    """A number of anywhere; bare digits suffice, so only beside other evidence."""
    found = digits_of(text)
    if found is None:
        return False
    digits, prefix = found
    if prefix and not digits.startswith("1"):
        return is_international(digits, prefix)
    if prefix:
        return is_us_phone(text) or is_international(digits, prefix)
    return is_us_phone(text) or any(is_national(digits, region) for region in REGIONS)


def _is_of(text: str, regions: Sequence[str], *, national: Sequence[str], trunk: bool) -> bool:
    """Whether a number is of one of the regions.

    Without a country code it begins with 0 or, unless a trunk prefix is a must, is written in groups.
    """
    found = digits_of(text)
    if found is None:
        return False
    digits, prefix = found
    if prefix:
        return is_international(digits, prefix, regions)
    if not (digits.startswith("0") or (not trunk and _GROUPED.search(text))):
        return False
    return any(is_national(digits, region) for region in national)


@cache
def _plan(region: str) -> re.Pattern[str]:
    """All numbers of a region as one pattern, an optional trunk prefix before them."""
    from phonenumbers import PhoneMetadata

    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None:
        msg = f"phonenumbers has no numbering plan of {region}"
        raise LookupError(msg)
    kinds = (getattr(metadata, kind) for kind in _KINDS)
    patterns = {kind.national_number_pattern for kind in kinds if kind is not None and kind.national_number_pattern}
    trunk = metadata.national_prefix_for_parsing if metadata.national_prefix_transform_rule is None else None
    if region in _FICTION:
        patterns.add(_FICTION[region])
    prefix = f"(?:{trunk or metadata.national_prefix})?" if trunk or metadata.national_prefix else ""
    return re.compile(f"{prefix}(?:{'|'.join(sorted(patterns))})")
