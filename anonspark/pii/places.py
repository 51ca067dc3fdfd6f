"""Points on the earth, postal codes and street addresses."""

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

STREET_TYPES_LAST: Final = (
    "street|st|avenue|ave|av|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|place|pl|square|sq|terrace|ter|trail|trl|"
    "parkway|pkwy|circle|cir|highway|hwy|crescent|close|way|alley|row|mews|gardens|grove"
)
STREET_TYPES_FIRST: Final = (
    "rue|chemin|impasse|allée|quai|cours|route|passage|avenue|av|boulevard|bd|place|square|"
    "calle|c/|avenida|avda|plaza|paseo|camino|carrera|ronda|travesía|callejón|glorieta|pasaje|"
    "rua|r|travessa|alameda|praça|rodovia|largo|estrada|via|viale|piazza|corso|vicolo|contrada|strada|borgo|piazzale|"
    "ulica|ul|aleja|jalan|jl|calea|ул|улица|ulitsa"
)
STREET_ENDINGS: Final = (
    "straße|strasse|str\\.|str|weg|gasse|platz|allee|damm|ufer|chaussee|steig|straat|laan|plein|gracht|singel|"
    "dijk|gatan|gata|vägen|stigen|gade|vej|veien|katu|utca"
)
_TITLED: Final = re.compile(
    rf"(?<!\w)[0-9]{{1,6}}[A-Za-z]?,? (?:[^\W_a-z][\w.'\u2019-]* ){{1,4}}(?i:{STREET_TYPES_LAST})(?!\w)"
)
_WHOLE: Final = re.compile(
    rf"[0-9]{{1,6}}[a-z]?,? (?:[\w.'\u2019-]+ ){{1,4}}(?:{STREET_TYPES_LAST})(?!\w)\.?(?:,.{{0,80}}"
    rf"| ?#.{{0,10}}| (?:apt|suite|ste|unit|[ns]?[ew]|[ns])(?!\w).{{0,40}})?",
    re.IGNORECASE,
)
_ROMANCE: Final = re.compile(
    rf"(?<![\w])(?:(?:[0-9]{{1,5}} ?(?:bis|ter|quater)?,? )(?:{STREET_TYPES_FIRST})\.? [^\W\d_][\w.'\u2019 -]{{2,60}}"
    rf"|(?:{STREET_TYPES_FIRST})\.? [^\W_][\w.'\u2019 -]{{2,60}}?,? ?(?:n[º°.] ?)?[0-9]{{1,5}}(?!\w))",
    re.IGNORECASE,
)
_GERMANIC: Final = re.compile(rf"[^\W\d_](?: |-)?(?:{STREET_ENDINGS}) [0-9]{{1,5}}(?! ?[%€$])(?![0-9])", re.IGNORECASE)
_JAPANESE: Final = re.compile(
    r"[都道府県市区町村郡].{1,20}[0-9\uff10-\uff19一二三四五六七八九十]+(?:丁目|番地?|号|[-\uff0d\u2212\u2010][0-9\uff10-\uff19]+)"
)
_POST_BOX: Final = re.compile(
    r"(?<!\w)(?:p\.? ?o\.? ?box|postfach|postbus|apartado|casella postale|boîte postale) ?[0-9]+", re.IGNORECASE
)
_HOUSE_NUMBER: Final = re.compile(r"[0-9]")
_PARTS_OF_STREET: Final = frozenset({"AddressNumber", "StreetName", "StreetNamePostType"})


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


def is_address(text: str) -> bool:
    """A street with a number, or a post office box.

    A word for a street in its place, in one of a dozen languages, beside a house number suffices; otherwise
    `usaddress` has to see a house number and a street with its type.
    """
    if _POST_BOX.search(text):
        return True
    if not 5 <= len(text) <= 300 or _HOUSE_NUMBER.search(text) is None:
        return False
    if _WHOLE.fullmatch(text) or any(street.search(text) for street in (_TITLED, _ROMANCE, _GERMANIC, _JAPANESE)):
        return True
    return len(text) <= 100 and _has_us_street(text)


def _has_us_street(text: str) -> bool:
    """Whether `usaddress`, which never says no, sees a house number and a street with a type."""
    import usaddress

    return {label for _, label in usaddress.parse(text)} >= _PARTS_OF_STREET
