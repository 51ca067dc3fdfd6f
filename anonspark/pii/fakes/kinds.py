"""Which fakes a type of personal data gets."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final

from anonspark.pii.fakes import digital, names, numbers, phones, places
from anonspark.pii.fakes.draws import HEXADECIMAL, Maker
from anonspark.pii.fakes.form import in_form_of
from anonspark.pii.fakes.same_shape import same_shape
from anonspark.pii.normalize import normalized

One = Callable[[str, Maker], str]
Many = Callable[[Sequence[str], Maker], list[str]]

OTHER_TRIES: Final = 64
"""Attempts at a fake that is not the value itself."""

_CODES: Final = """
passport us_passport uk_passport eu_passport drivers_license us_drivers_license vin in_pan uk_driving_licence
vehicle_id license_plate national_id fr_nir es_nif it_codice_fiscale mx_curp tax_id eu_vat certificate_license
employee_id student_id customer_id ca_sin other_unique_id swift_bic account_number loan_number
medical_record_number dea_number npi health_plan_id us_mbi uk_postcode ca_postal_code postal_code us_zip
se_personnummer cvv in_aadhaar br_cpf pl_pesel nl_bsn za_id_number de_steuer_id au_tfn pin service_code
uk_nhs_number imsi
"""

CODES: Final = frozenset(_CODES.split())
"""Types whose separators and capitals say nothing: `AB 123` and `ab123` get one code, each in its own form."""


def codes(texts: Sequence[str], maker: Maker) -> list[str]:
    """Codes of the same shape, one to one on what the values are without separators and in capitals."""
    plain = [normalized(text, maker.pii_type) for text in texts]
    return [in_form_of(text, fake) for text, fake in zip(texts, same_shape(plain, maker), strict=True)]


def each(one: One) -> Many:
    """A maker of many from one of one, which is asked again where it gives the value itself."""

    def make(texts: Sequence[str], maker: Maker) -> list[str]:
        return [_other_than(text, one, maker) for text in texts]

    return make


def _other_than(text: str, one: One, maker: Maker) -> str:
    """What a maker gives, unless it is the value itself: then what it gives with another key."""
    if not any(map(str.isalnum, text)):
        return text
    found = one(text, maker)
    if not _are_one(found, text):
        return found
    for attempt in range(OTHER_TRIES):
        again = Maker(maker.draw("again", text, attempt).text(32, HEXADECIMAL).encode(), maker.locale, maker.pii_type)
        found = one(text, again)
        if not _are_one(found, text):
            return found
    return same_shape([text], maker)[0]


def _are_one(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


_MAKERS: Final[Mapping[str, One]] = {
    "name": names.full_name,
    "cardholder_name": names.full_name,
    "first_name": names.first_name,
    "middle_name": names.first_name,
    "last_name": names.last_name,
    "maiden_name": names.last_name,
    "email": names.email,
    "username": names.username,
    "social_handle": names.username,
    "ssn": numbers.ssn,
    "itin": numbers.ssn,
    "ein": numbers.ein,
    "uk_nino": numbers.uk_nino,
    "credit_card": numbers.credit_card,
    "amex": numbers.credit_card,
    "iban": numbers.iban,
    "us_routing_number": numbers.us_routing_number,
    "imei": numbers.imei,
    **dict.fromkeys(("phone", "us_phone", "uk_phone", "eu_phone", "intl_phone", "fax"), phones.phone),
    "uuid": digital.uuid,
    "advertising_id": digital.uuid,
    **dict.fromkeys(("ip_address", "ipv4", "ipv6"), digital.ip_address),
    "mac_address": digital.mac_address,
    "url": digital.url,
    "ethereum_address": digital.ethereum_address,
    "bitcoin_address": digital.bitcoin_address,
    "user_agent": digital.user_agent,
    "address": places.address,
    **dict.fromkeys(("city", "county", "location"), places.from_pool("city")),
    "state": places.region("state", "state_abbr"),
    "country": places.region("country", "country_code"),
    "nationality": places.from_pool("country"),
    "bank_name": places.from_pool("company"),
    "job_title": places.from_pool("job"),
    "age": places.age,
    **dict.fromkeys(("latitude", "longitude", "coordinates"), places.coordinates),
}

BY_TYPE: Final[Mapping[str, Many]] = MappingProxyType(
    {kind: each(one) for kind, one in _MAKERS.items()} | dict.fromkeys(CODES, codes)
)
"""Makers by type; dates have `dates`, and all others `same_shape`."""

DATES: Final = frozenset(("date", "date_of_birth", "expiration_date"))


def maker_of(pii_type: str | None, *, day_first: bool = False) -> Many:
    """The maker of a type's fakes; of one that has none, and of values without a type, the one of the same shape."""
    if pii_type in DATES:
        return each(partial(places.day, day_first=day_first))
    return BY_TYPE.get(pii_type or "", same_shape)
