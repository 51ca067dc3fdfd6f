"""Values of which only some characters at the ends stay.

A character is a letter, a digit or a symbol with the combining marks that follow it, whatever plane it is of. Of a
value with n of them at most floor(n / 2) stay, those at the end before those at the start, so that a short value is
never shown whole. Separators, which are what is neither letter nor digit, are no characters where they are kept; a
value of nothing but separators is hidden altogether.
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

    >>> mask(F.col("card"), Mask()) is not None  # 4111 1111 1111 1234 -> **** **** **** 1234
    True
    """
    # Expressions on bytes are many times as fast as regular expressions, and most values are ASCII.
    is_ascii = F.octet_length(value) == F.length(value)
    if action.keep_separators:
        is_ascii &= F.contains(_letters(value), F.lit(_X))
    # Interpreted within `transform`: generated code of all columns together has to stay small enough to be compiled.
    others = F.element_at(F.transform(F.array(value), lambda each: _mask_any(each, action)), 1)
    return F.when(is_ascii, _mask_ascii(value, action)).otherwise(others)


def _letters(value: Column) -> Column:
    """The same with an x for each letter and digit."""
    return F.mask(value, F.lit(_X), F.lit(_X), F.lit(_X))


def _mask_ascii(value: Column, action: Mask) -> Column:
    # No `right` and no `when` here: Spark repeats what stands in them, and with it all that it is made of.
    marked = _letters(value) if action.keep_separators else _repeated(value, _X)
    if not action.show_first and not action.show_last:
        return F.replace(marked, F.lit(_X), F.lit(action.mask_char))
    n_characters = F.length(marked) - F.length(F.replace(marked, F.lit(_X), F.lit("")))
    first, last = _shown(n_characters, action)
    parts: list[Column] = []
    start = end = F.lit(0)
    if action.show_first:
        before = F.call_function("substring_index", marked, F.lit(_X), first)
        start = F.length(before) + F.least(first, F.lit(1))
        parts.append(F.substring(value, F.lit(1), start))
    if action.show_last:
        behind = F.call_function("substring_index", marked, F.lit(_X), -last)
        end = F.length(behind) + F.least(last, F.lit(1))
    middle = F.substring(marked, start + 1, F.length(value) - start - end)
    parts.append(F.replace(middle, F.lit(_X), F.lit(action.mask_char)))
    if action.show_last:
        parts.append(F.substring(value, -end, end))
    return F.concat(*parts)


def _mask_any(value: Column, action: Mask) -> Column:
    character = _LETTER if action.keep_separators else _ANY
    clean = F.replace(value, F.lit(_MARK), F.lit(""))
    marked = F.regexp_replace(clean, f"({character})", _MARK + "$1")
    n_characters = F.length(marked) - F.length(clean)
    first, last = _shown(n_characters, action)
    until_end = F.call_function("substring_index", marked, F.lit(_MARK), n_characters - last + 1)
    shown_last = F.call_function("substring_index", marked, F.lit(_MARK), -last)
    # What stands before the first character belongs to it.
    until_first = F.call_function("substring_index", until_end, F.lit(_MARK), first + 1)
    middle = F.substring(until_end, F.length(until_first) + 1, F.length(until_end))
    hidden = F.regexp_replace(middle, _MARK + character, _escaped(action.mask_char))
    kept = F.concat(until_first, hidden, F.when(last > 0, shown_last).otherwise(F.lit("")))
    masked = F.replace(kept, F.lit(_MARK), F.lit(""))
    return F.when(n_characters == 0, _repeated(value, action.mask_char)).otherwise(masked)


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
