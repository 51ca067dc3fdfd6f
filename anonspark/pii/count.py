"""How many cells of a table are personal data of the types that were decided: one pass over all rows, in the JVM."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from anonspark.domain.pii import CELL_LENGTH
from anonspark.frames.casts import any_of, flag_names
from anonspark.frames.names import numbered
from anonspark.pii.cells import Place, texts_at
from anonspark.vocabulary import DataKind


@dataclass(frozen=True, slots=True)
class Instances:
    """What was counted.

    Attributes:
        rows: That are well formed.
        malformed: The others, by what is wrong with them.
        cells: Of each place that was asked for, in that order: its cells that are instances.
    """

    rows: int
    malformed: Mapping[str, int]
    cells: Sequence[int]


def count_instances(
    table: DataFrame, asked: Sequence[tuple[Place, str | None]], *, empty: Collection[str] = ()
) -> Instances:
    """Count the cells of places that are instances of a type; one pass over the table.

    Args:
        table: Rows may be marked as malformed, see `frames.casts`.
        asked: Places, each with the shape that an instance has, a regular expression for the whole cell without the
            blanks around it, of which the first 512 characters are looked at. Without a shape every cell that is
            neither null, blank nor one of `empty` is an instance.
        empty: Words in lower case that stand for a missing value.
    """
    marks = flag_names(table)
    flags = [F.col(f"c{len(table.columns) - 1}").getField(mark) for mark in marks]
    good = ~any_of(flags)
    cells = [F.when(good, instances_in(place, shape, empty)).otherwise(0) for place, shape in asked]
    # One aggregate over numbered counts: one aggregate a place took 2.4 times as long with 300 places, as Spark
    # generates no code for so wide a row.
    counts = F.posexplode(F.array(good.cast("int"), *[flag.cast("int") for flag in flags], *cells)).alias("at", "count")
    found = numbered(table).select(counts).where(F.col("count") > 0).groupBy("at").agg(F.sum("count").alias("count"))
    sums = [0] * (1 + len(marks) + len(asked))
    for row in found.collect():
        sums[row["at"]] = row["count"]
    malformed = dict(zip(marks, sums[1 : len(marks) + 1], strict=True))
    return Instances(sums[0], malformed, sums[len(marks) + 1 :])


def instances_in(place: Place, shape: str | None, empty: Collection[str] = ()) -> Column:
    """How many cells of a row of the numbered table are instances; a whole number, never null."""
    texts = texts_at(place)

    def is_instance(text: Column) -> Column:
        return F.coalesce(_is_instance(text, place, shape, empty), F.lit(False))

    if place.is_repeated:
        return F.coalesce(F.size(F.filter(texts, is_instance)), F.lit(0))
    return is_instance(texts).cast("int")


def _is_instance(text: Column, place: Place, shape: str | None, empty: Collection[str]) -> Column:
    """Whether a cell is an instance; null for a null cell."""
    if place.kind is DataKind.BINARY:
        return text.isNotNull()
    trimmed = F.trim(F.substring(text, 1, CELL_LENGTH)) if place.is_text else text
    if shape is None:
        return ~F.lower(trimmed).isin("", *empty)
    return trimmed.rlike(rf"\A(?:{shape})\z")
