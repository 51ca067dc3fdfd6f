"""Addresses, keys and traces of machines and of those who use them."""

import re
from typing import Final

_DOT_ATOM: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,24}|[xX][nN]--[A-Za-z0-9-]{2,59})"
)
_FILE_ENDINGS: Final = (
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".svg",
    ".webp",
    ".css",
    ".js",
    ".html",
    ".json",
    ".xml",
    ".pdf",
)
"""No top-level domain is called so, but files are: `logo@2x.png`."""

_MAC: Final = re.compile(
    r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}"
)
_NO_DEVICE: Final = frozenset({"000000000000", "ffffffffffff"})
_UUID: Final = re.compile(
    r"(?:urn:uuid:|\{)?[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\}?", re.IGNORECASE
)
_IPV4: Final = re.compile(
    r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!/|$)|(?=/|$))){4}(?:/(?:3[0-2]|[12]?[0-9]))?"
)
_IPV6: Final = re.compile(r"[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9]{1,15})?(?:/[0-9]{1,3})?")
_URL: Final = re.compile(r"(?:(?:https?|ftps?|wss?|s3|gs)://|www[0-9]?\.)[^\s<>\"]{1,2000}", re.IGNORECASE)
_USER_AGENT: Final = re.compile(
    r"(?:Mozilla|Opera|Dalvik)/[0-9][0-9.]* ?\(.+"
    r"|(?:curl|Wget|python-requests|okhttp|PostmanRuntime|Go-http-client|Java|Apache-HttpClient|axios|node-fetch)/[0-9].*"
    r"|[A-Za-z][\w.-]{1,40}/[0-9][0-9.]* \([^)]*(?:Windows|Linux|Mac|iPhone|iPad|Android|CrOS|bot|compatible)[^)]*\).*"
)
_PASSWORD_HASH: Final = re.compile(
    r"\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}"  # bcrypt
    r"|\$argon2(?:id|i|d)\$.{10,}"
    r"|\$(?:1|5|6|y|7|apr1|pbkdf2[a-z0-9-]*|scrypt)\$.{10,}"
    r"|(?:pbkdf2_sha256|pbkdf2_sha1|bcrypt_sha256|scrypt|argon2)\$.{10,}"
    r"|\{(?:SSHA|SHA|SMD5|MD5|CRYPT|SSHA256|SSHA512)\}.{8,}"
)
_CREDENTIAL: Final = re.compile(
    r"(?:AKIA|ASIA)[0-9A-Z]{16}"  # AWS access key id
    r"|gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{50,255}"
    r"|glpat-[A-Za-z0-9_-]{20,}"
    r"|xox[abposr]-[A-Za-z0-9-]{10,}"  # Slack
    r"|(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{16,}"  # Stripe
    r"|AIza[A-Za-z0-9_-]{35}"  # Google
    r"|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"  # JSON web token
    r"|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----.*"
    r"|(?:Bearer|Basic) [A-Za-z0-9+/=._~-]{16,}",
    re.DOTALL,
)


def is_email(text: str) -> bool:
    """An address of RFC 5322; one that is plain ASCII is told by its form, others are asked of `email-validator`.

    No server is asked. Hosts of private networks, `corp.local`, are as good as public ones.
    """
    if text.lower().endswith(_FILE_ENDINGS):
        return False
    if _DOT_ATOM.fullmatch(text):
        local = text.rpartition("@")[0]
        return len(local) <= 64 and len(text) <= 254
    if "@" not in text or len(text) > 254:
        return False
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(text, check_deliverability=False, allow_quoted_local=True)
    except EmailNotValidError:
        return False
    return True


def is_ipv4(text: str) -> bool:
    """An address of four numbers, 0 to 255 without leading zeros, with a prefix length or not."""
    return _IPV4.fullmatch(text) is not None


def is_ipv6(text: str) -> bool:
    """An address of RFC 4291, with a zone or prefix length or not."""
    if text.count(":") < 2 or _IPV6.fullmatch(text) is None:
        return False
    from ipaddress import AddressValueError, IPv6Address

    address, _, length = text.partition("/")

    try:
        IPv6Address(address)
    except (AddressValueError, ValueError):
        return False
    return length == "" or int(length) <= 128


def is_ip(text: str) -> bool:
    """An address of either version."""
    return is_ipv4(text) or is_ipv6(text)


def is_mac_address(text: str) -> bool:
    """Six pairs of hexadecimal digits, or three fours; not the empty and not the broadcast address."""
    return _MAC.fullmatch(text) is not None and re.sub(r"[:.-]", "", text).lower() not in _NO_DEVICE


def is_uuid(text: str) -> bool:
    """An identifier of RFC 9562, versions 1 to 8; the nil one is nobody's."""
    return _UUID.fullmatch(text) is not None


def is_url(text: str) -> bool:
    """An address on the web: with a scheme and a host, or from www."""
    if _URL.fullmatch(text) is None:
        return False
    from urllib.parse import urlsplit

    try:
        host = urlsplit(text if "://" in text else f"//{text}").hostname
    except ValueError:
        return False
    return bool(host)


def is_user_agent(text: str) -> bool:
    """What a browser or a program calls itself: product and version, a comment on the system.

    Source: RFC 9110, 10.1.5.
    """
    return _USER_AGENT.fullmatch(text) is not None


def is_password_hash(text: str) -> bool:
    """A password as it is stored: the prefixes of crypt, bcrypt, argon2, PBKDF2, scrypt and LDAP.

    Source: the modular crypt format; RFC 2307.
    """
    return _PASSWORD_HASH.fullmatch(text) is not None


def is_credential(text: str) -> bool:
    """A key or token that opens something, by the prefix that its maker gives it, or a password's hash."""
    return _CREDENTIAL.fullmatch(text) is not None or is_password_hash(text)
