"""What an action leaves of a value, for those who say how much may be left."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from anonspark.domain.pii import PiiCatalogue
from anonspark.domain.treatments import (
    Action,
    AddNoise,
    DateShift,
    Generalize,
    KAnonymize,
    Keep,
    Mask,
    Redact,
    Suppress,
    Truncate,
)
from anonspark.pii.defaults import with_defaults

COARSER: Final = ("month", "quarter", "year", "decade")
"""What dates are generalized to, ever less precise."""

PARTIAL: Final = (Mask, Truncate, Generalize, AddNoise, DateShift, KAnonymize, Keep)
"""Actions whose result tells something of the value itself to who has no key, no vault and no other data."""


def is_gone(action: Action) -> bool:
    """Whether nothing of the values is left, not even in a form that a key, a vault or a comparison brings back."""
    return isinstance(action, Redact | Suppress) or (isinstance(action, Mask) and not leaves_part(action))


def leaves_part(action: Action) -> bool:
    """Whether a part of the values, or something near to them, can be read in the result."""
    if isinstance(action, Mask):
        return action.show_first + action.show_last > 0
    if isinstance(action, Truncate):
        return action.length > 0
    return isinstance(action, PARTIAL)


def within_limit(action: Action, limit: Action, pii_type: str, catalogue: PiiCatalogue) -> bool:
    """Whether an action leaves no more of the values than another of its kind would."""
    match action, limit:
        case Mask(), Mask():
            return action.show_first <= limit.show_first and action.show_last <= limit.show_last
        case Truncate(), Truncate():
            return action.start == limit.start and action.length <= limit.length
        case Generalize(), Generalize():
            coarse = with_defaults(action, pii_type, catalogue)
            return isinstance(coarse, Generalize) and _is_as_coarse(coarse, limit)
        case _:
            return type(action) is type(limit)


def _is_as_coarse(action: Generalize, limit: Generalize) -> bool:
    return all(
        (found := getattr(action, field)) is not None and as_coarse(found, most)
        for field, as_coarse in FIELDS.items()
        if (most := getattr(limit, field)) is not None
    )


FIELDS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "to": lambda unit, most: COARSER.index(unit) >= COARSER.index(most),
    "bin_size": lambda size, least: size >= least,
    "keep": lambda kept, most: kept <= most,
    "prefix": lambda bits, most: bits <= most,
    "levels": lambda levels, least: levels >= least,
}
"""By the fields of `generalize`: whether a setting is as coarse as another."""
