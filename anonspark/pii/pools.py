"""Names, places and companies that Faker knows, in lists that are made once a process, kind and locale.

A pool is drawn with a fixed seed, so each process that has the same Faker has the same pool; another version of Faker
may have other names, and then pseudonyms change. `POOL_VERSION` says which one made them.
"""

import unicodedata
from functools import lru_cache
from typing import Final

import faker
from faker.config import AVAILABLE_LOCALES

from anonspark.errors import InputError, did_you_mean

POOL_VERSION: Final = f"1/{faker.VERSION}"

POOL_SIZE: Final = 2048
TRIES: Final = 4
"""Draws for each place of a pool; many locales know fewer names."""

DEFAULT_LOCALE: Final = "en_US"

SCRIPTS: Final = {
    "LATIN": ("en_US",),
    "CYRILLIC": ("ru_RU", "uk_UA", "bg_BG"),
    "GREEK": ("el_GR",),
    "ARABIC": ("ar_SA", "fa_IR", "ar_AA", "ar_AE", "ar_EG", "ar_PS", "ar_DZ", "ar_BH", "ar_JO"),
    "HEBREW": ("he_IL",),
    "DEVANAGARI": ("hi_IN", "ne_NP"),
    "THAI": ("th_TH", "th"),
    "HANGUL": ("ko_KR",),
    "HIRAGANA": ("ja_JP",),
    "KATAKANA": ("ja_JP",),
    "CJK": ("zh_CN", "ja_JP", "zh_TW"),
    "ARMENIAN": ("hy_AM",),
    "GEORGIAN": ("ka_GE",),
    "BENGALI": ("bn_BD",),
    "TAMIL": ("ta_IN",),
}
"""Locales by the first word of a character's Unicode name; the first one is taken where the job's own is not among
them. A Latin value takes any locale of the job's that no other script has."""

_NOT_LATIN: Final = frozenset(locale for script, locales in SCRIPTS.items() if script != "LATIN" for locale in locales)


@lru_cache(maxsize=256)
def pool(kind: str, locale: str) -> tuple[str, ...]:
    """Distinct fakes of one kind, in an order that is always the same.

    Args:
        kind: What Faker calls it: `first_name`, `city`.
        locale: As `checked_locale` gave it.
    """
    source = faker.Faker(locale)
    source.seed_instance(f"anonspark {kind} {locale}")
    make = getattr(source, kind, None)
    if make is None:  # as states, which only some countries have
        return pool(kind, DEFAULT_LOCALE)
    found: dict[str, None] = {}
    for _ in range(POOL_SIZE * TRIES):
        found[" ".join(str(make()).split())] = None
        if len(found) == POOL_SIZE:
            break
    return tuple(found)


@lru_cache(maxsize=256)
def words(kind: str, locale: str) -> tuple[str, ...]:
    """The fakes of a pool that are one word each."""
    single = tuple(text for text in pool(kind, locale) if all(is_part_of_a_word(symbol) for symbol in text))
    return single or tuple(text.split()[-1] for text in pool(kind, locale))


def is_part_of_a_word(symbol: str) -> bool:
    """Whether a character is a letter or belongs to one."""
    return unicodedata.category(symbol)[0] in "LM"


def checked_locale(locale: str | None) -> str | None:
    """A locale as Faker spells it.

    Raises:
        InputError: Faker has no such locale.

    >>> checked_locale("de"), checked_locale("pt-br"), checked_locale(None)
    ('de_DE', 'pt_BR', None)
    """
    if locale is None:
        return None
    spellings = {each.lower(): each for each in AVAILABLE_LOCALES}
    asked = locale.replace("-", "_").lower()
    if asked in spellings and "_" in asked:
        return spellings[asked]
    home = {"en": "en_US", "zh": "zh_CN", "pt": "pt_PT", "es": "es_ES", "fr": "fr_FR", "ar": "ar_SA", "ja": "ja_JP"}
    of_language = sorted(each for each in AVAILABLE_LOCALES if each.lower().startswith(f"{asked}_"))
    same = spellings.get(f"{asked}_{asked}")
    found = home.get(asked) or same or (of_language[0] if of_language else spellings.get(asked))
    if found is None:
        near = sorted(each for each in AVAILABLE_LOCALES if each.startswith(f"{asked[:2]}_")) or AVAILABLE_LOCALES
        raise InputError(
            f"There are no pseudonyms for the locale '{locale}'{did_you_mean(locale, near) or '.'}",
            field="settings.locale",
        )
    return found


@lru_cache(maxsize=4096)
def script_of(symbol: str) -> str:
    """The script of a letter, as `SCRIPTS` names it; others count as Latin.

    >>> script_of("é"), script_of("Ж"), script_of("山")
    ('LATIN', 'CYRILLIC', 'CJK')
    """
    first = unicodedata.name(symbol, "").split(" ")[0]
    return first if first in SCRIPTS else "LATIN"


def locale_of(text: str, locale: str | None) -> str:
    """The locale whose fakes look like a text: that of the job if it writes the text's script, else the script's."""
    scripts = [script_of(symbol) for symbol in text if symbol.isalpha()]
    kana = next((script for script in scripts if script in {"HIRAGANA", "KATAKANA"}), None)
    script = kana or (scripts[0] if scripts else "LATIN")
    if script == "LATIN":
        return locale if locale and locale not in _NOT_LATIN else DEFAULT_LOCALE
    return locale if locale in SCRIPTS[script] else SCRIPTS[script][0]
