"""Top and bottom coding: the extreme numbers, which few people have, released as a bound."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

import numpy as np

from anonspark.domain.complete import ListedLevels
from anonspark.domain.hierarchy import Label, Level
from anonspark.domain.intervals import plain, require_numbers
from anonspark.domain.rules import TopBottomRule
from anonspark.errors import HierarchyError


def list_extremes(
    attribute: str, rule: TopBottomRule, leaves: tuple[str, ...], values: Mapping[Label, int]
) -> ListedLevels:
    """One level a bound: numbers at most as high as `bottom` are `<=18`, numbers at least as high as `top` are `>=90`.

    Hundepool et al., Statistical Disclosure Control (2012); HIPAA's safe harbor (45 CFR 164.514(b)(2)(i)(C))
    asks for it of ages over 89.

    Raises:
        HierarchyError: If the bounds do not nest, or a value is no number.
    """
    require_bounds(attribute, rule)
    require_numbers(attribute, leaves, values)
    numbers = [Decimal(leaf) for leaf in leaves]
    levels = [
        coded(leaves, numbers, _bound(rule.bottom, level), _bound(rule.top, level)) for level in range(rule.height)
    ]
    return ListedLevels(leaves, tuple(levels))


def require_bounds(attribute: str, rule: TopBottomRule) -> None:
    """Refuse bounds of which a level does not hold all that the level before coded.

    Raises:
        HierarchyError: With what they must be.
    """
    finite = bool(np.isfinite((*rule.bottom, *rule.top)).all())
    rising = all(before < after for before, after in pairwise(rule.bottom))
    falling = all(before > after for before, after in pairwise(rule.top))
    apart = not rule.bottom or not rule.top or max(rule.bottom) < min(rule.top)
    if not (rule.height and finite and rising and falling and apart):
        raise HierarchyError(
            attribute, "needs finite bounds: bottom rising, top falling, every one of top above all of bottom."
        )


def coded(leaves: Sequence[str], numbers: Sequence[Decimal], bottom: Decimal | None, top: Decimal | None) -> Level:
    """The level of one bottom and one top, of which None codes nothing."""

    def label_of(leaf: str, number: Decimal) -> str:
        if bottom is not None and number <= bottom:
            return f"<={plain(bottom)}"
        return f">={plain(top)}" if top is not None and number >= top else leaf

    labels = list(map(label_of, leaves, numbers))
    group_of = {label: group for group, label in enumerate(dict.fromkeys(labels))}
    return Level(np.array([group_of[label] for label in labels], dtype=np.int32), tuple(group_of))


def _bound(bounds: Sequence[float], level: int) -> Decimal | None:
    return Decimal(str(bounds[min(level, len(bounds) - 1)])) if bounds else None
