"""Combinations that are too many for the driver: they stay on the cluster, only the values of each column come."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from anonspark.domain.arrays import CodeArray, CountArray
from anonspark.domain.encode import RawColumn
from anonspark.domain.hierarchy import Label
from anonspark.errors import TooManyClassesError
from anonspark.frames.casts import flag_names
from anonspark.frames.chunks import chunks
from anonspark.frames.lookups import add_matches
from anonspark.frames.persisted import persisted
from anonspark.frames.persons import PERSON

Step = Callable[[DataFrame], DataFrame]


@dataclass(frozen=True, slots=True, eq=False)
class ColumnValues:
    """The distinct values of one column, with their records.

    Attributes:
        column: Its codes are 0, 1, 2, ...
        counts: Shape (n_values,): records of each value.
    """

    column: RawColumn
    counts: CountArray

    def records(self) -> dict[Label, int]:
        """Records of each distinct value."""
        return self.column.records(self.counts)


@dataclass(frozen=True, slots=True, eq=False)
class ClusterCombinations:
    """The distinct combinations of quasi-identifiers and sensitive attributes, on the cluster.

    Attributes:
        quasi_identifiers: One an attribute.
        sensitive: One an attribute.
        malformed: Rows that are left out, by what is wrong with them.
        table: q0, q1, ..., s0, ... as texts, `person` where records name theirs, `records`; without the malformed rows.
        held: Frees the table, and what is made of it, when it is closed.
        n_persons: Persons of the table, where rows name them.
    """

    quasi_identifiers: tuple[ColumnValues, ...]
    sensitive: tuple[ColumnValues, ...]
    malformed: Mapping[str, int]
    table: DataFrame
    held: ExitStack
    n_persons: int | None = None

    @property
    def n_records(self) -> int:
        """Records in all combinations."""
        return int(self.quasi_identifiers[0].counts.sum())


def collect_values(
    table: DataFrame,
    counted: DataFrame,
    quasi_identifiers: Sequence[str],
    sensitive: Sequence[str],
    most_bytes: int,
    held: ExitStack,
) -> ClusterCombinations:
    """Bring the distinct values of every column to the driver, where hierarchies are built from them.

    Args:
        table: The raw table.
        counted: Its combinations, persisted.
        quasi_identifiers: Columns of the table.
        sensitive: Columns of the table.
        most_bytes: Memory that the values may take.
        held: Frees the combinations when it is closed.

    Raises:
        TooManyClassesError: The values take more.
    """
    names = [*quasi_identifiers, *sensitive]
    keys = counted.columns[: len(names)]
    malformed = count_marks(table, counted)
    person = [name for name in counted.columns if name == PERSON]
    good = counted.where(~F.col("bad")).select(*keys, *person, "records")
    types = {field.name: field.dataType.simpleString() for field in table.schema}
    columns = values_of(good, dict(zip(keys, names, strict=True)), types, most_bytes)
    split = len(quasi_identifiers)
    n_persons = good.select(PERSON).distinct().count() if person else None
    return ClusterCombinations(tuple(columns[:split]), tuple(columns[split:]), malformed, good, held, n_persons)


def values_of(
    rows: DataFrame, names: Mapping[str, str], types: Mapping[str, str], most_bytes: int
) -> list[ColumnValues]:
    """The distinct values of columns of combinations, on the driver.

    Args:
        rows: The combinations, persisted.
        names: What each of these columns is called in the table.
        types: Of the table's columns, as Spark's `simpleString` prints them.
        most_bytes: Memory that the values may take.

    Raises:
        TooManyClassesError: The values take more.
    """
    cells = [F.struct(F.lit(place).alias("place"), F.col(key).alias("value")) for place, key in enumerate(names)]
    each = rows.select(F.explode(F.array(*cells)).alias("cell"), "records").select(
        "cell.place", "cell.value", "records"
    )
    parts: list[pa.Table] = []
    with persisted(each.groupBy("place", "value").agg(F.sum("records").alias("records"))) as values:
        for part in chunks(values, 2):
            parts.append(part)
            if sum(known.nbytes for known in parts) > most_bytes:
                raise TooManyClassesError(
                    "The columns have more distinct values than fit into search.memory_mb = "
                    f"{most_bytes >> 20}. Raise it, or use fewer quasi-identifiers.",
                    field="search.memory_mb",
                )
    found = pa.concat_tables(parts)
    return [_values(found, place, name, types[name]) for place, name in enumerate(names.values())]


def count_marks(table: DataFrame, counted: DataFrame) -> dict[str, int]:
    """Malformed rows by what is wrong with them, from the combinations of a table."""
    marks = flag_names(table)
    if not marks:
        return {}
    sums = counted.agg(*[F.coalesce(F.sum(f"m{place}"), F.lit(0)) for place in range(len(marks))]).toArrow()
    return dict(zip(marks, (column[0].as_py() for column in sums.columns), strict=True))


def _values(found: pa.Table, place: int, name: str, data_type: str) -> ColumnValues:
    rows = np.flatnonzero(found["place"].to_numpy() == place)
    values = tuple(found["value"].take(pa.array(rows)).to_pylist())
    codes = np.arange(len(values), dtype=np.int32)
    return ColumnValues(RawColumn(name, data_type, values, codes), found["records"].to_numpy()[rows])


def add_codes(name: str, values: Sequence[Label], codes: CodeArray, new: str) -> Step:
    """A column `new` with the code of each row's text in a column; null where it is none of the values."""
    key = f"{new}_value"
    known = pa.table({key: pa.array(values, pa.string()), new: pa.array(codes, pa.int32())})
    # Compared themselves: what was written is verified with these codes.
    return add_matches(known, {name: key}, {name: StringType()}, by_hash=False)
