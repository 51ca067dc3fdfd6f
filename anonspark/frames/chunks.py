"""Rows on their way to the driver, in parts that it can take."""

from collections.abc import Iterator
from contextlib import ExitStack

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from anonspark.frames.persisted import persisted

CELLS_A_CHUNK = 1 << 24
"""Cells that come to the driver at a time: a chunk stays far below spark.driver.maxResultSize."""

BYTES_A_CELL = 16


def chunks(
    table: DataFrame,
    n_keys: int,
    cells_a_row: int | None = None,
    persist_in: ExitStack | None = None,
    most_bytes: int | None = None,
) -> Iterator[pa.Table]:
    """The rows in parts of bounded size, at least one.

    Args:
        table: Persisted, as each part is a query of its own; or see below.
        n_keys: How many columns, the first ones, tell the rows apart.
        cells_a_row: What a row is counted as; one more than its keys where not given.
        persist_in: Where the table is not persisted: it is when one part does not hold it, and computed once more.
        most_bytes: Of a part, as far as cells have the usual size.
    """
    cells = CELLS_A_CHUNK if most_bytes is None else min(CELLS_A_CHUNK, most_bytes // BYTES_A_CELL)
    most = max(cells // (cells_a_row or n_keys + 1), 1)
    first = table.limit(most + 1).toArrow()
    if len(first) <= most:
        yield first
        return
    kept = table if persist_in is None else persist_in.enter_context(persisted(table))
    n_chunks = -(-kept.count() // most)
    for place in range(n_chunks):
        yield kept.where(F.pmod(F.xxhash64(*kept.columns[:n_keys]), F.lit(n_chunks)) == place).toArrow()
