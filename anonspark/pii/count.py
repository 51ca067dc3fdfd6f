"""How many cells of a table are personal data of the types that were decided: one pass over all rows, in the JVM."""

from collections.abc import Mapping, Sequence
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


def count_instances(table: DataFrame, asked: Sequence[tuple[Place, str | None]]) -> Instances:
    """Count the cells of places that are instances of a type; one pass over the table.

    Args:
        table: Rows may be marked as malformed, see `frames.casts`.
        asked: Places, each with the shape that an instance has, a regular expression for the whole cell without the
            blanks around it, of which the first 512 characters are looked at. Without a shape every cell that is
            neither null nor blank is an instance.
    """
    marks = flag_names(table)
    flags = [F.col(f"c{len(table.columns) - 1}").getField(mark) for mark in marks]
    good = ~any_of(flags)
    cells = [F.sum(F.when(good, instances_in(place, shape)).otherwise(F.lit(0))) for place, shape in asked]
    counts = [F.count_if(good), *map(F.count_if, flags), *(F.coalesce(each, F.lit(0)) for each in cells)]
    row = numbered(table).agg(*[count.alias(f"n{index}") for index, count in enumerate(counts)]).collect()[0]
    rows, malformed, found = row[0], row[1 : len(marks) + 1], row[len(marks) + 1 :]
    return Instances(rows, dict(zip(marks, malformed, strict=True)), list(found))


def instances_in(place: Place, shape: str | None) -> Column:
    """How many cells of a row of the numbered table are instances; a whole number, never null."""
    texts = texts_at(place)

    def is_instance(text: Column) -> Column:
        return F.coalesce(has_shape(text, place, shape), F.lit(False))

    if place.is_repeated:
        return F.coalesce(F.size(F.filter(texts, is_instance)), F.lit(0))
    return is_instance(texts).cast("int")


def has_shape(text: Column, place: Place, shape: str | None) -> Column:
    """Whether a cell is an instance; null for a null cell."""
    if place.kind is DataKind.BINARY:
        return text.isNotNull()
    trimmed = F.trim(F.substring(text, 1, CELL_LENGTH)) if place.is_text else text
    return trimmed != "" if shape is None else trimmed.rlike(rf"\A(?:{shape})\z")
