"""Rows joined with what a table on the driver says of their values."""

from collections.abc import Callable, Mapping
from typing import Final

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StringType

from anonspark.frames.local_rows import local_rows

HASH: Final = "hash"
"""The column that texts are looked up by."""

MOST_BROADCAST: Final = 1 << 20
"""Rows that every executor gets a copy of; more are joined as Spark thinks best."""


def add_matches(
    known: pa.Table, keys: Mapping[str, str], types: Mapping[str, DataType], *, by_hash: bool
) -> Callable[[DataFrame], DataFrame]:
    """The other columns of a table whose keys are a row's values; nulls where it has none.

    Args:
        known: Keys are texts, whatever type the values have.
        keys: Its key columns, which together are different in every row, by the columns of the values.
        types: Of the columns of the values.
        by_hash: Look texts up by a hash of 64 bits, in half the time, if all that are known have hashes of their own:
            a text that is not known is then taken for one of n with a chance of n in 2^64.
    """

    def step(rows: DataFrame) -> DataFrame:
        table = local_rows(rows.sparkSession, known)
        for value, key in keys.items():
            table = table.transform(_typed(key, types[value]))
        with_null = {key for key in keys.values() if known[key].null_count}
        texts = all(isinstance(types[value], StringType) for value in keys)
        # A null does not change a hash, so that (null, a) and (a, null) have one.
        if by_hash and texts and not with_null:
            hashed = table.withColumn(HASH, F.xxhash64(*keys.values())).drop(*keys.values())
            hashes = hashed.select(HASH).toArrow().column(0)
            if len(hashes.unique()) == len(hashes):
                return rows.join(_broadcast(hashed, len(known)), F.xxhash64(*keys) == F.col(HASH), "left").drop(HASH)
        matches = [
            F.col(value).eqNullSafe(F.col(key)) if key in with_null else F.col(value) == F.col(key)
            for value, key in keys.items()
        ]
        return rows.join(_broadcast(table, len(known)), matches, "left").drop(*keys.values())

    return step


def _broadcast(table: DataFrame, n_rows: int) -> DataFrame:
    return F.broadcast(table) if n_rows <= MOST_BROADCAST else table


def _typed(name: str, data_type: DataType) -> Callable[[DataFrame], DataFrame]:
    """The rows whose text is one that a value of this type has, with the value instead; `007` is no number's text."""

    def step(labels: DataFrame) -> DataFrame:
        value = F.col(name).try_cast(data_type)
        return labels.where(value.cast("string").eqNullSafe(F.col(name))).withColumn(name, value)

    return step if not isinstance(data_type, StringType) else lambda labels: labels
