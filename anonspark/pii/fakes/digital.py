"""Addresses and ids of devices and networks, from ranges that belong to nobody."""

import ipaddress
import re
import uuid as uuids
from typing import Final

from Crypto.Hash import keccak

from anonspark.pii.fakes.draws import HEXADECIMAL, LETTERS_AND_DIGITS, Maker
from anonspark.pii.fakes.form import in_form_of
from anonspark.pii.normalize import normalized
from anonspark.pii.pools import DEFAULT_LOCALE, pool

BASE_58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

RESERVED_IPV4: Final = ipaddress.IPv4Network("240.0.0.0/4")
"""Class E, never routed (RFC 1112); the ranges for documentation have 768 addresses, these have 268 million."""

DOCUMENTATION_IPV6: Final = ipaddress.IPv6Network("2001:db8::/32")
"""RFC 3849."""


def uuid(text: str, maker: Maker) -> str:
    """A UUID of the same version and variant, of 2^122; what is no UUID is drawn in hexadecimal."""
    draw = maker.draw("uuid", normalized(text, "uuid"))
    try:
        found = uuids.UUID(text.strip())
    except ValueError:
        return hexadecimal(text, maker)
    drawn = draw.text(32, HEXADECIMAL)
    code = found.hex
    return in_form_of(text, f"{drawn[:12]}{code[12]}{drawn[13:16]}{code[16]}{drawn[17:]}")


def hexadecimal(text: str, maker: Maker) -> str:
    """As many hexadecimal digits in the same form."""
    draw = maker.draw("hexadecimal", normalized(text, "device_id"))
    return "".join(
        _like_hexadecimal(symbol, draw.text(1, HEXADECIMAL)) if symbol.isalnum() else symbol for symbol in text
    )


def _like_hexadecimal(symbol: str, drawn: str) -> str:
    return drawn.upper() if symbol.isupper() else drawn


def ip_address(text: str, maker: Maker) -> str:
    """An address of 240.0.0.0/4 or 2001:db8::/32; the length of a prefix after a slash stays."""
    address, slash, prefix = text.strip().partition("/")
    draw = maker.draw("ip_address", normalized(address, "ip_address"))
    if ":" in address:
        found: object = DOCUMENTATION_IPV6[draw.below(DOCUMENTATION_IPV6.num_addresses)]
    else:
        found = RESERVED_IPV4[draw.below(RESERVED_IPV4.num_addresses - 1)]  # the last one means all
    return f"{found}{slash}{prefix}"


def mac_address(text: str, maker: Maker) -> str:
    """A locally administered address of one device, of 2^46."""
    code = normalized(text, "mac_address")
    draw = maker.draw("mac_address", code)
    first = f"{draw.text(1, HEXADECIMAL)}{draw.choice('26ae')}"
    return in_form_of(text, first + draw.text(max(len(code) - 2, 10), HEXADECIMAL))


def url(text: str, maker: Maker) -> str:
    """A page of example.com, .org or .net; scheme and ending stay."""
    draw = maker.draw("url", normalized(text, "url"))
    scheme = re.match(r"[a-z][a-z0-9+.-]*://", text.strip(), re.IGNORECASE)
    ending = re.search(r"\.[A-Za-z0-9]{2,5}$", text.strip().partition("?")[0].rpartition("/")[2])
    page = draw.text(14, LETTERS_AND_DIGITS)
    domain = draw.choice(("com", "org", "net"))
    has_page = "/" in text.strip()[scheme.end() if scheme else 0 :].rstrip("/")
    return f"{scheme[0] if scheme else ''}www.example.{domain}/{page}{ending[0] if ending and has_page else ''}"


def ethereum_address(text: str, maker: Maker) -> str:
    """20 drawn bytes, of which nobody has the key; with the checksum of EIP-55 where capitals are mixed in."""
    draw = maker.draw("ethereum_address", normalized(text, "ethereum_address"))
    body = draw.text(40, HEXADECIMAL)
    if text != text.lower():
        digest = keccak.new(digest_bits=256, data=body.encode()).hexdigest()
        body = "".join(
            symbol.upper() if int(digit, 16) > 7 else symbol for symbol, digit in zip(body, digest, strict=False)
        )
    return f"0x{body}"


def bitcoin_address(text: str, maker: Maker) -> str:
    """As long, with the same beginning; its checksum is wrong but for a chance of 2^-30, so that nothing goes there."""
    draw = maker.draw("bitcoin_address", text)
    if text.lower().startswith(("bc1", "tb1")):
        body = draw.text(len(text) - 4, "qpzry9x8gf2tvdw0s3jn54khce6mua7l")
        return text[:4] + (body.upper() if text.isupper() else body)
    return text[:1] + draw.text(len(text) - 1, BASE_58)


def user_agent(text: str, maker: Maker) -> str:
    """A browser that Faker made up."""
    return maker.draw("user_agent", text).choice(pool("user_agent", DEFAULT_LOCALE))
