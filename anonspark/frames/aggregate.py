"""The one pass that a search needs: distinct combinations, counted on the cluster and brought to the driver."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from anonspark.domain.arrays import CodeArray, CountArray
from anonspark.domain.encode import RawClasses, RawColumn
from anonspark.domain.hierarchy import Label
from anonspark.errors import TooManyClassesError
from anonspark.frames.casts import MALFORMED, any_of, flag_names
from anonspark.frames.chunks import chunks
from anonspark.frames.combinations import ClusterCombinations, collect_values
from anonspark.frames.names import distinct_value, numbered
from anonspark.frames.persisted import persisted
from anonspark.frames.persons import PERSON
from anonspark.frames.settings import session_settings

COUNT = "records"

ONE_HASH_MAP: Final = {"spark.sql.codegen.aggregate.map.twolevel.enabled": "false"}
"""Spark puts a small hash map before the large one. It saves a fifth of a group-by into thousands of combinations and
costs a fifth of one into a million, which takes five times as long."""


def combinations(
    table: DataFrame, quasi_identifiers: Sequence[str], sensitive: Sequence[str], person: str | None = None
) -> DataFrame:
    """Distinct combinations as texts (q0, q1, ..., s0, ...) with `records`, and malformed rows by mark (m0, ...).

    Malformed rows, where the table marks them, are one combination of nulls with `bad` set. Persons, where a column
    names them, are told apart by a hash, `person`; records without a person are one person's.
    """
    plain = numbered(table)
    names = flag_names(table)
    flags = [F.col(f"c{table.columns.index(MALFORMED)}").getField(name) for name in names]
    bad = any_of(flags)
    keys = {f"q{place}": distinct_value(table, name) for place, name in enumerate(quasi_identifiers)}
    keys |= {f"s{place}": distinct_value(table, name) for place, name in enumerate(sensitive)}
    wanted = [F.when(~bad, value).alias(name) if names else value.alias(name) for name, value in keys.items()]
    counts = [F.count_if(F.col(f"m{place}")).alias(f"m{place}") for place in range(len(names))]
    persons = []
    if person is not None:
        hashed = F.xxhash64(distinct_value(table, person))
        persons = [(F.when(~bad, hashed) if names else hashed).alias(PERSON)]
    marks = [flag.alias(f"m{place}") for place, flag in enumerate(flags)]
    rows = plain.select(*wanted, *persons, bad.alias("bad"), *marks)
    counted = rows.groupBy(*keys, *[PERSON for _ in persons], "bad").agg(F.count(F.lit(1)).alias(COUNT), *counts)
    return counted.withColumns({name: F.col(name).cast("string") for name in keys})


def collect_classes(
    table: DataFrame, quasi_identifiers: Sequence[str], sensitive: Sequence[str], most_bytes: int
) -> RawClasses:
    """Count the table's combinations and bring them to the driver, chunk by chunk.

    One pass over the table, a second one where there are millions of them.

    Args:
        table: The raw table, malformed rows marked.
        quasi_identifiers: Its columns.
        sensitive: Its columns.
        most_bytes: Memory that the combinations may take on the driver.

    Raises:
        TooManyClassesError: They take more.
    """
    counted = combinations(table, quasi_identifiers, sensitive)
    with ExitStack() as held:
        parts = chunks(counted, len(quasi_identifiers) + len(sensitive), persist_in=held, most_bytes=most_bytes)
        return _collected(table, parts, quasi_identifiers, sensitive, most_bytes)


def collect_or_keep_classes(
    table: DataFrame,
    quasi_identifiers: Sequence[str],
    sensitive: Sequence[str],
    most_bytes: int,
    held: ExitStack,
    person: str | None = None,
) -> RawClasses | ClusterCombinations:
    """Count the table's combinations; those that do not fit the driver stay on the cluster. One pass over the table.

    Args:
        table: The raw table, malformed rows marked.
        quasi_identifiers: Its columns.
        sensitive: Its columns.
        most_bytes: Memory that the combinations may take on the driver.
        held: Frees what stays on the cluster when it is closed.
        person: The column that names each record's person, where there is one.

    Raises:
        TooManyClassesError: Not even the distinct values of single columns fit.
    """
    own = held.enter_context(ExitStack())
    found = collect_or_persist(table, quasi_identifiers, sensitive, most_bytes, own, person)
    if isinstance(found, RawClasses):
        return found
    return collect_values(table, found, quasi_identifiers, sensitive, most_bytes, own)


def collect_or_persist(
    table: DataFrame,
    quasi_identifiers: Sequence[str],
    sensitive: Sequence[str],
    most_bytes: int,
    held: ExitStack,
    person: str | None = None,
) -> RawClasses | DataFrame:
    """Count the table's combinations; those that do not fit the driver stay on the cluster, as `combinations` has them.

    One pass over the table; arguments as for `collect_or_keep_classes`.
    """
    with ExitStack() as stack:
        kept = stack.enter_context(persisted(combinations(table, quasi_identifiers, sensitive, person)))
        try:
            n_keys = len(quasi_identifiers) + len(sensitive) + (person is not None)
            parts = chunks(kept, n_keys, most_bytes=most_bytes)
            return _collected(table, parts, quasi_identifiers, sensitive, most_bytes)
        except TooManyClassesError:
            held.enter_context(stack.pop_all())
            return kept


def _collected(
    table: DataFrame,
    parts: Iterable[pa.Table],
    quasi_identifiers: Sequence[str],
    sensitive: Sequence[str],
    most_bytes: int,
) -> RawClasses:
    growing = [_GrowingColumn() for _ in range(len(quasi_identifiers) + len(sensitive))]
    counts: list[CountArray] = []
    persons: list[CountArray] = []
    marks = dict.fromkeys(flag_names(table), 0)
    with session_settings(table.sparkSession, ONE_HASH_MAP):
        for chunk in parts:
            for place, name in enumerate(marks):
                marks[name] += pc.sum(chunk[f"m{place}"], min_count=0).as_py()
            good = chunk.filter(pc.invert(chunk["bad"]))
            for place, column in enumerate(growing):
                column.append(good.column(place))
            counts.append(good[COUNT].to_numpy())
            if PERSON in good.column_names:
                persons.append(good[PERSON].to_numpy())
            # Persons twice: the search has its own numbers for them.
            numbers = sum(part.nbytes for part in (*counts, *persons, *persons))
            if sum(column.n_bytes for column in growing) + numbers > most_bytes:
                raise TooManyClassesError(
                    f"The table has more equivalence classes than fit into search.memory_mb = {most_bytes >> 20}. "
                    "Raise it, raise min_level of the attributes with most values, or use fewer quasi-identifiers.",
                    field="search.memory_mb",
                )
    types = {field.name: field.dataType.simpleString() for field in table.schema}
    columns = [
        RawColumn(name, types[name], *column.finished())
        for name, column in zip([*quasi_identifiers, *sensitive], growing, strict=True)
    ]
    split = len(quasi_identifiers)
    numbered_persons = np.unique(np.concatenate(persons), return_inverse=True)[1] if persons else None
    return RawClasses(
        tuple(columns[:split]), tuple(columns[split:]), np.concatenate(counts), marks, persons=numbered_persons
    )


class _GrowingColumn:
    """A dictionary-encoded column that grows chunk by chunk."""

    def __init__(self) -> None:
        self._codes: dict[Label, int] = {}
        self._parts: list[CodeArray] = []
        self.n_bytes = 0

    def append(self, values: pa.ChunkedArray) -> None:
        encoded = values.combine_chunks().dictionary_encode(null_encoding="encode")
        before, n_values = len(self._codes), max(len(encoded.dictionary), 1)
        place = np.array([self._codes.setdefault(value, len(self._codes)) for value in encoded.dictionary.to_pylist()])
        part = place.astype(np.int32)[encoded.indices.to_numpy()] if len(place) else np.empty(0, dtype=np.int32)
        self._parts.append(part)
        # Twice, since the search makes its own copy with codes of leaves.
        self.n_bytes += 2 * part.nbytes + (encoded.dictionary.nbytes // n_values + 100) * (len(self._codes) - before)

    def finished(self) -> tuple[tuple[Label, ...], CodeArray]:
        return tuple(self._codes), np.concatenate(self._parts)
