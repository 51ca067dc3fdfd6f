"""The `hierarchy` of an attribute in a job file."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from operator import gt, lt
from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from anonspark.config.fields import (
    Character,
    Count,
    Number,
    Positive,
    Problem,
    Section,
    SectionError,
    Text,
    Whole,
    as_tuple,
    distinct,
    fault,
    one_of,
    shown,
)
from anonspark.config.locations import Uri
from anonspark.config.trees import WrittenTree
from anonspark.domain.hierarchy import Label
from anonspark.domain.rules import (
    DateRule,
    HierarchyRule,
    IntervalRule,
    MaskRule,
    OrderRule,
    TableRule,
    TopBottomRule,
    TreeRule,
)
from anonspark.errors import did_you_mean
from anonspark.vocabulary import OnUnknown

N = TypeVar("N", int, float)

RowReader: TypeAlias = Callable[[str, str], Iterable[Sequence[Label]]]
"""URI and separator of a hierarchy file -> its rows, a leaf and its labels each."""

DATE_UNITS = ("day", "week", "month", "quarter", "year", "decade")

Unknown = Annotated[OnUnknown, one_of(OnUnknown.ERROR, OnUnknown.SUPPRESS)]


class _Hierarchy(Section):
    @abstractmethod
    def to_rule(self, read_rows: RowReader) -> HierarchyRule:
        """The domain's rule; only the csv kind reads."""


class CsvHierarchy(_Hierarchy):
    """A file with a leaf and its labels in each row."""

    kind: Literal["csv"]
    """The kind of hierarchy."""
    uri: Uri
    """The file, seen from the job file: a line a leaf, its value, then its label at level 1, 2, ..."""
    sep: Character = ";"
    """What separates the cells of a line."""
    unknown: Unknown = OnUnknown.ERROR
    """A value that it does not know: refuse it, or suppress its records."""

    def to_rule(self, read_rows: RowReader) -> TableRule:
        """The file's rows."""
        return TableRule(tuple(tuple(row) for row in read_rows(self.uri, self.sep)), self.unknown)


class IntervalHierarchy(_Hierarchy):
    """Numbers in half-open intervals, wider at each level."""

    kind: Literal["intervals"]
    """The kind of hierarchy."""
    min: Number
    """Where the first interval begins."""
    max: Number
    """The last number that is inside."""
    widths: Annotated[tuple[Positive, ...], BeforeValidator(as_tuple), Field(min_length=1)]
    """The width at level 1, 2, ...; each a multiple of the one before."""
    outside: Annotated[OnUnknown, one_of(OnUnknown.ERROR, OnUnknown.CLAMP, OnUnknown.SUPPRESS)] = OnUnknown.ERROR
    """A number outside: refuse it, count it to the nearest interval (clamp), or suppress its records."""

    @field_validator("max")
    @classmethod
    def _above_min(cls, maximum: float, info: ValidationInfo) -> float:
        minimum = info.data.get("min")
        if minimum is not None and maximum <= minimum:
            raise fault(f"found {maximum:g}, which is not above min, {minimum:g}.")
        return maximum

    @field_validator("widths")
    @classmethod
    def _nested(cls, widths: tuple[float, ...]) -> tuple[float, ...]:
        def nests(narrow: float, wide: float) -> bool:
            return wide > narrow and not _as_written(wide) % _as_written(narrow)

        return _each_after(widths, nests, "found {1:g}, which is not a larger multiple of the width before it, {0:g}.")

    def to_rule(self, read_rows: RowReader) -> IntervalRule:  # noqa: ARG002  nothing to read
        """Bounds and widths."""
        return IntervalRule(self.min, self.max, self.widths, self.outside)


