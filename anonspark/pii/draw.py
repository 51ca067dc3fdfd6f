"""Rows of a table for the driver, each cell as text and cut.

Two ways of drawing rows:

- From the whole table, each row with the same chance, in one pass over it. What is decided on such a sample is decided
  for the table; of values that one row in a thousand has, ten are among 10,000 rows.
- A bounded number of rows, for which the beginnings of some partitions alone are read. Spark's partitions are put into
  `PLACES` groups of neighbours, each of which is read from its beginning until the sample is full, and rows are drawn
  from all of them. The groups lie evenly over the files, and within files that can be split, so that a table that is
  sorted or grew over time shows its beginning, its middle and its end. Rows within a place are neighbours: the sample
  tells what columns hold, not how often in the table. A CSV whose cells may hold line breaks is one place.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from anonspark.frames.casts import flag_names, leave_out_malformed
from anonspark.frames.names import numbered
from anonspark.frames.settings import session_settings
from anonspark.pii.cells import Place, shortened, texts_at

ROWS: Final = 10_000
"""Rows that are drawn where nobody says how many."""

CELLS: Final = 2_000_000
"""Cells that the driver holds of a table with so many columns that `ROWS` of them would be more."""

BYTES: Final = 256 << 20
"""What a bounded sample takes on the driver at most, whatever its size was said to be."""

PLACES: Final = 8
"""Parts of a table that a bounded sample is drawn from; each costs a Python worker, which ends with its part."""

ELEMENTS: Final = 100
"""Elements of an array or map of a row that are looked at."""

SEED: Final = 6

SMALL_PARTS: Final = {
    "spark.sql.files.minPartitionNum": str(8 * PLACES),
    "spark.sql.files.openCostInBytes": "0",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "1000",
}
"""Files are cut into enough partitions, and small ones not packed into one, so that there are places to choose; and few
rows are read beyond those that are taken."""


def rows_of_all(n_places: int) -> int:
    """How many rows are drawn from a whole table with so many places."""
    return min(ROWS, max(ROWS // 10, CELLS // max(n_places, 1)))


def collect_rows(table: DataFrame, places: Sequence[Place], sample_size: int | None) -> pa.Table:
    """Rows in random order, a column x0, x1, ... a place, a column m0, m1, ... a mark; starts one job or two.

    Args:
        table: Rows may be marked as malformed, see `frames.casts`.
        places: Of the table; a place with several cells a row gives lists.
        sample_size: Rows at most, of a bounded part of the table; where not given, they are drawn from all of it.
    """
    marks = F.col(f"c{len(table.columns) - 1}")
    cells = numbered(table).select(
        *[_shown(place).alias(f"x{index}") for index, place in enumerate(places)],
        *[marks.getField(mark).alias(f"m{index}") for index, mark in enumerate(flag_names(table))],
        F.lit(True).alias("there"),
    )
    if sample_size is None:
        return _at_random(cells, rows_of_all(len(places))).toArrow()
    with session_settings(table.sparkSession, SMALL_PARTS):
        # Twice the share of a place, as some places may be small; all from each where that was not enough.
        for share in (-(-2 * sample_size // PLACES), sample_size):
            begin = _beginning(share, BYTES // PLACES)
            beginnings = cells.coalesce(PLACES).mapInArrow(begin, cells.schema)
            rows = _at_random(beginnings, sample_size).toArrow()
            if rows.num_rows == sample_size:
                break
    return rows


def collect_filled_cells(table: DataFrame, places: Sequence[Place]) -> pa.Table:
    """Up to `ROWS` cells that hold a value, of all these places together, drawn from the whole table; starts one job.

    For columns that few rows fill: a sample of rows shows next to nothing of them.

    Returns:
        In random order: `at`, which of the places, and `cell`.
    """

    def pairs(index: int, place: Place) -> Column:
        shown = _shown(place)
        cells = shown if place.is_repeated else F.array(shown)
        return F.transform(cells, lambda cell: F.struct(F.lit(index).alias("at"), cell.alias("cell")))

    of_row = F.flatten(
        F.filter(F.array(*[pairs(*each) for each in enumerate(places)]), lambda found: found.isNotNull())
    )
    filled = F.filter(of_row, lambda pair: pair.getField("cell").rlike(r"\S"))
    rows = numbered(leave_out_malformed(table)).select(F.explode(filled).alias("pair")).select("pair.*")
    return _at_random(rows, ROWS).toArrow()


def _shown(place: Place) -> Column:
    texts = texts_at(place)
    shorten: Callable[[Column], Column] = shortened if place.is_text else lambda text: text
    return F.transform(F.slice(texts, 1, ELEMENTS), shorten) if place.is_repeated else shorten(texts)


def _at_random(rows: DataFrame, count: int) -> DataFrame:
    return rows.withColumn("draw", F.rand(SEED)).orderBy("draw").limit(count).drop("draw")


def _beginning(rows: int, size: int) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The first rows of a partition, fewer where they have more bytes; the rest of it is not read."""

    def begin(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        left, room = rows, size
        for batch in batches:
            fits = max(1, room * batch.num_rows // max(batch.nbytes, 1))
            part = batch.slice(0, min(left, fits))
            yield part
            left, room = left - part.num_rows, room - part.nbytes
            if left <= 0 or room <= 0:
                return

    return begin
