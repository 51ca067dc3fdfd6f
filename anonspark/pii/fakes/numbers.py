"""Numbers of authorities and banks from ranges that nobody gets, with the check digits of their kind."""

from typing import Final

from stdnum.iso7064 import mod_97_10

from anonspark.pii.fakes.draws import Maker
from anonspark.pii.fakes.form import in_form_of, luhn_digit
from anonspark.pii.normalize import normalized

SSN_GROUPS: Final = (*range(1, 50), *range(66, 70), 89, 93)
"""Groups of numbers 9xx that are no ITINs either, whose groups are 50 to 65, 70 to 88, 90 to 92 and 94 to 99."""

EIN_PREFIXES: Final = ("07", "08", "09", "17", "18", "19", "28", "29", "49", "69", "70", "78", "79", "89", "96", "97")
"""Which the IRS has never assigned."""

NINO_PREFIX: Final = "QQ"
"""Of HMRC's own examples; no such number is issued, as Q never stands there."""

CARDS: Final = (
    ("34", 15, ("378282", "371449")),
    ("37", 15, ("378282", "371449")),
    ("36", 14, ("305693", "385200")),
    ("30", 14, ("305693", "385200")),
    ("38", 14, ("305693", "385200")),
    ("35", 16, ("353011", "356600")),
    ("6", 16, ("601111", "601100")),
    ("5", 16, ("555555", "510510", "520082")),
    ("2", 16, ("222300",)),
    ("4", 16, ("411111", "401288", "424242", "400005")),
)
"""First digits of a network's cards, their usual length, and how the numbers begin that payment providers publish for
tests."""

ROUTING: Final = tuple(range(33, 61))
"""First two digits of US routing numbers that no Federal Reserve district has."""


def ssn(text: str, maker: Maker) -> str:
    """A number of area 900 to 999, where no social security number lies; none is an ITIN either.

    There are 53 million of them, so that of 100,000 numbers about 94 share their fake with another one.
    """
    draw = maker.draw("ssn", normalized(text, "ssn"))
    code = f"9{draw.text(2)}{draw.choice(SSN_GROUPS):02}{draw.below(9999) + 1:04}"
    return in_form_of(text, code)


def ein(text: str, maker: Maker) -> str:
    """An employer's number with a prefix that the IRS never assigned."""
    draw = maker.draw("ein", normalized(text, "ein"))
    return in_form_of(text, draw.choice(EIN_PREFIXES) + draw.text(7))


def uk_nino(text: str, maker: Maker) -> str:
    """A national insurance number that begins with QQ."""
    draw = maker.draw("uk_nino", normalized(text, "uk_nino"))
    return in_form_of(text, NINO_PREFIX + draw.text(6) + draw.choice("ABCD"))


def credit_card(text: str, maker: Maker) -> str:
    """A card of the same network and length that begins as published test numbers do, valid by Luhn."""
    digits = normalized(text, "credit_card")
    draw = maker.draw("credit_card", digits)
    length, starts = next(
        ((usual, starts) for first, usual, starts in CARDS if digits.startswith(first)), (16, CARDS[-1][2])
    )
    length = len(digits) if 12 <= len(digits) <= 19 else length
    body = draw.choice(starts) + draw.text(length - 7)
    return in_form_of(text, body + luhn_digit(body))


def iban(text: str, maker: Maker) -> str:
    """An account of the same country with valid check digits; its bank's code begins with 99 or XX."""
    code = normalized(text, "iban")
    draw = maker.draw("iban", code)
    country, bban = code[:2], code[4:]
    faked = [draw.text(1) if symbol.isdigit() else draw.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for symbol in bban]
    faked[:2] = ["9" if symbol.isdigit() else "X" for symbol in bban[:2]]
    body = "".join(faked)
    if not (country.isascii() and country.isalpha() and body.isascii()):
        return in_form_of(text, draw.text(len(code)))
    return in_form_of(text, country + mod_97_10.calc_check_digits(body + country) + body)


def us_routing_number(text: str, maker: Maker) -> str:
    """A number of no Federal Reserve district, with a valid check digit."""
    draw = maker.draw("us_routing_number", normalized(text, "us_routing_number"))
    body = f"{draw.choice(ROUTING)}{draw.text(6)}"
    weighted = sum(weight * int(digit) for weight, digit in zip((3, 7, 1, 3, 7, 1, 3, 7), body, strict=True))
    return in_form_of(text, f"{body}{-weighted % 10}")


def imei(text: str, maker: Maker) -> str:
    """A device of reporting body 00, which is for tests, valid by Luhn; its software version stays drawn."""
    digits = normalized(text, "imei")
    draw = maker.draw("imei", digits)
    body = "00" + draw.text(12)
    return in_form_of(text, body + (luhn_digit(body) if len(digits) != 16 else draw.text(2)))
