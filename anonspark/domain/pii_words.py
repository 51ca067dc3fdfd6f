"""Words of column names and values as they are compared: no case, no diacritics, one width."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[A-Z]+s?(?![a-z])|[A-Z]?[a-z]+|\d+|[぀-ヿ㐀-鿿々ー]+|[^\W\d_]+", re.UNICODE)
"""An acronym, a word of camel case, a number, a run of Japanese, or a run of other letters."""

_FOLDS: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    r"""A text as lists are searched for it: one case, one width, no diacritics of Latin letters, single blanks.

    >>> folded("  Straße  \uff21\uff22"), folded("Müller-Lüdenscheidt")
    ('strasse ab', 'muller-ludenscheidt')
    """
    one_case = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(_without_marks(one_case).split())


def joined(phrase: str) -> str:
    """A phrase as names are searched for it: folded, nothing between its words.

    >>> joined("Date of Birth"), joined("e-mail")
    ('dateofbirth', 'email')
    """
    return "".join(tokens_of(phrase))


def spellings(phrase: str) -> set[str]:
    """A phrase joined, also as typed where there are no umlauts.

    >>> sorted(spellings("Größe"))
    ['groesse', 'grosse']
    """
    return {joined(phrase), joined(phrase.casefold().translate(_UMLAUTS))}


def tokens_of(name: str) -> list[str]:
    """The words of a column's name.

    >>> tokens_of("custEmailAddr2"), tokens_of("IPAddress"), tokens_of("date-de naissance"), tokens_of("顧客_メール")
    (['cust', 'email', 'addr', '2'], ['ip', 'address'], ['date', 'de', 'naissance'], ['顧客', 'メール'])
    """
    return list(_tokens(unicodedata.normalize("NFKC", name)))


def _tokens(name: str) -> Iterator[str]:
    plain = _marks_off(name)
    for word in _WORD.findall(plain):
        yield _without_marks(word.casefold())


def _marks_off(name: str) -> str:
    """Diacritics taken off before words are found, so that they do not split one."""
    return name if name.isascii() else _without_marks(name)


def _without_marks(text: str) -> str:
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFD", text.translate(_FOLDS))
    kept = "".join(part for at, part in enumerate(parts) if not (unicodedata.combining(part) and _is_latin(parts, at)))
    return unicodedata.normalize("NFC", kept)


def _is_latin(parts: str, at: int) -> bool:
    """Whether a mark stands on a Latin letter; those of kana change the sound and stay."""
    while at > 0 and unicodedata.combining(parts[at]):
        at -= 1
    return parts[at] < "ɐ"
