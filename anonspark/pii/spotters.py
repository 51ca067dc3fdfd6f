"""What personal data looks like in the middle of a text."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from anonspark.pii.context_words import CONTEXT
from anonspark.pii.streets import STREET_ENDINGS, STREET_TYPES_FIRST, STREET_TYPES_LAST
from anonspark.pii.validators import VALIDATORS


@dataclass(frozen=True, slots=True)
class Spotter:
    """A shape inside texts.

    Attributes:
        pii_type: What it is when it is one.
        pattern: RE2's syntax, without word boundaries, which are added; a group, if there is one, is the value.
        score: How sure it is on its own.
        told: How sure it is with a context word, or where its pattern has one.
        context: Key of `CONTEXT`.
        check: Whether the value is real.
        unless: Key of `CONTEXT`: words before it that tell that it is something else.
        prefilter: A wider and cheaper pattern for RE2, a must where `pattern` has other letters than ASCII in a class.
        alone: How sure it is of a cell that holds nothing else, where columns of such cells are often of no person.
        apart: It is none among other groups of digits: tracking numbers are written like telephone numbers.
        wide: It takes in what else is found within it.
        unproven: How sure it is with a context word though the check fails; a number typed wrong is still a number.
    """

    pii_type: str
    pattern: str
    score: float
    told: float = 0.0
    context: str | None = None
    check: Callable[[str], bool] | None = None
    unless: str | None = None
    prefilter: str | None = None
    alone: float | None = None
    apart: bool = False
    wide: bool = False
    unproven: float = 0.0


def _checked(
    pii_type: str,
    pattern: str,
    score: float,
    told: float = 0.0,
    context: str | None = None,
    unproven: float = 0.0,
    *,
    prefilter: str | None = None,
) -> Spotter:
    """A shape that its type's validator decides."""
    return Spotter(
        pii_type,
        pattern,
        score,
        told or score,
        context,
        VALIDATORS[pii_type],
        prefilter=prefilter,
        alone=0.7 if pii_type == "date" else None,
        wide=pii_type in {"url", "credential", "magnetic_stripe"},
        unproven=unproven,
    )


def _is_no_year(text: str) -> bool:
    """Whether a text is neither a year nor two, which stand behind the same words: `policy 2024-2025`."""
    return re.fullmatch(r"(?:19|20)[0-9]{2}(?:[-/](?:19|20)?[0-9]{2})?", text) is None


_LINK: Final = (
    r"[\"']?(?:[ _-](?:no|nr|num|number|code|id|is|was|are|ist|lautet|est|es|è|é|of)\.?){0,3}[\"']?[ :=#]{1,4}[\"']?"
)


def _keyed(pii_type: str, keys: str, value: str, score: float = 0.85) -> Spotter:
    """A value of hardly any shape behind the words that name it: `MRN: 00123456`."""
    return Spotter(pii_type, f"(?i:{keys}){_LINK}({value})", score, score, check=_is_no_year)


_Q: Final = "'\u2019"
_HIGH: Final = "\u00c0-\uffff"
_CAPITALIZED: Final = rf"[A-ZÀ-Þ][\w.{_Q}À-ÿ-]{{0,30}}"
_NAME_OF_PLACE: Final = rf"{_CAPITALIZED}(?: {_CAPITALIZED}){{0,3}}"

_TRUNK: Final = r"\(?0[1-9][0-9]{0,4}\)?(?:[ ./-][0-9]{2,8}){1,5}"
_VAT_COUNTRIES: Final = "AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK"
_NAMED_DATE: Final = (
    r"(?:[0-9]{1,2}(?:st|nd|rd|th|\.)? (?:of |de )?[A-Za-zÀ-ÿ]{3,10}\.?,? (?:de )?[0-9]{4}"
    r"|[A-Z][a-z]{2,8}\.? [0-9]{1,2}(?:st|nd|rd|th)?,? [0-9]{4})"
)
_STATES: Final = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|PA|"
    "RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|DC|PR"
)
_ARTICLES: Final = "de|de la|de los|de l'|du|des|la|le|les|del|di|dei|della|delle|da|do|dos|das"
_BEGIN: Final = "(?:^|[^A-Za-z])"
_END: Final = "(?:$|[^A-Za-z])"
_US_TAIL: Final = (
    r"(?: (?:NW|NE|SW|SE|N|S|E|W|North|South|East|West)(?:\b|$))?"
    r"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Flat|Room|Rm|No|#)\.? ?#?[A-Za-z0-9-]{1,6})?"
    rf"(?:,?\s{{1,2}}{_NAME_OF_PLACE},?\s{{1,2}}[A-Z]{{2}}(?:\s[0-9]{{5}}(?:-[0-9]{{4}})?)?)?"
)


