"""Names of people in the form that the original has: `SMITH, John A.` becomes `KELLER, Maria T.`.

A word is replaced by itself, so that a first name, a last name and a full name of one person agree over columns, and
the same surname has the same fake.
"""

import re
import unicodedata
from collections.abc import Set
from functools import lru_cache
from itertools import pairwise
from typing import Final

from anonspark.pii.fakes.draws import LETTERS_AND_DIGITS, Draw, Maker
from anonspark.pii.pools import DEFAULT_LOCALE, is_part_of_a_word, locale_of, words

_TITLES: Final = "mr mrs ms miss dr prof sir herr frau sr sra srta mme mlle jr ii iii iv md phd dds esq"
_PARTICLES: Final = (
    "von vom van der den de del della di da dos das do la le les du des el al bin bint ibn ben zu zur af av y e"
)
TITLES: Final = frozenset(_TITLES.split())
PARTICLES: Final = frozenset(_PARTICLES.split())
"""Words that are kept, particles only where they are small and no last word: they tell hardly anything of a person, and
without them a name is none. Titles that are names too, as Don, are none here."""

EASTERN: Final = ("zh_", "ja_", "ko_")
"""Locales in which the family name comes first and no blank stands between the two."""

SHORT_EASTERN: Final = 5

WORDS_KEPT: Final = 1 << 16
"""Words whose fakes a process remembers."""

_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")


def full_name(text: str, maker: Maker) -> str:
    """A name of one or more words; family names stand last, or first before a comma."""
    locale = locale_of(text, maker.locale)
    if locale.startswith(EASTERN) and len(text) <= SHORT_EASTERN and all(map(is_part_of_a_word, text)):
        return _eastern(text, maker, locale)
    before_comma = text.find(",")
    found = [word for word in _words(text) if word[0].casefold() not in TITLES | PARTICLES]
    starts = [start for _, start in found]
    if before_comma > 0 and any(start > before_comma for start in starts):
        family = {start for start in starts if start < before_comma}
    elif locale.startswith(EASTERN) and len(starts) > 1:
        family = {starts[0]}
    elif len(starts) == 1 < len(_words(text)):
        family = {starts[0]}  # after a title
    else:
        family = _last_word(text, found)
    return _replaced(text, maker, locale, family)


def first_name(text: str, maker: Maker) -> str:
    """Given names alone."""
    return _replaced(text, maker, locale_of(text, maker.locale), frozenset())


def last_name(text: str, maker: Maker) -> str:
    """Family names alone."""
    return _replaced(text, maker, locale_of(text, maker.locale), {start for _, start in _words(text)})


def email(text: str, maker: Maker) -> str:
    """An address at a domain that is reserved for examples (RFC 2606); twelve characters make it the only one.

    There are more than 2^70 of them: of a billion addresses no two have one fake, but for a chance of 1 in 2000.
    """
    draw = maker.draw("email", _identity(text))
    first, last = _handle(draw)
    return f"{first}.{last}.{draw.text(12, LETTERS_AND_DIGITS)}@example.{draw.choice(('com', 'org', 'net'))}"


def username(text: str, maker: Maker) -> str:
    """A handle; an @ before it stays."""
    draw = maker.draw("username", _identity(text.lstrip("@")))
    first, last = _handle(draw)
    return f"{'@' if text.startswith('@') else ''}{first}{last}_{draw.text(10, LETTERS_AND_DIGITS)}"


def _handle(draw: Draw) -> tuple[str, str]:
    firsts, lasts = words("first_name", DEFAULT_LOCALE), words("last_name", DEFAULT_LOCALE)
    return draw.choice(firsts).lower(), draw.choice(lasts).lower()


def _eastern(text: str, maker: Maker, locale: str) -> str:
    for attempt in range(100):
        draw = maker.draw("eastern name", _identity(text), attempt)
        found = draw.choice(words("last_name", locale)) + draw.choice(words("first_name", locale))
        if found != text:
            return found
    raise ValueError("no other name")


def _replaced(text: str, maker: Maker, locale: str, family: Set[int]) -> str:
    parts, at, found = [], 0, _words(text)
    for number, (word, start) in enumerate(found):
        keep = len(found) > 1 and (word.casefold() in TITLES or _is_particle(found, number, text))
        parts += [text[at:start], word if keep else _fake_word(word, maker, locale, is_family=start in family)]
        at = start + len(word)
    return "".join([*parts, text[at:]])


def _is_particle(found: list[tuple[str, int]], number: int, text: str) -> bool:
    within = number + 1 < len(found) and (number > 0 or not text.islower())
    return within and found[number][0] in PARTICLES


def _last_word(text: str, found: list[tuple[str, int]]) -> set[int]:
    """The last word and what hyphens bind to it; a single word counts as a given name."""
    if len(found) < 2:
        return set()
    family = {found[-1][1]}
    for (word, start), (_, following) in reversed(list(pairwise(found))):
        if following not in family or text[start + len(word) : following] != "-":
            break
        family.add(start)
    return family


@lru_cache(maxsize=WORDS_KEPT)  # many people share a name
def _fake_word(word: str, maker: Maker, locale: str, *, is_family: bool) -> str:
    kind = "last_name" if is_family else "first_name"
    identity = _identity(word)
    for attempt in range(100):
        draw = maker.draw(kind, identity, attempt)
        if len(word) == 1 and word.isascii():
            found = draw.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        else:
            found = draw.choice(words(kind, locale))
        if _identity(found) != identity:
            return in_case_of(word, found)
    raise ValueError("no other name")


def in_case_of(like: str, text: str) -> str:
    """A text in the case of another: all capitals, all small, or as it is.

    >>> in_case_of("SMITH", "Keller"), in_case_of("smith", "Keller"), in_case_of("Smith", "Keller")
    ('KELLER', 'keller', 'Keller')
    """
    if like.isupper():
        return text.upper()
    return text.lower() if like.islower() else text


def _words(text: str) -> list[tuple[str, int]]:
    return [(found[0], found.start()) for found in _WORD.finditer(text)]


def _identity(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).strip().casefold())
