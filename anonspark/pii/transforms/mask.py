"""Values of which only some characters at the ends stay.

A character is a code point with the combining marks that follow it, whatever plane it is of. Of a value with n letters
and digits at most floor(n / 2) characters stay, those at the end before those at the start, so that a short value is
never shown whole. Among the hidden ones separators, which are what is neither letter nor digit, can be kept; a value of
nothing but separators is hidden altogether.
"""

from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F

from anonspark.domain.treatments import Mask

_MARK: Final = "\uffff"
"""Before each character while a text beyond ASCII is taken apart; no text may hold it (Unicode, section 23.7)."""

_X: Final = "x"

_LETTER: Final = r"[\p{L}\p{N}]\p{M}*"
_ANY: Final = r"(?s:.)\p{M}*"


def mask(value: Column, action: Mask) -> Column:
    """All but some characters at the ends replaced by `mask_char`; text in, text out, null stays null.

    `4111 1111 1111 1234` becomes `**** **** **** 1234`.
    """
    # Expressions on bytes are many times as fast as regular expressions, and most values are ASCII.
    is_plain = F.octet_length(value) == F.length(value)
    if action.keep_separators:
        is_plain &= F.contains(_letters(value), F.lit(_X))
    plain = _mask_ascii(F.when(is_plain, value), action)
    # Interpreted within `transform`: generated code of all columns together has to stay small enough to be compiled.
    others = F.transform(F.array(F.when(~is_plain, value)), lambda each: _mask_any(each, action))
    # One of the two is null. Joined so, and not by a condition, since Spark computes what stands several times within
    # a branch of a condition several times: that took three times as long.
    return F.concat(F.concat_ws("", plain, F.element_at(others, 1)), F.substring(value, 1, 0))


def _letters(value: Column) -> Column:
    """The same with an x for each letter and digit."""
    return F.mask(value, F.lit(_X), F.lit(_X), F.lit(_X))


def _mask_ascii(value: Column, action: Mask) -> Column:
    # No `right` here: Spark repeats what stands in it, and with it all that it is made of.
    n_characters = F.length(value)
    if action.keep_separators:
        letters = _letters(value)
        n_characters = n_characters - F.length(F.replace(letters, F.lit(_X), F.lit("")))
    first, last = _shown(n_characters, action)
    middle = F.substring(value, first + 1, F.length(value) - first - last)
    symbol = F.lit(action.mask_char)
    hidden = F.mask(middle, symbol, symbol, symbol) if action.keep_separators else _repeated(middle, action.mask_char)
    parts = [F.substring(value, F.lit(1), first)] if action.show_first else []
    parts += [hidden, *([F.substring(value, -last, last)] if action.show_last else [])]
    return F.concat(*parts)


def _mask_any(value: Column, action: Mask) -> Column:
    clean = F.replace(value, F.lit(_MARK), F.lit(""))
    marked = F.regexp_replace(clean, f"({_ANY})", _MARK + "$1")
    n_characters = F.length(marked) - F.length(clean)
    n_letters = n_characters
    if action.keep_separators:
        n_letters = F.length(F.regexp_replace(clean, r"[^\p{L}\p{N}]+", ""))
    first, last = _shown(n_letters, action)
    until_end = F.call_function("substring_index", marked, F.lit(_MARK), n_characters - last + 1)
    shown_first = F.call_function("substring_index", until_end, F.lit(_MARK), first + 1)
    shown_last = F.call_function("substring_index", marked, F.lit(_MARK), -last)
    middle = F.replace(F.substring(until_end, F.length(shown_first) + 1, F.length(until_end)), F.lit(_MARK), F.lit(""))
    hidden = F.regexp_replace(middle, _LETTER if action.keep_separators else _ANY, _escaped(action.mask_char))
    masked = F.replace(F.concat(shown_first, hidden, shown_last), F.lit(_MARK), F.lit(""))
    return F.when(n_letters == 0, _repeated(value, action.mask_char)).otherwise(masked)


def _shown(n_characters: Column, action: Mask) -> tuple[Column, Column]:
    """How many characters stay at the start and at the end: at most half of all, those at the end first."""
    half = F.floor(n_characters / 2).cast("int")
    last = F.least(half, F.lit(action.show_last))
    return F.least(half - last, F.lit(action.show_first)), last


def _repeated(value: Column, mask_char: str) -> Column:
    return F.repeat(F.lit(mask_char), F.length(value))


def _escaped(mask_char: str) -> str:
    """A character as the replacement of a regular expression of Java."""
    return "\\" + mask_char if mask_char in "\\$" else mask_char
