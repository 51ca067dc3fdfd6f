"""A hierarchy for a column that has no rule, from its type, its values and how often they occur."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from decimal import ROUND_FLOOR, Decimal, localcontext
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from anonspark.domain.arrays import CountArray, FloatArray
from anonspark.domain.categories import list_masks
from anonspark.domain.complete import ListedLevels
from anonspark.domain.dates import list_dates, read_days
from anonspark.domain.hierarchy import Label, Level
from anonspark.domain.intervals import EXACT_DIGITS, plain, require_spelled
from anonspark.domain.leaves import in_order, is_numeric, records_of, spelled_numbers
from anonspark.domain.rules import CutsRule, DateRule, DerivedRule, MaskRule
from anonspark.errors import HierarchyError

MOST_INTERVALS: Final = 32
"""Intervals of level 1: each level costs the lattice a factor, and 32 halve five times."""

MOST_MASKS: Final = 5
"""Levels of a derived mask, not counting `*`."""

FEWEST_CODES: Final = 20
"""Distinct values from which texts of one length are taken for codes rather than for a few categories."""

CODE: Final = r"^[0-9A-Za-z][0-9A-Za-z ./-]{2,11}$"
"""A postcode or a plant number."""

PLAIN_NUMBER: Final = r"^-?(?:0|[1-9]\d*)(?:\.\d+)?$"
"""A number as a column of numbers prints it; a leading zero tells a code."""

DATE_LEVELS: Final = ("month", "quarter", "year", "decade")
"""Levels of derived dates; timestamps have the day below them."""


def list_derived(
    attribute: str, rule: DerivedRule, leaves: tuple[str, ...], values: Mapping[Label, int], data_type: str
) -> ListedLevels:
    """Levels that suit the column; none at all, so only `*`, where nothing better is known.

    Numbers: intervals of about equally many records, merged `fanout` at a time. Dates: month to decade; timestamps by
    day too. Strings by what they all look like: ISO dates as dates, codes of one length as prefix masks, numbers
    without leading zeros as numbers, since every column of a CSV file is a string unless a schema says otherwise.

    Raises:
        HierarchyError: If `fanout` is below 2.
    """
    if rule.fanout < 2:
        raise HierarchyError(attribute, f"merges {rule.fanout} neighbours at a level; fanout must be at least 2.")
    settled = settle(rule, leaves, values, data_type)
    if isinstance(settled, CutsRule):
        return list_cuts(attribute, settled, leaves, values)
    if isinstance(settled, DateRule):
        return list_dates(attribute, settled, leaves, values)
    return list_masks(attribute, settled, leaves)


def settle(
    rule: DerivedRule, leaves: tuple[str, ...], values: Mapping[Label, int], data_type: str
) -> CutsRule | DateRule | MaskRule:
    """The rule that is derived from these values, which makes the same hierarchy of them and suits others too.

    >>> settle(DerivedRule(), ("1", "2", "3", "4"), {"1": 1, "2": 1, "3": 1, "4": 1}, "int")
    CutsRule(bounds=(Decimal('3'),), fanout=2)
    """
    kind = kind_of(leaves, data_type)
    if kind == "numbers":
        ordered = in_order(leaves, numeric=True)
        return CutsRule(tuple(equal_frequency_bounds(rule.fanout, ordered, values)), rule.fanout)
    if kind == "dates":
        timed = any(len(leaf) > len("YYYY-MM-DD") for leaf in leaves)
        return DateRule(("day", *DATE_LEVELS) if timed else DATE_LEVELS)
    return mask_of(len(leaves[0])) if kind == "codes" else MaskRule(())


def kind_of(leaves: tuple[str, ...], data_type: str) -> str:
    """Whether values are `numbers`, `dates`, `codes` or mere `categories`."""
    if not leaves:
        return "categories"
    if is_numeric(data_type):
        return "numbers"
    if data_type == "date" or data_type.startswith("timestamp"):
        return "dates" if read_days(leaves)[1].all() else "categories"
    if not data_type.startswith(("string", "varchar", "char")):
        return "categories"
    if read_days(leaves)[1].all():
        return "dates"
    texts = pa.array(leaves, pa.string())
    numbers = pc.all(pc.match_substring_regex(texts, PLAIN_NUMBER)).as_py()
    if looks_like_codes(texts) and not (numbers and len(leaves[0]) < 4):
        return "codes"
    return "numbers" if numbers else "categories"


def looks_like_codes(texts: pa.Array) -> bool:
    """Many texts of one length, 3 to 12 letters and digits, with a digit in each."""
    return bool(
        len(texts) >= FEWEST_CODES
        and pc.count_distinct(pc.utf8_length(texts)).as_py() == 1
        and pc.all(pc.match_substring_regex(texts, CODE)).as_py()
        and pc.all(pc.match_substring_regex(texts, r"\d")).as_py()
    )


def mask_of(length: int) -> MaskRule:
    """A mask of at most five levels for codes of one length.

    >>> mask_of(5).keep, mask_of(10).keep
    ((4, 3, 2, 1), (8, 6, 4, 2))
    """
    step = -(-length // (MOST_MASKS + 1))
    return MaskRule(tuple(range(length - step, 0, -step)))


def equal_frequency_bounds(fanout: int, leaves: tuple[str, ...], values: Mapping[Label, int]) -> Iterator[Decimal]:
    """Bounds of intervals of about equally many records.

    A bound is the roundest number between two neighbouring values. The smallest and the largest value, which often are
    one person's, are none.

    Args:
        fanout: See `equal_frequency_groups`.
        leaves: Numbers in ascending order, NaN last.
        values: Records of each.
    """
    numbers, _ = spelled_numbers(leaves)
    n_numbers = int(np.count_nonzero(~np.isnan(numbers)))
    numbers, ordered = numbers[:n_numbers], leaves[:n_numbers]
    groups = equal_frequency_groups(numbers, records_of(ordered, values), fanout)
    yield from bounds_between(groups, numbers, ordered)


def list_cuts(attribute: str, rule: CutsRule, leaves: tuple[str, ...], values: Mapping[Label, int]) -> ListedLevels:
    """Intervals whose ends are open (`< 20`, `>= 65`); level by level neighbours are merged until one would be left.

    NaN is a group of its own.

    Raises:
        HierarchyError: A value is no number.
    """
    require_spelled(attribute, leaves, values)
    leaves = in_order(leaves, numeric=True)
    n_numbers = int(np.count_nonzero(~np.isnan(spelled_numbers(leaves)[0])))
    groups = np.array([bisect_right(rule.bounds, Decimal(leaf)) for leaf in leaves[:n_numbers]], dtype=np.int32)
    bounds, levels = [plain(bound) for bound in rule.bounds], []
    size = 1
    while -(-(len(bounds) + 1) // size) > 1:
        cuts = bounds[size - 1 :: size]
        inner = [f"[{low}, {high})" for low, high in pairwise(cuts)]
        labels: list[Label] = [f"< {cuts[0]}", *inner, f">= {cuts[-1]}"]
        merged = np.full(len(leaves), len(labels), dtype=np.int32)
        merged[:n_numbers] = groups // size
        levels.append(Level(merged, (*labels, "NaN") if n_numbers < len(leaves) else tuple(labels)))
        size *= rule.fanout
    return ListedLevels(leaves, tuple(levels))


def equal_frequency_groups(numbers: FloatArray, records: CountArray, fanout: int) -> CountArray:
    """The group of each number: 0, 1, ... in ascending order, equal numbers together; shape (n_numbers,).

    Args:
        numbers: Ascending.
        records: Of each number, at least 1.
        fanout: The number of groups is one of its powers; at most half the distinct numbers, and about 32.
    """
    distinct, position = np.unique(numbers, return_inverse=True)
    wanted = 1
    while wanted * fanout <= min(max(MOST_INTERVALS, fanout), len(distinct) // 2):
        wanted *= fanout
    held = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(held, position, records)
    # A number goes where the middle one of its records goes; a frequent one can leave groups empty, which close up.
    middles = 2 * np.cumsum(held) - held
    _, groups = np.unique(middles * wanted // max(2 * int(held.sum()), 1), return_inverse=True)
    return np.asarray(groups[position], dtype=np.int64)


def bounds_between(groups: CountArray, numbers: FloatArray, leaves: tuple[str, ...]) -> Iterator[Decimal]:
    """A number between each group and the next one: above all of the one, not above any of the other."""
    for first in np.flatnonzero(np.diff(groups)) + 1:
        # Decimals can differ where their floats do not, so all that look equal are compared.
        below = slice(np.searchsorted(numbers, numbers[first - 1], "left"), first)
        above = slice(first, np.searchsorted(numbers, numbers[first], "right"))
        yield roundest_between(max(map(Decimal, leaves[below])), min(map(Decimal, leaves[above])))


def roundest_between(low: Decimal, high: Decimal) -> Decimal:
    """The number with the fewest digits in (low, high], which says least about either.

    >>> roundest_between(Decimal("36.27"), Decimal("41.92")), roundest_between(Decimal(36), Decimal(37))
    (Decimal('4E+1'), Decimal('37'))
    """
    with localcontext(prec=EXACT_DIGITS, rounding=ROUND_FLOOR):
        if high.is_infinite():
            high = Decimal(0) if low.is_infinite() else low + abs(low) + 1
        step = Decimal(1).scaleb(max(end.adjusted() for end in (low, high) if end.is_finite()))
        while (bound := (high / step).to_integral_value() * step) <= low:
            step /= 10
        return bound
