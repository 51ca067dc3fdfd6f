"""Points on the earth and postal codes."""

import re
from typing import Final

_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,3}[.,][0-9]{3,15}°?")
_PAIR: Final = re.compile(
    r"(?:geo:|POINT ?|[(\[{]|\"?lat(?:itude)?\"? ?[:=] ?)*"
    r"([+-]?[0-9]{1,3}\.[0-9]{2,15})°? ?([NS]?)(?: ?[,;/|] ?| +)"
    r"(?:\"?(?:lon|lng|longitude)\"? ?[:=] ?)?"
    r"([+-]?[0-9]{1,3}\.[0-9]{2,15})°? ?([EW]?)[)\]}]{0,2}",
    re.IGNORECASE,
)
_SEXAGESIMAL: Final = re.compile(
    r"([0-9]{1,2})° ?([0-5]?[0-9])['\u2032\u2019] ?(?:([0-5]?[0-9](?:\.[0-9]+)?)[\"\u2033\u201d] ?)?[NS][, ]{1,2}"
    r"([0-9]{1,3})° ?([0-5]?[0-9])['\u2032\u2019] ?(?:([0-5]?[0-9](?:\.[0-9]+)?)[\"\u2033\u201d] ?)?[EWO]"
)
_ZIP: Final = re.compile(r"(?!000)[0-9]{5}(?:[- ][0-9]{4})?")
_UK_AREAS: Final = (
    "AB|AL|B|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|E|EC|EH|EN|EX|FK|FY|G|"
    "GL|GU|GY|HA|HD|HG|HP|HR|HS|HU|HX|IG|IM|IP|IV|JE|KA|KT|KW|KY|L|LA|LD|LE|LL|LN|LS|LU|M|ME|MK|ML|N|NE|NG|NN|NP|NR|NW|"
    "OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|S|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR|TS|TW|UB|W|WA|WC|WD|"
    "WF|WN|WR|WS|WV|YO|ZE"
)
_UK_POSTCODE: Final = re.compile(rf"(?:GIR ?0AA|(?:{_UK_AREAS})[0-9][0-9A-HJKMNPR-Y]? ?[0-9][ABD-HJLNP-UW-Z]{{2}})")
_CA_POSTCODE: Final = re.compile(r"[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z][ -]?[0-9][ABCEGHJ-NPRSTV-Z][0-9]")


def is_latitude(text: str) -> bool:
    """Decimal degrees north or south: within 90, and with three decimals, about 100 m, or more."""
    return _DECIMAL.fullmatch(text) is not None and abs(float(text.rstrip("°").replace(",", "."))) <= 90


def is_longitude(text: str) -> bool:
    """Decimal degrees east or west: within 180, and with three decimals or more."""
    return _DECIMAL.fullmatch(text) is not None and abs(float(text.rstrip("°").replace(",", "."))) <= 180


def is_coordinates(text: str) -> bool:
    """A point: `52.5200, 13.4050`, `POINT (13.4050 52.5200)`, `geo:52.52,13.40`, `52°31'12" N, 13°24'18" E`.

    Source: RFC 5870 (geo), OGC 06-103r4 (POINT, which has the longitude first).
    """
    pair = _PAIR.fullmatch(text)
    if pair is not None:
        first, second = abs(float(pair[1])), abs(float(pair[3]))
        return (first <= 180 and second <= 90) if text[:5].upper() == "POINT" else (first <= 90 and second <= 180)
    degrees = _SEXAGESIMAL.fullmatch(text)
    return degrees is not None and int(degrees[1]) < 90 and int(degrees[4]) < 180


def is_us_zip(text: str) -> bool:
    """A US ZIP code of five digits, or nine; nothing begins with 000."""
    return _ZIP.fullmatch(text) is not None


def is_uk_postcode(text: str) -> bool:
    """A UK postcode of one of the 124 areas.

    Source: BS 7666; Royal Mail, Programmers' Guide to PAF (letters of each place).
    """
    return _UK_POSTCODE.fullmatch(text.upper()) is not None


def is_ca_postal_code(text: str) -> bool:
    """A Canadian postal code: letters without D, F, I, O, Q and U, no W or Z first.

    Source: Canada Post, Addressing Guidelines.
    """
    return _CA_POSTCODE.fullmatch(text.upper()) is not None
