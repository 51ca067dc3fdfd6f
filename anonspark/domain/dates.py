"""Dates and timestamps by day, week, month, quarter, year or decade."""

from collections.abc import Callable, Mapping
from itertools import compress, pairwise
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from anonspark.domain.arrays import BoolArray, CountArray
from anonspark.domain.complete import ListedLevels
from anonspark.domain.hierarchy import Label, Level
from anonspark.domain.leaves import told
from anonspark.domain.rules import DateRule
from anonspark.errors import HierarchyError, did_you_mean

Days: TypeAlias = npt.NDArray[np.datetime64]
"""Dates, one a leaf, in numpy's unit D."""

ISO_DATE: Final = (
    r"^(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$"
)
"""A date, or a timestamp as Spark prints one; of a timestamp the day counts as it is written, in its own time zone."""

SCALE: Final = ("day", "month", "quarter", "year", "decade")
"""The levels that lie in one another, finest first; a week lies only in `*`, since it can belong to two months."""


def list_dates(attribute: str, rule: DateRule, leaves: tuple[str, ...], values: Mapping[Label, int]) -> ListedLevels:
    """One level a unit: 2024-03-05, 2024-W10 (ISO 8601), 2024-03, 2024-Q1, 2024, 2020s.

    Raises:
        HierarchyError: If the levels do not nest, or values are no dates.
    """
    require_nested_units(attribute, rule.levels)
    days, valid = read_days(leaves)
    if not valid.all():
        found = told(list(compress(leaves, (~valid).tolist())), values)
        raise HierarchyError(
            attribute,
            f"is one of dates, but {found} are not written as YYYY-MM-DD, with or without a time; clean them or cast "
            "the column in input.schema.",
        )
    return ListedLevels(leaves, tuple(UNITS[unit](days) for unit in rule.levels))


def require_nested_units(attribute: str, units: tuple[str, ...]) -> None:
    """Each unit lies within the next one.

    Raises:
        HierarchyError: With the pair that does not.
    """
    for unit in units:
        if unit not in UNITS:
            raise HierarchyError(
                attribute, f"has no level '{unit}'{did_you_mean(unit, UNITS)}; it knows {', '.join(UNITS)}."
            )
    for lower, upper in pairwise(units):
        nested = lower == "day" if upper == "week" else lower != "week" and SCALE.index(lower) < SCALE.index(upper)
        if not nested:
            raise HierarchyError(
                attribute,
                f"is not nested: a {lower} does not lie within one {upper}; the order is {', '.join(SCALE)}, and "
                "above week comes only *.",
            )


def read_days(leaves: tuple[str, ...]) -> tuple[Days, BoolArray]:
    """The day of each leaf, and whether it has one; both of shape (n_leaves,)."""
    parts = pc.extract_regex(pa.array(leaves, pa.string()), ISO_DATE)
    written = parts.is_valid().to_numpy(zero_copy_only=False)
    year, month, day = (
        pc.fill_null(pc.cast(pc.struct_field(parts, name), pa.int64()), 1).to_numpy(zero_copy_only=False)
        for name in ("year", "month", "day")
    )
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    firsts = months.astype("datetime64[D]")
    days_in_month = ((months + 1).astype("datetime64[D]") - firsts).astype(np.int64)
    return firsts + (day - 1), written & (month >= 1) & (month <= 12) & (day >= 1) & (day <= days_in_month)


def _level(keys: CountArray, label: Callable[[int], str]) -> Level:
    """Leaves of equal key are one group; only the keys that occur get a label."""
    occurring, groups = np.unique(keys, return_inverse=True)
    return Level(groups.astype(np.int32), tuple(label(int(key)) for key in occurring))


def _months(days: Days) -> CountArray:
    """Months since January of the year 0."""
    return days.astype("datetime64[M]").astype(np.int64) + 1970 * 12


def _by_day(days: Days) -> Level:
    return _level(days.astype(np.int64), lambda key: str(np.datetime64(key, "D")))


def _by_week(days: Days) -> Level:
    # 1970-01-01 was a Thursday, and a week belongs to the year of its Thursday.
    weeks = (days.astype(np.int64) + 3) // 7

    def label(week: int) -> str:
        thursday = np.datetime64(week * 7, "D")
        january = thursday.astype("datetime64[Y]").astype("datetime64[D]")
        return f"{str(thursday)[:4]}-W{int((thursday - january).astype(np.int64)) // 7 + 1:02d}"

    return _level(weeks, label)


def _by_month(days: Days) -> Level:
    return _level(_months(days), lambda key: f"{key // 12:04d}-{key % 12 + 1:02d}")


def _by_quarter(days: Days) -> Level:
    return _level(_months(days) // 3, lambda key: f"{key // 4:04d}-Q{key % 4 + 1}")


def _by_year(days: Days) -> Level:
    return _level(_months(days) // 12, lambda key: f"{key:04d}")


def _by_decade(days: Days) -> Level:
    return _level(_months(days) // 120, lambda key: f"{key * 10:04d}s")


UNITS: Final[Mapping[str, Callable[[Days], Level]]] = {
    "day": _by_day,
    "week": _by_week,
    "month": _by_month,
    "quarter": _by_quarter,
    "year": _by_year,
    "decade": _by_decade,
}
"""How each unit groups days."""