def _address(pattern: str, prefilter: str | None = None) -> Spotter:
    """A street with its number, and what follows it."""
    return Spotter("address", pattern, 0.85, prefilter=prefilter, wide=True)


def _is_long_eu_phone(text: str) -> bool:
    """A number of the European Union in groups from 0, long enough to be hardly anything else."""
    return sum(map(str.isdigit, text)) >= 9 and VALIDATORS["eu_phone"](text)


SPOTTERS: Final[tuple[Spotter, ...]] = (
    # Digital: their grammar is their proof.
    _checked(
        "credential",
        r"(?:AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abposr]-|[spr]k_(?:live|test)_|AIza|eyJ)[A-Za-z0-9_.+/=-]{16,900}",
        0.98,
        prefilter="AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abposr]-|k_(?:live|test)_|AIza|eyJ",
    ),
    _checked(
        "url",
        r"(?i:https?://|ftp://|www\.)[^\s<>\"'{}|\\^\x60]{2,900}[^\s<>\"'{}|\\^\x60.,;:!?)\]]",
        0.95,
        prefilter=r"://|(?i:www)\.",
    ),
    _checked(
        "email", rf"[\w.!%+'~{_HIGH}-]{{1,64}}@(?:[\w{_HIGH}-]{{1,63}}\.){{1,6}}[A-Za-z]{{2,24}}", 0.95, prefilter="@"
    ),
    _checked("uuid", r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", 0.9),
    _checked("ethereum_address", r"0x[0-9a-fA-F]{40}", 0.95),
    _checked("bitcoin_address", r"(?:bc1[02-9ac-hj-np-z]{11,87}|[13][1-9A-HJ-NP-Za-km-z]{25,34})", 0.95),
    _checked("mac_address", r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}", 0.9),
    Spotter("ipv4", r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", 0.85, 0.95, "ip", VALIDATORS["ipv4"], "version", alone=0.75),
    _checked("ipv6", r"(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}", 0.9),
    # Payment: prefix, length and check digit.
    _checked("magnetic_stripe", r"(?:%B[0-9]{12,19}\^[^^?]{2,26}\^|;[0-9]{12,19}=)[0-9]{7,40}\?", 0.99),
    _checked("iban", r"(?i:[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)", 0.98),
    _checked("amex", r"3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}", 0.9, 0.99, "card"),
    _checked(
        "credit_card",
        r"[2-6][0-9]{3}(?:[ -][0-9]{4}){2}[ -][0-9]{1,7}|[2-6][0-9]{14,18}|1800[0-9]{11}"
        r"|3[0689][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{4}",
        0.85,
        0.99,
        "card",
        0.85,
    ),
    _checked("credit_card", r"[2-6][0-9]{11,13}", 0.5, 0.95, "card"),
    _keyed("cvv", CONTEXT["cvv"], r"[0-9]{3,4}"),
    _keyed(
        "expiration_date",
        "exp|expires|expiry|expiration|expiration date|exp date|gültig bis|vencimiento|validade|scadenza",
        r"(?:0?[1-9]|1[0-2])/(?:20)?[0-9]{2}",
    ),
    # Numbers of states that prove themselves by letters and sums.
    _checked("it_codice_fiscale", r"[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]", 0.95),
    _checked("mx_curp", r"[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[0-9A-Z][0-9]", 0.95),
    _checked("uk_driving_licence", r"[A-Z9]{5} ?[0-9]{6} ?[A-Z9]{2}[0-9A-Z][A-Z]{2}", 0.9, 0.95, "licence"),
    _checked("us_mbi", r"[1-9][A-Z][A-Z0-9][0-9]-?[A-Z][A-Z0-9][0-9]-?[A-Z]{2}[0-9]{2}", 0.85, 0.95, "plan"),
    _checked("uk_nino", r"[A-Z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]", 0.85, 0.95, "nino"),
    _checked("dea_number", r"[A-HJ-MPRSTUX][A-Z9][0-9]{7}", 0.85),
    _checked("in_pan", r"[A-Z]{3}[ABCFGHJKLPT][A-Z][0-9]{4}[A-Z]", 0.85),
    _checked("es_nif", r"(?:[0-9]{8}-?[A-HJ-NP-TV-Z]|[XYZ]-?[0-9]{7}-?[A-HJ-NP-TV-Z])", 0.85, 0.95, "nif"),
    _checked("vin", r"[A-HJ-NPR-Z0-9]{13}[0-9]{4}", 0.8, 0.95, "vin"),
    _checked("br_cpf", r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", 0.95),
    _checked("br_cpf", r"[0-9]{11}", 0.3, 0.9, "cpf"),
    _checked("fr_nir", r"[12378] ?[0-9]{2} ?[0-9]{2} ?[0-9][0-9AB] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}", 0.9, 0.98, "nir"),
    _checked("in_aadhaar", r"[2-9][0-9]{3}[ -][0-9]{4}[ -][0-9]{4}", 0.8, 0.95, "aadhaar"),
    _checked("in_aadhaar", r"[2-9][0-9]{11}", 0.3, 0.9, "aadhaar"),
    _checked("se_personnummer", r"(?:[0-9]{2})?[0-9]{6}[-+][0-9]{4}", 0.85, 0.95, "personnummer"),
    _checked("ssn", r"[0-9]{3}-[0-9]{2}-[0-9]{4}", 0.85, 0.95, "ssn", 0.85),
    _checked("itin", r"9[0-9]{2}-[0-9]{2}-[0-9]{4}", 0.85, 0.95, "itin"),
    _checked("ssn", r"[0-9]{3} ?[0-9]{2} ?[0-9]{4}", 0.4, 0.9, "ssn"),
    _checked("ca_sin", r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}", 0.4, 0.9, "sin"),
    _checked("ein", r"[0-9]{2}-[0-9]{7}", 0.5, 0.9, "ein"),
    _checked("de_steuer_id", r"[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}", 0.5, 0.95, "steuer"),
    _checked("nl_bsn", r"[0-9]{4}[. ]?[0-9]{2}[. ]?[0-9]{3}", 0.3, 0.95, "bsn"),
    _checked("pl_pesel", r"[0-9]{11}", 0.4, 0.95, "pesel"),
    _checked("za_id_number", r"[0-9]{13}", 0.4, 0.9, "za"),
    _checked("au_tfn", r"[0-9]{3} ?[0-9]{3} ?[0-9]{2,3}", 0.3, 0.9, "tfn"),
    _checked("uk_nhs_number", r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}", 0.4, 0.96, "nhs"),
    _checked("npi", r"[12][0-9]{9}", 0.4, 0.95, "npi"),
    _checked("us_routing_number", r"[0-9]{9}", 0.4, 0.92, "routing"),
    _checked("imei", r"[0-9]{2}-?[0-9]{6}-?[0-9]{6}-?[0-9]", 0.5, 0.95, "imei"),
    _checked("imsi", r"[0-9]{14,15}", 0.3, 0.9, "imsi"),
    _checked("eu_vat", rf"(?:{_VAT_COUNTRIES}) ?[0-9A-Z]{{2,5}}(?:[ .]?[0-9A-Z]{{2,6}}){{1,3}}", 0.5, 0.92, "vat"),
    _checked("swift_bic", r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", 0.4, 0.95, "swift"),
    # Telephones, the most specific plan first.
    _checked(
        "us_phone",
        r"(?:\+?1[ .-]?)?(?:\([0-9]{3}\) ?|[0-9]{3}[ .-])[0-9]{3}[ .-][0-9]{4}(?: ?(?:x|ext\.?) ?[0-9]{1,6})?",
        0.85,
        0.95,
        "phone",
    ),
    Spotter("us_phone", r"\+1[ .-]\(?[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}|\([0-9]{3}\) ?[0-9]{3}-[0-9]{4}", 0.82),
    _checked("us_phone", r"[2-9][0-9]{9}", 0.3, 0.9, "phone"),
    _checked("phone", r"0[5-9]0-[0-9]{4}-[0-9]{4}", 0.86, 0.96, "phone"),  # mobile numbers of Japan
    _checked(
        "uk_phone", r"(?:\+44 ?(?:\(0\) ?)?|\(?0)[0-9]{2,5}\)?[ -]?[0-9]{3,4}[ -]?[0-9]{3,4}", 0.85, 0.95, "phone"
    ),
    _checked("eu_phone", r"(?:\+|00)[1-9][0-9](?:[ ./-]?\(?[0-9]{1,5}\)?){2,6}", 0.87, 0.95, "phone"),
    _checked("intl_phone", r"(?:\+|00)[1-9](?:[ ./-]?\(?[0-9]{1,5}\)?){2,7}", 0.86, 0.95, "phone"),
    Spotter("eu_phone", _TRUNK, 0.82, 0.93, "phone", _is_long_eu_phone, apart=True),
    _checked("eu_phone", _TRUNK, 0.6, 0.9, "phone"),
    _checked("phone", r"\(?[0-9]{2,5}\)?(?:[ .-][0-9]{2,5}){1,4}|[0-9]{9,12}", 0.3, 0.85, "phone"),
    # Dates and ages.
    _checked("date_of_birth", r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}", 0.5, 0.95, "birth"),
    _checked(
        "date_of_birth",
        _NAMED_DATE,
        0.5,
        0.95,
        "birth",
    ),
    _checked(
        "date", r"(?:[0-9]{4}[./-][0-9]{1,2}[./-][0-9]{1,2}|[0-9]{1,2}[./-][0-9]{1,2}[./-](?:[0-9]{4}|[0-9]{2}))", 0.8
    ),
    _checked(
        "date",
        _NAMED_DATE,
        0.8,
    ),
    _checked("date_of_birth", r"[0-9]{4}年 ?[0-9]{1,2}月 ?[0-9]{1,2}日", 0.5, 0.95, "birth"),
    _checked("date", r"[0-9]{4}年 ?[0-9]{1,2}月 ?[0-9]{1,2}日", 0.85, 0.85),
    Spotter(
        "age",
        r"([0-9]{1,3})(?: |-)?(?i:years?(?: |-)old|yrs?\.? old|year-olds?|y/o|yo"
        r"|jahre alt|ans|años|anos de idade|anni|jaar oud|歳)",
        0.85,
        0.85,
        None,
        VALIDATORS["age"],
    ),
    Spotter(
        "age",
        r"(?i:aged|age|age of|alter|âge|edad|idade|età|leeftijd|年齢)[\"']?(?: is| of|:| =)?[ \"']{0,2}([0-9]{1,3})",
        0.85,
        0.85,
        None,
        VALIDATORS["age"],
    ),
    Spotter("age", r"(?i:just|'ll|will|she|he|i) turn(?:s|ed)? ([0-9]{1,3})", 0.82),
    # Places.
    _address(
        rf"[0-9]{{1,6}}[A-Za-z]?,? (?:[A-ZÀ-Þ0-9][\w.{_Q}À-ÿ-]{{0,30}} ){{1,4}}(?i:{STREET_TYPES_LAST})\.?{_US_TAIL}",
        rf"(?i)[0-9].*{_BEGIN}(?:{STREET_TYPES_LAST}){_END}",
    ),
    _address(
        rf"[A-ZÀ-Þ][\wÀ-ÿ.-]{{0,40}}(?: |-)?(?:[\wÀ-ÿ]{{1,20}}[ -]){{0,2}}?(?i:{STREET_ENDINGS})"
        rf" [0-9]{{1,4}} ?[a-zA-Z]?(?:,? (?:[A-Z]{{1,2}}-)?[0-9]{{4,5}}(?: [A-Z]{{2}})? {_NAME_OF_PLACE})?",
        rf"(?i)(?:{STREET_ENDINGS}) [0-9]",
    ),
    _address(
        rf"(?:[0-9]{{1,5}}(?: ?bis| ?ter)?,? )(?i:{STREET_TYPES_FIRST})\.? (?:(?i:{_ARTICLES}) ?){{0,2}}"
        rf"{_NAME_OF_PLACE}(?:,? [0-9]{{5}} {_NAME_OF_PLACE})?",
        rf"(?i)[0-9].*{_BEGIN}(?:{STREET_TYPES_FIRST}){_END}",
    ),
    _address(
        rf"(?i:{STREET_TYPES_FIRST})\.? (?:(?i:{_ARTICLES}) ?){{0,2}}{_NAME_OF_PLACE},? ?"
        rf"(?:n[º°o.]{{0,2}} ?)?[0-9]{{1,5}}(?:,? [0-9]{{4,5}}(?:-[0-9]{{3}})? {_NAME_OF_PLACE})?",
        rf"(?i){_BEGIN}(?:{STREET_TYPES_FIRST}){_END}.*[0-9]",
    ),
    _address(
        rf"(?:[0-9]{{1,6}} )?{_NAME_OF_PLACE} [0-9]{{1,4}}\.?,?\s{{1,3}}(?:Apt|Suite|Ste|Unit)\.? [0-9]{{1,5}}",
        r"(?:Apt|Suite|Ste|Unit)\.? [0-9]",
    ),
    _address(r"(?:PSC|CMR|Unit) [0-9]{3,5},? Box [0-9]{2,5}(?:\s(?:APO|FPO|DPO),? A[AEP] [0-9]{5})?"),
    _address(r"(?i:p\.? ?o\.? ?box|postfach|postbus|apartado de correos|casella postale) [0-9]{1,6}"),
    Spotter(
        "us_zip",
        rf"(?:{_STATES}),? ([0-9]{{5}}(?:-[0-9]{{4}})?)",
        0.85,
        0.85,
        None,
        VALIDATORS["us_zip"],
    ),
    _keyed("postal_code", CONTEXT["zip"], r"(?:[A-Z]{1,2}-)?[0-9]{3,5}(?:[ -][0-9]{2,4})?", 0.82),
    _checked("us_zip", r"[0-9]{5}(?:-[0-9]{4})?", 0.4, 0.88, "zip"),
    _checked("uk_postcode", r"[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}", 0.85),
    _checked("ca_postal_code", r"[A-Z][0-9][A-Z][ -][0-9][A-Z][0-9]", 0.85),
    _checked("ca_postal_code", r"[A-Z][0-9][A-Z][0-9][A-Z][0-9]", 0.4, 0.85, "zip"),
    _checked("coordinates", r"-?[0-9]{1,3}\.[0-9]{3,15}°?,? {0,2}-?[0-9]{1,3}\.[0-9]{3,15}", 0.8, 0.95, "place"),
    _keyed("latitude", "lat|latitude|breite|breitengrad|latitud|latitudine|緯度", r"[+-]?[0-9]{1,2}\.[0-9]{3,15}"),
    _keyed(
        "longitude",
        "lon|lng|long|longitude|länge|längengrad|longitud|longitudine|経度",
        r"[+-]?[0-9]{1,3}\.[0-9]{3,15}",
    ),
    # What only its name tells.
    _keyed("medical_record_number", CONTEXT["mrn"], r"[A-Z]{0,4}-?[0-9][0-9-]{3,14}"),
    _keyed(
        "health_plan_id",
        "member id|subscriber id|policy|insurance id|beneficiary id|versichertennummer",
        r"[A-Z]{0,4}-?[0-9][A-Z0-9-]{4,14}",
    ),
    _keyed("passport", CONTEXT["passport"], r"[A-Z]{0,2}[0-9]{6,9}|[A-Z0-9]{2}[0-9]{4,7}"),
    _keyed(
        "drivers_license",
        r"driver'?s? (?:license|licence)|driving licen[cs]e|dl|führerschein|permis de conduire|rijbewijs",
        r"[A-Z]{0,3}-?[0-9][A-Z0-9-]{4,16}",
    ),
    _keyed(
        "account_number",
        r"account|acct|a/c|kontonummer|konto|compte|cuenta|rekening|口座番号",
        r"[0-9][0-9 -]{5,19}[0-9]",
    ),
    _keyed(
        "license_plate",
        r"licen[cs]e plate|plate|kennzeichen|immatriculation|matrícula|targa|kenteken",
        r"[A-Z0-9]{1,4}[ -]?[A-Z0-9]{2,4}[ -]?[A-Z0-9]{0,4}",
    ),
    _keyed(
        "password",
        r"password|passwd|pwd|passwort|kennwort|mot de passe|contraseña|senha|wachtwoord|パスワード",
        r"[^\s\"',;]{6,64}",
        0.8,
    ),
    _keyed("pin", r"pin|pin code|geheimzahl", r"[0-9]{4,6}", 0.8),
    Spotter(
        "social_handle", r"@[A-Za-z_][A-Za-z0-9_.]{1,28}[A-Za-z0-9_]", 0.4, 0.85, "handle", VALIDATORS["social_handle"]
    ),
)
"""More specific before less: of equals the first wins."""
