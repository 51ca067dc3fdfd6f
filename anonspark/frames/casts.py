"""Columns cast to the job's schema, and rows that do not fit it marked instead of turned into nulls.

The marks are one more column, so that the one group-by over the table can count them on its way:

    flags = malformed_cells(schema)
    flagged = raw.transform(add_malformed(flags)).transform(try_cast_columns(schema))
    flagged.groupBy(is_malformed(flagged), ...).agg(*malformed_counts(flagged).values(), ...)  # one pass for all
    table = flagged.transform(leave_out_malformed)
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from anonspark.errors import MalformedCellsError
from anonspark.frames.names import quoted
from anonspark.vocabulary import SUPPRESSED

Step: TypeAlias = Callable[[DataFrame], DataFrame]

MALFORMED: Final = "_anonspark_malformed"
"""The column that marks a row: a struct of one boolean for each thing that can be wrong with it, none of them null."""

RAGGED: Final = "ragged"
"""Rows with too few or too many cells, or that are no JSON."""

UNDECODABLE: Final = "undecodable"
"""Rows with characters that the encoding does not have, which a reader replaces by U+FFFD."""

CELL: Final = "cell "
"""Before the name of a column whose cell cannot be cast."""


def column(name: str) -> Column:
    """A column by its name as it is, with dots, blanks and backticks."""
    return F.col(quoted(name))


def malformed_cells(schema: Mapping[str, str]) -> dict[str, Column]:
    """For each column to cast: whether its raw cell is there and cannot be.

    Args:
        schema: Spark type by column of the raw table.
    """
    return {
        CELL + name: column(name).isNotNull() & column(name).try_cast(kind).isNull() for name, kind in schema.items()
    }


def unmasked_cells(identifiers: Iterable[str]) -> dict[str, Column]:
    """For each identifier of a release: whether its cell is anything but `*`."""
    return {name: ~column(name).eqNullSafe(SUPPRESSED) for name in identifiers}


def undecodable(columns: Iterable[str]) -> Column:
    """Whether any of these text columns holds the character that stands for undecodable bytes; false for a null."""
    return F.contains(F.concat_ws("", *map(column, columns)), F.lit("\ufffd"))


def any_of(flags: Sequence[Column]) -> Column:
    """Whether one of these is true, none of them being null.

    One flat expression: Spark's optimizer needs gigabytes for a chain of two hundred ORs.
    """
    return F.array_contains(F.array(*flags), F.lit(True)) if flags else F.lit(False)


def opaque(condition: Column) -> Column:
    """The same condition, which Spark's optimizer takes as it is.

    From a plain filter Spark infers constraints, and repeats them for every renaming of every column in them: two to
    the power of the columns that a check of all cells looks at. What depends on the partition is left alone.
    """
    return F.when(F.spark_partition_id() >= 0, condition).otherwise(F.lit(False))


def try_cast_columns(schema: Mapping[str, str]) -> Step:
    """Cast these columns in their places; a cell that cannot be cast becomes null, and `malformed_cells` tells so."""

    def step(table: DataFrame) -> DataFrame:
        return table.select(
            *[
                column(name).try_cast(schema[name]).alias(name) if name in schema else column(name)
                for name in table.columns
            ]
        )

    return step


def add_malformed(flags: Mapping[str, Column]) -> Step:
    """Mark each row with what is wrong with it; without flags the table stays as it is."""

    def step(table: DataFrame) -> DataFrame:
        marks = F.struct(*[flag.alias(name) for name, flag in flags.items()])
        return table.withColumn(MALFORMED, marks) if flags else table

    return step


def flag_names(table: DataFrame) -> list[str]:
    """What the rows of a table are marked with; nothing where they bear no marks."""
    if MALFORMED not in table.columns:
        return []
    marks = table.schema[MALFORMED].dataType
    return list(marks.names) if isinstance(marks, StructType) else []


def is_malformed(table: DataFrame, among: Iterable[str] | None = None) -> Column:
    """Whether a row of this table bears a mark, of all or of some kinds; false where rows bear no marks."""
    names = flag_names(table)
    chosen = names if among is None else [name for name in names if name in set(among)]
    return any_of([F.col(MALFORMED).getField(name) for name in chosen])


def malformed_counts(table: DataFrame) -> dict[str, Column]:
    """Aggregates over this table by mark: how many rows bear it. `require_well_formed` judges their sums."""
    return {name: F.count_if(F.col(MALFORMED).getField(name)) for name in flag_names(table)}


def leave_out_malformed(table: DataFrame) -> DataFrame:
    """Only rows without a mark, and without the column of marks."""
    return table.filter(opaque(~is_malformed(table))).drop(MALFORMED)


def require_well_formed(counts: Mapping[str, int]) -> None:
    """Refuse a table with malformed rows.

    Args:
        counts: Rows by what is wrong with them, keyed as in `malformed_counts`.

    Raises:
        MalformedCellsError: Any count is above zero.
    """
    found = {name: count for name, count in counts.items() if count}
    if found:
        cells = {name.removeprefix(CELL): count for name, count in found.items() if name.startswith(CELL)}
        raise MalformedCellsError(cells, ragged=found.get(RAGGED, 0), undecodable=found.get(UNDECODABLE, 0))