class TopBottomHierarchy(_Hierarchy):
    """Numbers of which ever more of the lowest and of the highest are released as a bound."""

    kind: Literal["top_bottom"]
    """The kind of hierarchy."""
    bottom: Annotated[tuple[Number, ...], BeforeValidator(as_tuple)] = ()
    """At level 1, 2, ... numbers up to this become <= it; rising."""
    top: Annotated[tuple[Number, ...], BeforeValidator(as_tuple), Field(validate_default=True)] = ()
    """At level 1, 2, ... numbers from this on become >= it; falling."""

    @field_validator("bottom")
    @classmethod
    def _rising(cls, bottom: tuple[float, ...]) -> tuple[float, ...]:
        return _each_after(bottom, lt, "found {1:g}, which is not above the bound before it, {0:g}.")

    @field_validator("top")
    @classmethod
    def _falling(cls, top: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        bottom = info.data.get("bottom")
        if bottom is not None and not bottom and not top:
            raise fault("found no bound; give numbers for top, for bottom, or for both.")
        if bottom and top and min(top) <= max(bottom):
            raise fault(f"found {min(top):g}, which is not above all of bottom, {max(bottom):g}.")
        return _each_after(top, gt, "found {1:g}, which is not below the bound before it, {0:g}.")

    def to_rule(self, read_rows: RowReader) -> TopBottomRule:  # noqa: ARG002
        """The bounds."""
        return TopBottomRule(self.bottom, self.top)


class MaskHierarchy(_Hierarchy):
    """Codes of which fewer first characters stay at each level."""

    kind: Literal["mask"]
    """The kind of hierarchy."""
    keep: Annotated[tuple[Count, ...], BeforeValidator(as_tuple), Field(min_length=1)]
    """How many first characters stay at level 1, 2, ...; fewer at each."""
    symbol: Character = "*"
    """What stands for every other character."""

    @field_validator("keep")
    @classmethod
    def _fewer_each_level(cls, keep: tuple[int, ...]) -> tuple[int, ...]:
        return _each_after(
            keep, gt, "found {1}, which is not less than the {0} characters that the level before keeps."
        )

    def to_rule(self, read_rows: RowReader) -> MaskRule:  # noqa: ARG002
        """Characters kept at each level."""
        return MaskRule(self.keep, self.symbol)


def _check_unit(unit: str) -> str:
    if unit not in DATE_UNITS:
        hint = did_you_mean(unit, DATE_UNITS) or "."
        raise fault(f"found {shown(unit)}; it is one of {', '.join(DATE_UNITS)}{hint}")
    return unit


class DateHierarchy(_Hierarchy):
    """Dates by ever longer stretches of the calendar."""

    kind: Literal["date"]
    """The kind of hierarchy."""
    levels: Annotated[
        tuple[Annotated[Text, AfterValidator(_check_unit), WithJsonSchema({"enum": [*DATE_UNITS]})], ...],
        BeforeValidator(as_tuple),
        Field(min_length=1),
    ]
    """The unit at level 1, 2, ...; each longer than the one before."""

    @field_validator("levels")
    @classmethod
    def _nested(cls, levels: tuple[str, ...]) -> tuple[str, ...]:
        broken: list[Problem] = []
        for level, (fine, coarse) in enumerate(pairwise(levels), start=1):
            if DATE_UNITS.index(coarse) <= DATE_UNITS.index(fine):
                broken.append(((level,), f"{coarse} is not longer than {fine}, the level before it."))
            elif fine == "week":
                broken.append(((level,), f"weeks do not lie within one {coarse} each; end with week, or leave it out."))
        if broken:
            raise SectionError(*broken)
        return levels

    def to_rule(self, read_rows: RowReader) -> DateRule:  # noqa: ARG002
        """Units of the calendar."""
        return DateRule(self.levels)


class TreeHierarchy(_Hierarchy):
    """Categories written down as a tree."""

    kind: Literal["tree"]
    """The kind of hierarchy."""
    tree: WrittenTree
    """Labels over labels, down to lists of values."""
    unknown: Unknown = OnUnknown.ERROR
    """A value that it does not know: refuse it, or suppress its records."""

    def to_rule(self, read_rows: RowReader) -> TreeRule:  # noqa: ARG002
        """The tree."""
        return TreeRule(self.tree, self.unknown)


class OrderHierarchy(_Hierarchy):
    """Ordered categories of which neighbours are merged."""

    kind: Literal["order"]
    """The kind of hierarchy."""
    order: Annotated[
        tuple[Text, ...], BeforeValidator(as_tuple), Field(min_length=1), AfterValidator(distinct("the value"))
    ]
    """The values from the first to the last."""
    fanout: Annotated[Whole, Field(ge=2)] = 2
    """How many neighbours are merged at each level."""
    unknown: Unknown = OnUnknown.ERROR
    """A value that it does not know: refuse it, or suppress its records."""

    def to_rule(self, read_rows: RowReader) -> OrderRule:  # noqa: ARG002
        """The order."""
        return OrderRule(self.order, self.fanout, self.unknown)


Hierarchy = Annotated[
    CsvHierarchy
    | IntervalHierarchy
    | TopBottomHierarchy
    | MaskHierarchy
    | DateHierarchy
    | TreeHierarchy
    | OrderHierarchy,
    Field(discriminator="kind"),
]


def _each_after(levels: tuple[N, ...], follows: Callable[[N, N], bool], otherwise: str) -> tuple[N, ...]:
    """The numbers of the levels, each of which follows the one before; `otherwise` tells of a pair that does not."""
    broken = [
        ((level,), otherwise.format(before, number))
        for level, (before, number) in enumerate(pairwise(levels), start=1)
        if not follows(before, number)
    ]
    if broken:
        raise SectionError(*broken)
    return levels


def _as_written(number: float) -> Fraction:
    """The decimal that was written: 0.3 is three times 0.1, which binary fractions miss."""
    return Fraction(repr(number))
