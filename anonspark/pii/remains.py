"""What an action leaves of a value, for those who say how much may be left."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from anonspark.domain.pii import ComplianceProfile, PiiCatalogue
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
from anonspark.pii.transforms.generalize import AGE_BIN, DATE_LEVELS, POSTCODE_KEPT, POSTCODES
from anonspark.vocabulary import DataKind

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


def within_limits(action: Action, pii_type: str, profile: ComplianceProfile, catalogue: PiiCatalogue) -> bool:
    """Whether an action leaves no more of a type's values than a profile allows."""
    limited = catalogue.nearest(pii_type, profile.limits)
    if limited is None or not leaves_part(action):
        return True
    return any(within_limit(action, limit, pii_type, catalogue) for limit in profile.limits[limited])


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
    "to": lambda unit, most: DATE_LEVELS.index(unit) >= DATE_LEVELS.index(most),
    "bin_size": lambda size, least: size >= least,
    "keep": lambda kept, most: kept <= most,
    "prefix": lambda bits, most: bits <= most,
    "levels": lambda levels, least: levels >= least,
}
"""By the fields of `generalize`: whether a setting is as coarse as another."""


def with_defaults(action: Action, pii_type: str, catalogue: PiiCatalogue, kind: DataKind = DataKind.TEXT) -> Action:
    """The action with what is left open set as `generalize` reads it for the type; others stay as they are."""
    if not isinstance(action, Generalize):
        return action
    lineage = frozenset(catalogue.lineage(pii_type))
    if "date" in lineage or kind in (DataKind.DATE, DataKind.TIMESTAMP):
        if action.levels is not None:
            return Generalize(to=DATE_LEVELS[min(action.levels, len(DATE_LEVELS)) - 1])
        return Generalize(to="year") if action == Generalize() else action
    if lineage & POSTCODES:
        if action.levels is not None:
            return Generalize(keep=max(0, POSTCODE_KEPT + 1 - action.levels))
        return Generalize(keep=POSTCODE_KEPT) if action == Generalize() else action
    return Generalize(bin_size=AGE_BIN) if "age" in lineage and action == Generalize() else action
