"""Rows on their way to the driver, in parts that it can take."""

from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

CELLS_A_CHUNK = 1 << 24
"""Cells that come to the driver at a time: with 16 bytes each a chunk stays far below spark.driver.maxResultSize."""


def chunks(table: DataFrame, n_keys: int) -> Iterator[pa.Table]:
    """The rows in parts of bounded size, at least one; the first `n_keys` columns and `records` are what is wide.

    Args:
        table: Best persisted, as each part is a query of its own.
        n_keys: How many columns tell the rows apart.
    """
    most = max(CELLS_A_CHUNK // (n_keys + 1), 1)
    first = table.limit(most + 1).toArrow()
    if len(first) <= most:
        yield first
        return
    n_chunks = -(-table.count() // most)
    for place in range(n_chunks):
        yield table.where(F.pmod(F.xxhash64(*table.columns[:n_keys]), F.lit(n_chunks)) == place).toArrow()
