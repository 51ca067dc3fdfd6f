"""What may be shown of a value: its form, and of long ones a first letter or the last two digits."""

import re
from collections.abc import Sequence
from typing import Final, cast

import pyarrow as pa
import pyarrow.compute as pc

from anonspark.domain.pii import ColumnProfile
from anonspark.vocabulary import DataKind

HIDDEN: Final = "***"
"""Stands for any number of characters, as their number can tell who is meant."""

SHORT: Final = 5
"""Letters of a word, at least, of which the first is shown."""

DIGITS: Final = 8
"""Digits of a number, at least, of which the last two are shown."""

FEW_VALUES: Final = 20
"""A column with fewer values holds a category: its first letter would tell which."""

LENGTH: Final = 48

_EMAIL: Final = re.compile(r"([^@\s]+)@([^@\s]+)\.([A-Za-z]{2,})")
_WORD: Final = re.compile(r"\w+")


def masked(value: str) -> str:
    """A value's form.

    >>> masked("alice@example.com"), masked("4111 1111 1111 1111"), masked("Alice Chen"), masked("Bob")
    ('a***@e***.com', '*** *** *** ***11', 'A*** ***', '***')
    """
    text = value.strip()
    email = _EMAIL.fullmatch(text)
    if email:
        local, domain, top = email.groups()
        return f"{_first(local)}@{_first(domain)}.{top}"
    words = [word[0] for word in _WORD.finditer(text)]
    if not words:
        return HIDDEN
    shown = [HIDDEN] * len(words)
    if sum(character.isdecimal() for character in text) >= DIGITS and text[-2:].isdecimal():
        shown[-1] = HIDDEN + text[-2:]
    elif text.replace(" ", "").isalpha():
        shown[0] = _first(words[0])
    found = iter(shown)
    told = _WORD.sub(lambda _: next(found), text)
    return told if len(told) <= LENGTH else told[:LENGTH].rstrip() + "..."


def sample_of(profile: ColumnProfile, shape: str | None) -> str | None:
    """A masked value of a column, one that has a shape where one is given; None where there is none to show.

    Args:
        profile: Of the column.
        shape: A regular expression (RE2) for a whole value.
    """
    if profile.kind in (DataKind.FLAG, DataKind.BINARY):
        return None
    value = next(filter(None, map(str.strip, _with_shape(profile.values, shape))), None)
    if value is None:
        return None
    is_category = len(profile.values) < FEW_VALUES or profile.kind in (DataKind.DATE, DataKind.TIMESTAMP)
    return _WORD.sub(HIDDEN, value)[:LENGTH] if is_category else masked(value)


def _with_shape(values: Sequence[str], shape: str | None) -> Sequence[str]:
    if shape is None or not values:
        return values
    texts = pa.array(values, pa.string())
    fits = pc.match_substring_regex(pc.utf8_trim_whitespace(texts), pattern=rf"\A(?:{shape})\z")
    return cast(Sequence[str], texts.filter(fits).to_pylist())


def _first(word: str) -> str:
    """The first letter of a word that is long enough not to be told by it."""
    return (word[0] if len(word) >= SHORT else "") + HIDDEN
