"""Whether a text is a real value of a type: check digits, calendars, numbering plans; by the catalogue's ids.

A validator takes a cell as it was found, with blanks around it and separators in it, and never raises. It answers
whether the value can be one, not whether the column is one: five digits are a ZIP code and many other things.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Final, TypeAlias

from anonspark.pii import cards, checksums, dates, phones, places, wallets
from anonspark.pii.digital import (
    is_credential,
    is_email,
    is_ip,
    is_ipv4,
    is_ipv6,
    is_mac_address,
    is_password_hash,
    is_url,
    is_user_agent,
    is_uuid,
)
from anonspark.pii.streets import is_address

Validator: TypeAlias = Callable[[str], bool]

LONGEST: Final = 512
"""Characters; a longer cell is a text, whatever stands in it."""

_SEPARATED: Final = re.compile(r"[0-9A-Z](?:[ ./\-]{0,3}[0-9A-Z])*")
_SEPARATORS: Final = re.compile(r"[ ./\-]+")
_DASHES: Final = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\uff0d", "-") | dict.fromkeys("\u00a0\u2007\u202f", " ")
)

_NATIONAL: Final = (  # noqa: SIM905
    "in_.aadhaar br.cpf fr.nir es.dni es.nie it.codicefiscale pl.pesel nl.bsn se.personnummer za.idnr mx.curp "
    "be.nn pt.cc dk.cpr no.fodselsnummer fi.hetu ch.ssn cz.rc ie.pps jp.in_ kr.rrn at.vnr cn.ric "
    "tr.tckimlik ro.cnp hr.oib bg.egn ee.ik lt.asmens gr.amka il.idnr th.pin cl.rut ec.ci my.nric"
).split()
"""Modules of python-stdnum: numbers that states give to persons."""

_FISCAL: Final = (  # noqa: SIM905
    "us.ein de.idnr in_.pan au.tfn eu.vat pt.nif br.cpf br.cnpj es.nif fr.nif it.iva it.codicefiscale pl.nip "
    "mx.rfc ch.uid gb.utr gb.vat ru.inn ar.cuit cl.rut co.nit tr.vkn in_.gstin za.tin nl.bsn"
).split()
"""Modules of python-stdnum: numbers that states give to those who pay taxes."""


def tidy(text: str) -> str:
    """A cell in the form that rules are written for: no blanks around it, ASCII digits, dashes and blanks.

    Full-width digits and letters, as Japanese systems store them, become the plain ones.
    """
    stripped = text.strip()
    return stripped if stripped.isascii() else unicodedata.normalize("NFKC", stripped.translate(_DASHES)).strip()


def compact(text: str) -> str:
    """A number alone: capitals and digits, without the separators between them; empty if there is anything else."""
    upper = text.upper()
    if upper.isascii() and upper.isalnum():
        return upper
    return _SEPARATORS.sub("", upper) if upper.isascii() and _SEPARATED.fullmatch(upper) else ""


def _plain(check: Validator) -> Validator:
    """A rule for the tidied text."""

    def validate(text: str) -> bool:
        return len(text) <= LONGEST and check(tidy(text))

    return validate


def _number(check: Validator) -> Validator:
    """A rule for a number without its separators."""

    def validate(text: str) -> bool:
        number = compact(tidy(text)) if len(text) <= LONGEST else ""
        return number != "" and check(number)

    return validate


@cache
def _library(module: str) -> Validator:
    """The rule of a module of python-stdnum, which is imported when it is first asked."""

    @cache
    def rule() -> Validator:
        is_valid: Validator = import_module(f"stdnum.{module}").is_valid
        return is_valid

    def check(text: str) -> bool:
        # Two zeros or four are nobody's number, though a sum over zeros may be right; no number is longer than 40.
        if not (text.isascii() and 6 <= len(text) <= 40) or text.strip("0 .-/") == "":
            return False
        try:
            return bool(rule()(compact(text) or text)) or bool(rule()(text))
        except (ValueError, IndexError, KeyError, AttributeError):  # a few modules take part of the text for digits
            return False

    return _plain(check)


def _any_of(*checks: Validator) -> Validator:
    """Whichever of the rules holds."""

    def validate(text: str) -> bool:
        return any(check(text) for check in checks)

    return validate


def _today() -> date:
    return datetime.now(UTC).date()


def _is_date(text: str) -> bool:
    day = dates.read_date(text, today=_today())
    return day is not None and 1850 <= day.year <= 2150


def _is_birth_date(text: str) -> bool:
    return dates.is_birth_date(text, today=_today())


def _within(low: int, high: int) -> Validator:
    """Whole numbers from low to high, also as the floats that they become beside nulls: 43.0."""
    shape = re.compile(r"([0-9]{1,4})(?:\.0+)?")

    def check(text: str) -> bool:
        number = shape.fullmatch(text)
        return number is not None and low <= int(number[1]) <= high

    return _plain(check)


def _is_in_pan(number: str) -> bool:
    """Five letters, four digits, a letter; the fourth tells the kind of holder, P for a person."""
    return re.fullmatch(r"[A-Z]{3}[ABCFGHJKLPT][A-Z][0-9]{4}[A-Z]", number) is not None and number[5:9] != "0000"


def _is_iban(text: str) -> bool:
    """Length and letters of the country, and ISO 7064's mod 97; check digits of banks within are not asked for."""
    from stdnum import iban

    return text.isascii() and 12 <= len(text) <= 50 and bool(iban.is_valid(text, check_country=False))


