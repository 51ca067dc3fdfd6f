"""Patterns of column names and values that say what a column is to an attacker."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from anonspark.vocabulary import Identity

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class ColumnPattern:
    """Says what a column is that has one of some names and, where values are asked for, enough values of these shapes.

    Attributes:
        name: Its own, unique.
        classification: What such a column is.
        column_patterns: Names in any case, `*` stands for anything; also held against `snake_case` of a name.
        priority: The lowest of those that fit decides.
        value_patterns: Regular expressions (RE2), of which a value has to match one as a whole; none ask for nothing.
        min_match_ratio: Share of the values that are not null.
        description: For people.
        id: Given when it was made; the name of those that anonspark brings.
        created_at: When.
        created_by: Who.
        built_in: It came with anonspark.
    """

    name: str
    classification: Identity
    column_patterns: tuple[str, ...]
    priority: int = 50
    value_patterns: tuple[str, ...] = ()
    min_match_ratio: float = 0.8
    description: str | None = None
    id: str = ""
    created_at: datetime | None = None
    created_by: str | None = None
    built_in: bool = False

    def fits_name(self, name: str) -> bool:
        """Whether a column of this name is meant.

        >>> pattern = ColumnPattern("zip", Identity.QUASI, ("zip*", "*_postal_code"))
        >>> [pattern.fits_name(name) for name in ("ZipCode", "homePostalCode", "Home Postal-Code", "zone")]
        [True, True, True, False]
        """
        forms = {name.casefold(), snake_case(name)}
        return any(fits(text.casefold(), form) for text in self.column_patterns for form in forms)


def fits(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern says, in which `*` stands for anything; in time linear in both.

    >>> fits("*a*b", "xxaxb"), fits("a*a", "a"), fits("*", ""), fits("a.c", "abc")
    (True, False, True, False)
    """
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    *middle, last = rest
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def snake_case(name: str) -> str:
    """A column's name as words in lower case with underscores between.

    >>> snake_case("dateOfBirth"), snake_case("HTTP Status-Code")
    ('date_of_birth', 'http_status_code')
    """
    return _BETWEEN.sub("_", _HUMP.sub("_", name)).strip("_").lower()


def in_order(custom: Sequence[ColumnPattern], built_in: Sequence[ColumnPattern]) -> tuple[ColumnPattern, ...]:
    """The order in which patterns are tried: one's own first, each by priority, then as they stand."""
    return (*sorted(custom, key=_priority), *sorted(built_in, key=_priority))


def _priority(pattern: ColumnPattern) -> int:
    return pattern.priority
