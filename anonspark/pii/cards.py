"""What is on a payment card: its number, the dates and codes beside it, and the magnetic stripe."""

import re
from typing import Final

from anonspark.pii.checksums import luhn

_RANGES: Final[tuple[tuple[str, str, tuple[int, ...]], ...]] = (
    ("34", "34", (15,)),  # American Express
    ("37", "37", (15,)),
    ("4", "4", (13, 16, 19)),  # Visa
    ("51", "55", (16,)),  # Mastercard
    ("2221", "2720", (16,)),
    ("6011", "6011", (16, 17, 18, 19)),  # Discover
    ("644", "649", (16, 17, 18, 19)),
    ("65", "65", (16, 17, 18, 19)),
    ("35", "35", (16, 17, 18, 19)),  # JCB has 3528 to 3589; data that was made up has the rest too
    ("300", "305", (14, 15, 16, 17, 18, 19)),  # Diners Club
    ("3095", "3095", (14, 15, 16, 17, 18, 19)),
    ("36", "36", (14, 15, 16, 17, 18, 19)),
    ("38", "39", (14, 15, 16, 17, 18, 19)),
    ("1800", "1800", (15,)),  # JCB, older
    ("2131", "2131", (15,)),
    ("2014", "2014", (15,)),  # enRoute
    ("2149", "2149", (15,)),
    ("62", "62", (16, 17, 18, 19)),  # UnionPay
    ("81", "82", (16, 17, 18, 19)),  # UnionPay, RuPay
    ("60", "60", (16,)),  # RuPay
    ("50", "50", (12, 13, 14, 15, 16, 17, 18, 19)),  # Maestro, Dankort, Elo, Verve
    ("56", "58", (12, 13, 14, 15, 16, 17, 18, 19)),
    ("63", "63", (12, 13, 14, 15, 16, 17, 18, 19)),
    ("67", "67", (12, 13, 14, 15, 16, 17, 18, 19)),
    ("2200", "2204", (16, 17, 18, 19)),  # Mir
    ("9792", "9792", (16,)),  # Troy
)
"""First and last issuer prefix, and the lengths of their numbers.

Source: ISO/IEC 7812-1 and the networks' published ranges, as listed by Wikipedia, Payment card number (2026).
"""

_SERVICE_CODE: Final = re.compile(r"[125679][024][0-7]")
_CVV: Final = re.compile(r"[0-9]{3,4}")
_EXPIRY: Final = re.compile(
    r"(?:0?[1-9]|1[0-2])[/. -](?:20)?[0-9]{2}"  # 4/27, 04-2027
    r"|(?:0[1-9]|1[0-2])(?:20)?[0-9]{2}"  # 0427
    r"|20[0-9]{2}[/.-]?(?:0[1-9]|1[0-2])(?:[/.-](?:0[1-9]|[12][0-9]|3[01]))?"  # 2027-04, 2027-04-30
    r"|(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[/. -](?:20)?[0-9]{2}"  # Apr-27
)
_TRACK_1: Final = re.compile(r"%?B([0-9]{12,19})\^[^^?]{2,26}\^[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3}[^?]*\??.?")
_TRACK_2: Final = re.compile(r";?([0-9]{12,19})[=D][0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3}[0-9]*[?F]?.?")


def is_card_number(digits: str) -> bool:
    """The number of a payment card: an issuer's prefix, a length that the issuer uses, and Luhn.

    >>> is_card_number("4111111111111111"), is_card_number("0000000000000000")
    (True, False)
    """
    if not (12 <= len(digits) <= 19 and digits.isascii() and digits.isdigit()):
        return False
    return any(
        first <= digits[: len(first)] <= last and len(digits) in lengths for first, last, lengths in _RANGES
    ) and luhn(digits)


def is_amex_number(digits: str) -> bool:
    """The number of a card of American Express: 34 or 37, fifteen digits, Luhn."""
    return digits.startswith(("34", "37")) and len(digits) == 15 and is_card_number(digits)


def is_cvv(digits: str) -> bool:
    """A card verification value: three digits, four with American Express."""
    return _CVV.fullmatch(digits) is not None


def is_expiry(text: str) -> bool:
    """A month and year in which a card expires: 04/27, 0427, 2027-04, Apr-27."""
    return _EXPIRY.fullmatch(text) is not None


def is_service_code(digits: str) -> bool:
    """Interchange, authorization, services: 1, 2, 5, 6, 7 or 9; 0, 2 or 4; 0 to 7.

    Source: ISO/IEC 7813:2006, 7.2.3.
    """
    return _SERVICE_CODE.fullmatch(digits) is not None


def is_track(text: str) -> bool:
    """Track 1 or 2 of a magnetic stripe, with or without sentinels, around a card's number.

    Source: ISO/IEC 7813:2006, 7.1 and 7.2; the D and F of track 2 equivalent data are EMV tag 57.
    """
    track = _TRACK_1.fullmatch(text) or _TRACK_2.fullmatch(text)
    return track is not None and is_card_number(track[1])