def _matches(pattern: str) -> Validator:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


_ssn = _number(checksums.is_ssn)
_itin = _number(checksums.is_itin)
_card = _number(cards.is_card_number)
_mbi = _number(checksums.is_us_mbi)
_nino = _number(checksums.is_uk_nino)
_ca_sin = _number(checksums.is_ca_sin)
_driver = _number(checksums.is_uk_driver_number)
_uuid = _plain(is_uuid)
_imei = _number(checksums.is_imei)
_imsi = _library("imsi")
_mac = _plain(is_mac_address)
_iban = _plain(_is_iban)
_phone = _plain(phones.is_phone)
_nhs = _library("gb.nhs")
_icd10 = _plain(lambda text: checksums.is_icd10(text.upper()))
_ndc = _plain(checksums.is_ndc)
_national = _any_of(_ssn, _nino, _ca_sin, _number(checksums.is_de_pension_number), *map(_library, _NATIONAL))
_fiscal = _any_of(_itin, *map(_library, _FISCAL))
_expiry = _plain(cards.is_expiry)
_coordinates = _plain(places.is_coordinates)
_longitude = _plain(places.is_longitude)  # every latitude is one too
_vin = _number(checksums.is_vin)

VALIDATORS: Final[Mapping[str, Validator]] = MappingProxyType(
    {
        # personal identity
        "ssn": _ssn,
        "date_of_birth": _plain(_is_birth_date),
        "date": _plain(_is_date),
        "age": _within(0, dates.OLDEST),
        "uk_driving_licence": _driver,
        "uk_nino": _nino,
        "ca_sin": _ca_sin,
        "ein": _library("us.ein"),
        "itin": _itin,
        "vin": _vin,
        "vehicle_id": _vin,
        "national_id": _national,
        "in_aadhaar": _library("in_.aadhaar"),
        "br_cpf": _library("br.cpf"),
        "fr_nir": _library("fr.nir"),
        "es_nif": _any_of(_library("es.dni"), _library("es.nie"), _library("es.nif")),
        "it_codice_fiscale": _library("it.codicefiscale"),
        "pl_pesel": _library("pl.pesel"),
        "nl_bsn": _library("nl.bsn"),
        "se_personnummer": _library("se.personnummer"),
        "za_id_number": _library("za.idnr"),
        "mx_curp": _library("mx.curp"),
        "tax_id": _fiscal,
        "de_steuer_id": _library("de.idnr"),
        "in_pan": _number(_is_in_pan),
        "au_tfn": _library("au.tfn"),
        "eu_vat": _library("eu.vat"),
        # contact
        "email": _plain(is_email),
        "phone": _phone,
        "us_phone": _plain(phones.is_us_phone),
        "intl_phone": _plain(phones.is_intl_phone),
        "uk_phone": _plain(phones.is_uk_phone),
        "eu_phone": _plain(phones.is_eu_phone),
        "fax": _phone,
        "address": _plain(is_address),
        "social_handle": _plain(_matches(r"@[A-Za-z_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?")),
        # financial
        "credit_card": _card,
        "amex": _number(cards.is_amex_number),
        "cvv": _plain(cards.is_cvv),
        "magnetic_stripe": _plain(cards.is_track),
        "expiration_date": _any_of(_expiry, _plain(_is_date)),
        "service_code": _plain(cards.is_service_code),
        "iban": _iban,
        "swift_bic": _library("bic"),
        "us_routing_number": _number(checksums.is_us_routing_number),
        "credit_score": _within(300, 850),
        # healthcare
        "dea_number": _number(checksums.is_dea_number),
        "npi": _number(checksums.is_npi),
        "us_mbi": _mbi,
        "uk_nhs_number": _nhs,
        "diagnosis": _icd10,
        "medication": _ndc,
        # geographic
        "us_zip": _plain(places.is_us_zip),
        "uk_postcode": _plain(places.is_uk_postcode),
        "ca_postal_code": _plain(places.is_ca_postal_code),
        "latitude": _plain(places.is_latitude),
        "longitude": _longitude,
        "coordinates": _coordinates,
        "geolocation": _any_of(_coordinates, _longitude),
        # digital
        "ip_address": _plain(is_ip),
        "ipv4": _plain(is_ipv4),
        "ipv6": _plain(is_ipv6),
        "mac_address": _mac,
        "url": _plain(is_url),
        "uuid": _uuid,
        "advertising_id": _uuid,
        "imei": _imei,
        "imsi": _imsi,
        "device_id": _any_of(_mac, _imei, _imsi, _uuid),
        "user_agent": _plain(is_user_agent),
        "password": _plain(is_password_hash),
        "credential": _plain(is_credential),
        # cryptocurrency
        "bitcoin_address": _plain(wallets.is_bitcoin_address),
        "ethereum_address": _plain(wallets.is_ethereum_address),
    }
)
"""By type id; types that no rule can tell from any other text have none."""
