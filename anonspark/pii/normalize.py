"""One spelling for what is the same value, so that one person gets one pseudonym.

Every rule is stated in words beside the code. Texts of ASCII characters are normalized by Spark's own functions, all
others by the same rule in Python, which alone knows Unicode's normal forms. The two agree on every ASCII text, which a
test proves. A step that runs in Python anyway calls `normalized` there instead.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F

from anonspark.pii.workers import text_column

_BLANKS: Final = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f "
"""The ASCII characters that Python's `str.strip` removes."""

_BLANK_RUN: Final = r"[\t\n\x0B\x0C\r\x1C-\x1F ]+"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, three times: in words, in Python for any text, and in Spark for texts of ASCII characters.

    Attributes:
        words: What it does, for documents and summaries.
        of_text: Text -> text.
        of_ascii: Column of texts -> column of texts; the same, as far as the texts are ASCII.
    """

    words: str
    of_text: Callable[[str], str]
    of_ascii: Callable[[Column], Column]


def normalized(text: str, pii_type: str | None) -> str:
    """The one spelling of a value of a type of personal data; of any value where there is no type.

    >>> normalized(" Alice@Example.COM ", "email"), normalized("+1 (212) 555-0123", "us_phone")
    ('alice@example.com', '2125550123')
    >>> normalized("gb82 west 1234", "iban"), normalized(" O'Neil ", None)
    ('GB82WEST1234', "O'Neil")
    """
    return _rule(pii_type).of_text(text)


def normalize(value: Column, pii_type: str | None) -> Column:
    """The one spelling of each value, as `normalized` has it; text in, text out, null stays null.

    Only values with characters beyond ASCII go to a Python worker.
    """
    rule = _rule(pii_type)
    # As many bytes as characters: ASCII. A Python function is computed for every row, whatever stands around it, but
    # a null costs next to nothing on the way there.
    is_ascii = F.octet_length(value) == F.length(value)
    others = text_column(rule.of_text, F.when(~is_ascii, value))
    return F.when(is_ascii, rule.of_ascii(value)).otherwise(others)


def rule_of(pii_type: str | None) -> str:
    """What `normalize` does with a type's values, in words.

    >>> rule_of("email")
    'Unicode NFC; blanks at the ends are removed; lower case'
    """
    return _rule(pii_type).words


def _rule(pii_type: str | None) -> Rule:
    return RULES.get(pii_type or "", ANY_TEXT)


def _any_text(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _lower_text(text: str) -> str:
    return unicodedata.normalize("NFC", _any_text(text).lower())


def _words(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()).lower())


def _code(text: str) -> str:
    kept = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text))).upper()
    return "".join(map(_ascii_digit, kept)) or _any_text(text)


def _digits(text: str, length: int = 0) -> str:
    kept = "".join(_ascii_digit(symbol) for symbol in text if symbol.isdecimal())
    return kept.rjust(length, "0") if kept else _any_text(text)


def _phone(text: str) -> str:
    return re.sub("^(?:00)+(?=.)", "", _digits(text))


def _us_phone(text: str) -> str:
    return re.sub("^1(?=[0-9]{10}$)", "", _phone(text))


def _ascii_digit(symbol: str) -> str:
    """A decimal digit of any script as one of 0 to 9; any other character as it is."""
    return str(unicodedata.decimal(symbol)) if symbol.isdecimal() else symbol


def _any_ascii(value: Column) -> Column:
    return F.btrim(value, F.lit(_BLANKS))


def _lower_ascii(value: Column) -> Column:
    return F.lower(_any_ascii(value))


def _words_ascii(value: Column) -> Column:
    return F.regexp_replace(_lower_ascii(value), _BLANK_RUN, " ")


def _code_ascii(value: Column) -> Column:
    return _unless_empty(F.upper(F.regexp_replace(value, "[^0-9A-Za-z]+", "")), value)


def _digits_ascii(value: Column, length: int = 0) -> Column:
    kept = F.regexp_replace(value, "[^0-9]+", "")
    padded = F.when(F.length(kept) < length, F.lpad(kept, length, "0")).otherwise(kept) if length else kept
    return F.when(F.length(kept) > 0, padded).otherwise(_any_ascii(value))


def _phone_ascii(value: Column) -> Column:
    return F.regexp_replace(_digits_ascii(value), "^(?:00)+(?=.)", "")


def _us_phone_ascii(value: Column) -> Column:
    return F.regexp_replace(_phone_ascii(value), "^1(?=[0-9]{10}$)", "")


def _unless_empty(kept: Column, value: Column) -> Column:
    return F.when(F.length(kept) > 0, kept).otherwise(_any_ascii(value))


_OR_TEXT: Final = "; a value without any is only freed of blanks at its ends"

ANY_TEXT: Final = Rule("Unicode NFC; blanks at the ends are removed", _any_text, _any_ascii)
LOWER: Final = Rule("Unicode NFC; blanks at the ends are removed; lower case", _lower_text, _lower_ascii)
WORDS: Final = Rule("Unicode NFC; runs of blanks become one; lower case", _words, _words_ascii)
CODE: Final = Rule("Only letters and digits are kept, in upper case" + _OR_TEXT, _code, _code_ascii)
DIGITS: Final = Rule("Only digits are kept" + _OR_TEXT, _digits, _digits_ascii)
PHONE: Final = Rule("Only digits are kept, without 00 before them" + _OR_TEXT, _phone, _phone_ascii)
US_PHONE: Final = Rule(
    "Only digits are kept, without 00 before them and without the 1 of the country before ten" + _OR_TEXT,
    _us_phone,
    _us_phone_ascii,
)


def _padded(length: int) -> Rule:
    words = f"Only digits are kept, {length} at least, with zeros before them{_OR_TEXT}"
    return Rule(words, partial(_digits, length=length), partial(_digits_ascii, length=length))


def _by_type() -> Mapping[str, Rule]:
    # Numbers that a reader took for integers have lost the zeros before them.
    types = {
        LOWER: "email username social_handle ip_address ipv4 ipv6",
        WORDS: (
            "name first_name last_name middle_name maiden_name cardholder_name address location city county state "
            "country nationality gender marital_status bank_name job_title employment_info education_info diagnosis "
            "medication blood_type disability political religious sexual_orientation trade_union race_ethnicity"
        ),
        CODE: (
            "passport us_passport uk_passport eu_passport drivers_license us_drivers_license uk_driving_licence "
            "uk_nino vin vehicle_id license_plate national_id fr_nir es_nif it_codice_fiscale mx_curp "
            "tax_id in_pan eu_vat certificate_license employee_id student_id customer_id other_unique_id iban "
            "swift_bic account_number loan_number medical_record_number dea_number health_plan_id us_mbi uk_postcode "
            "ca_postal_code postal_code mac_address uuid device_id advertising_id ethereum_address se_personnummer"
        ),
        DIGITS: (
            "ca_sin in_aadhaar br_cpf pl_pesel nl_bsn za_id_number de_steuer_id au_tfn credit_card amex cvv pin "
            "service_code npi uk_nhs_number imei imsi"
        ),
        PHONE: "phone intl_phone uk_phone eu_phone fax",
        US_PHONE: "us_phone",
        _padded(9): "ssn itin ein us_routing_number",
        _padded(5): "us_zip",
    }
    return MappingProxyType({name: rule for rule, names in types.items() for name in names.split()})


RULES: Final = _by_type()
"""By type of personal data; other types have ANY_TEXT's."""
