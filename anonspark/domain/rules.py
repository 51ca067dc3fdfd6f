"""How a hierarchy is made from the values of a table; `builders.py` makes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from anonspark.domain.hierarchy import Label
from anonspark.vocabulary import OnUnknown

Tree: TypeAlias = "Mapping[str, Tree] | tuple[str, ...]"
"""Inner labels over inner labels or leaves."""


@dataclass(frozen=True, slots=True)
class TableRule:
    """A hierarchy listed leaf by leaf: each row is a leaf and its label at level 1, 2, ...; nothing is appended."""

    rows: tuple[tuple[Label, ...], ...]
    unknown: OnUnknown = OnUnknown.ERROR  # error | suppress


@dataclass(frozen=True, slots=True)
class IntervalRule:
    """Numbers in half-open intervals [low, high) that are `widths[level - 1]` wide and start at `minimum`."""

    minimum: float
    maximum: float
    widths: tuple[float, ...]  # each a multiple of the one before
    outside: OnUnknown = OnUnknown.ERROR  # error | clamp | suppress


@dataclass(frozen=True, slots=True)
class TopBottomRule:
    """Numbers of which the extreme ones are coded: at most `bottom[level - 1]` as `<=18`, at least `top` as `>=90`.

    All others stay as they are. The shorter of the two keeps its last bound.
    """

    bottom: tuple[float, ...] = ()  # ascending
    top: tuple[float, ...] = ()  # descending, above all of `bottom`

    @property
    def height(self) -> int:
        """How many levels there are bounds for."""
        return max(len(self.bottom), len(self.top))


@dataclass(frozen=True, slots=True)
class MaskRule:
    """Codes of which the first `keep[level - 1]` characters stay and each other one becomes the symbol."""

    keep: tuple[int, ...]
    symbol: str = "*"


@dataclass(frozen=True, slots=True)
class DateRule:
    """Dates and timestamps by month (2024-03), quarter (2024-Q1), year (2024) or decade (2020s); also day, week."""

    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TreeRule:
    """Categories that are written down as a tree of any even or uneven depth; a short branch repeats its last label."""

    tree: Tree
    unknown: OnUnknown = OnUnknown.ERROR  # error | suppress


@dataclass(frozen=True, slots=True)
class OrderRule:
    """Ordered categories, `fanout` neighbours merged at each level: A..B, C..D, then A..D."""

    order: tuple[str, ...]
    fanout: int = 2
    unknown: OnUnknown = OnUnknown.ERROR  # error | suppress


@dataclass(frozen=True, slots=True)
class CutsRule:
    """Numbers below, between and from ascending bounds on; `fanout` neighbours are merged at each level, NaN apart.

    What a hierarchy of numbers that was derived from a table is afterwards, for any other table.
    """

    bounds: tuple[Decimal, ...]
    fanout: int = 2


@dataclass(frozen=True, slots=True)
class DerivedRule:
    """Nothing given: made from the values themselves and recorded with the solution."""

    fanout: int = 2


HierarchyRule: TypeAlias = (
    TableRule | IntervalRule | TopBottomRule | MaskRule | DateRule | TreeRule | OrderRule | CutsRule | DerivedRule
)
