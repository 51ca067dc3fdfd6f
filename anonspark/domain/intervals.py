"""Numbers in half-open intervals of given widths."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction
from itertools import compress, pairwise

import numpy as np

from anonspark.domain.arrays import BoolArray, CountArray, FloatArray
from anonspark.domain.complete import ListedLevels
from anonspark.domain.hierarchy import Label, Level
from anonspark.domain.leaves import spelled_numbers, told
from anonspark.domain.rules import IntervalRule
from anonspark.errors import HierarchyError
from anonspark.vocabulary import OnUnknown

MOST_DIGITS = 20
"""Digits that a label shows before it takes an exponent."""

EXACT_DIGITS = 120
"""More digits than an interval's bounds can have, so that rounding down never crosses a bound."""


def list_intervals(
    attribute: str, rule: IntervalRule, leaves: tuple[str, ...], values: Mapping[Label, int]
) -> ListedLevels:
    """One level a width; intervals are aligned at `minimum` and closed below, and `maximum` belongs to the last one.

    With `outside: clamp` a value below `minimum` counts to the first interval and one above `maximum` to the last; with
    `suppress` it is unknown.

    Raises:
        HierarchyError: If the widths do not nest, a value is no number, or one lies outside and that is an error.
    """
    ratios = require_intervals(attribute, rule)
    require_numbers(attribute, leaves, values)
    numbers = [Decimal(leaf) for leaf in leaves]
    minimum, maximum, width = (Decimal(str(bound)) for bound in (rule.minimum, rule.maximum, rule.widths[0]))
    outside = np.fromiter((not minimum <= number <= maximum for number in numbers), dtype=np.bool_, count=len(numbers))
    if rule.outside is OnUnknown.ERROR and outside.any():
        raise outside_error(attribute, rule, leaves, outside, values)
    unknown = outside if rule.outside is OnUnknown.SUPPRESS else np.zeros_like(outside)
    known = list(compress(numbers, (~unknown).tolist()))
    index = interval_of_each(known, minimum, maximum, width)
    levels = [intervals_as_level(index // ratio, minimum, width * ratio) for ratio in ratios]
    return ListedLevels(leaves, tuple(levels), unknown)


def require_intervals(attribute: str, rule: IntervalRule) -> list[int]:
    """How many intervals of the first width make one of each width.

    Exact: 0.3 is a multiple of 0.1, although the nearest floats are not.

    Raises:
        HierarchyError: If the bounds or the widths make no nested intervals.
    """
    bounds = (rule.minimum, rule.maximum, *rule.widths)
    if not rule.widths or not np.isfinite(bounds).all() or min(rule.widths) <= 0 or rule.minimum >= rule.maximum:
        raise HierarchyError(attribute, "needs min below max and one or more widths above 0, all of them finite.")
    widths = [Fraction(str(width)) for width in rule.widths]
    for level, (narrow, wide) in enumerate(pairwise(widths), start=1):
        if wide <= narrow or (wide / narrow).denominator != 1:
            raise HierarchyError(
                attribute,
                f"is not nested: the width of level {level + 1} must be a multiple of the width of level {level}.",
            )
    ratios = [int(width / widths[0]) for width in widths]
    span = (Fraction(str(rule.maximum)) - Fraction(str(rule.minimum))) / widths[0]
    if span >= 2**62 or ratios[-1] >= 2**62:
        raise HierarchyError(attribute, "has more intervals than can be counted; choose wider ones for level 1.")
    return ratios


def require_spelled(attribute: str, leaves: Sequence[str], values: Mapping[Label, int]) -> FloatArray:
    """Every leaf spells a number, NaN perhaps; returns them.

    Raises:
        HierarchyError: With counts of the values that do not.
    """
    numbers, unspelled = spelled_numbers(leaves)
    if unspelled.any():
        found = told(list(compress(leaves, unspelled.tolist())), values)
        raise HierarchyError(
            attribute,
            f"takes numbers, but {found} are not numbers; clean them, cast the column in input.schema, or choose "
            "another kind.",
        )
    return numbers


def require_numbers(attribute: str, leaves: Sequence[str], values: Mapping[Label, int]) -> None:
    """Every leaf spells a number that can be compared with bounds.

    Raises:
        HierarchyError: With counts of the values that do not.
    """
    numbers = require_spelled(attribute, leaves, values)
    undefined = np.isnan(numbers)
    if undefined.any():
        found = told(list(compress(leaves, undefined.tolist())), values)
        raise HierarchyError(
            attribute,
            f"takes numbers, but {found} are NaN, which lies nowhere among them; make it null or filter it out.",
        )


def outside_error(
    attribute: str, rule: IntervalRule, leaves: Sequence[str], outside: BoolArray, values: Mapping[Label, int]
) -> HierarchyError:
    """The error about values below `minimum` or above `maximum`."""
    found = told(list(compress(leaves, outside.tolist())), values)
    minimum, maximum = (plain(Decimal(str(bound))) for bound in (rule.minimum, rule.maximum))
    return HierarchyError(
        attribute,
        f"covers {minimum} to {maximum}, but {found} lie outside; widen min and max, or set "
        "hierarchy.outside: clamp or suppress.",
    )


def interval_of_each(numbers: Sequence[Decimal], minimum: Decimal, maximum: Decimal, width: Decimal) -> CountArray:
    """Index of the interval of each number, from 0; beyond the ends the first and the last; shape (n_numbers,)."""
    with localcontext(prec=EXACT_DIGITS, rounding=ROUND_CEILING):
        last = int(((maximum - minimum) / width).to_integral_value()) - 1
    with localcontext(prec=EXACT_DIGITS, rounding=ROUND_FLOOR):
        indices = (
            0 if number <= minimum else last if number >= maximum else int((number - minimum) // width)
            for number in numbers
        )
        return np.fromiter(indices, dtype=np.int64, count=len(numbers))


def intervals_as_level(index: CountArray, minimum: Decimal, width: Decimal) -> Level:
    """The level of intervals of one width; only the intervals that occur get a label."""
    occurring, groups = np.unique(index, return_inverse=True)
    with localcontext(prec=EXACT_DIGITS):
        lows = [minimum + width * int(position) for position in occurring]
        labels = tuple(f"[{plain(low)}, {plain(low + width)})" for low in lows)
    return Level(groups.astype(np.int32), labels)


def plain(number: Decimal) -> str:
    """A number without exponent and without trailing zeros.

    >>> plain(Decimal("5.00E+3")), plain(Decimal("0.30")), plain(Decimal("-0.0"))
    ('5000', '0.3', '0')
    """
    if abs(number.adjusted()) > MOST_DIGITS:
        return str(number.normalize())
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text
