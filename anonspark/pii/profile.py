"""A table's sample on the driver: the distinct values of each column, and of each path within nested columns and JSON.

Two ways of drawing rows:

- From the whole table, each row with the same chance, in one pass over it. What is decided on such a sample is decided
  for the table; of values that one row in a thousand has, ten are among 10,000 rows.
- A bounded number of rows, in a time that does not depend on how many the table has. Spark's partitions are put into
  `PLACES` groups of neighbours, each of which is read from its beginning until the sample is full, and rows are drawn
  from all of them. The groups lie evenly over the files, and within files that can be split, so that a table that is
  sorted or grew over time shows its beginning, its middle and its end. Rows within a place are neighbours: the sample
  tells what columns hold, not how often in the table. A CSV whose cells may hold line breaks is one place.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from anonspark.domain.paths import ColumnPath, PathStep, Within
from anonspark.domain.pii import CELL_LENGTH, ColumnProfile
from anonspark.frames.casts import MALFORMED, flag_names
from anonspark.frames.names import numbered, positions
from anonspark.frames.settings import session_settings
from anonspark.pii.cells import Place, places_of, shortened, texts_at
from anonspark.pii.json_texts import json_cells, parsed
from anonspark.vocabulary import DataKind

ROWS: Final = 10_000
"""Rows that are drawn where nobody says how many."""

CELLS: Final = 2_000_000
"""Cells that the driver holds of a table with so many columns that `ROWS` of them would be more."""

BYTES: Final = 256 << 20
"""What a sample takes on the driver at most, whatever its size was said to be."""

DISTINCT: Final = 1_000
"""Distinct values of a profile; validators look at each of them."""

PLACES: Final = 16
"""Parts of a table that a bounded sample is drawn from."""

ELEMENTS: Final = 100
"""Elements of an array or map of a row that are looked at."""

JSON_SHARE: Final = 0.5
"""A place holds JSON if this share of its filled cells is."""

SEED: Final = 6

SMALL_SPLITS: Final = {"spark.sql.files.minPartitionNum": str(4 * PLACES), "spark.sql.files.openCostInBytes": "0"}
"""Files are cut into enough partitions, and small ones not packed into one, so that there are places to choose."""


@dataclass(frozen=True, slots=True, eq=False)
class TableSample:
    """What was drawn of a table.

    Attributes:
        rows: That are well formed.
        malformed: Rows by what is wrong with them, among those drawn.
        profiles: One a place.
        places: Where each profile's cells lie, in the same order.
        columns: The cells of columns of scalars as texts, those of a row at the same place in each.
    """

    rows: int
    malformed: Mapping[str, int]
    profiles: Sequence[ColumnProfile]
    places: Sequence[Place]
    columns: Mapping[str, pa.ChunkedArray]


def collect_profiles(
    table: DataFrame, *, sample_size: int | None = None, distinct: int = DISTINCT
) -> list[ColumnProfile]:
    """The profiles of a table's columns; starts one job. See `collect_sample`."""
    return list(collect_sample(table, sample_size=sample_size, distinct=distinct).profiles)


def collect_sample(table: DataFrame, *, sample_size: int | None = None, distinct: int = DISTINCT) -> TableSample:
    """Draw rows and bring their cells to the driver, each cut at 512 characters; starts one job.

    Args:
        table: Rows may be marked as malformed, see `frames.casts`; these are counted and left out.
        sample_size: Rows at most, drawn in a time that does not depend on the table's size; where not given, 10,000 are
            drawn from the whole table.
        distinct: Values of a profile at most. Of a column with more, the profile's values are those of the first cells,
            in random order, that have so many: their counts keep their proportions.

    Raises:
        InputError: Two columns of one name.
    """
    names = [name for name in table.columns if name != MALFORMED]
    positions(table, names)
    places = places_of(table.select(*[F.col(f"`{name.replace('`', '``')}`") for name in names]).schema)
    rows = _drawn(_cells(table, places), sample_size, len(places))
    marks = flag_names(table)
    malformed = {mark: pc.sum(rows.column(f"m{index}")).as_py() or 0 for index, mark in enumerate(marks)}
    for index in range(len(marks)):
        rows = rows.filter(pc.invert(rows.column(f"m{index}")))
    found = [
        pair for index, place in enumerate(places) for pair in _profiles(place, rows.column(f"x{index}"), distinct)
    ]
    columns = {place.path.column: rows.column(f"x{at}") for at, place in enumerate(places) if not place.path.steps}
    profiles, where = [profile for _, profile in found], [place for place, _ in found]
    return TableSample(rows.num_rows, malformed, profiles, where, columns)


def _cells(table: DataFrame, places: Sequence[Place]) -> DataFrame:
    """A column x0, x1, ... a place, a column m0, m1, ... a mark."""
    marks = F.col(f"c{len(table.columns) - 1}")
    return numbered(table).select(
        *[_shown(place).alias(f"x{index}") for index, place in enumerate(places)],
        *[marks.getField(mark).alias(f"m{index}") for index, mark in enumerate(flag_names(table))],
        F.lit(True).alias("there"),
    )


def _shown(place: Place) -> Column:
    texts = texts_at(place)
    shorten: Callable[[Column], Column] = shortened if place.is_text else lambda text: text
    return F.transform(F.slice(texts, 1, ELEMENTS), shorten) if place.is_repeated else shorten(texts)


def _drawn(cells: DataFrame, sample_size: int | None, n_places: int) -> pa.Table:
    """The sample, in random order."""
    if sample_size is None:
        return _at_random(cells, min(ROWS, max(ROWS // 10, CELLS // max(n_places, 1)))).toArrow()
    beginnings = cells.coalesce(PLACES).mapInArrow(_beginning(sample_size, BYTES // PLACES), cells.schema)
    with session_settings(cells.sparkSession, SMALL_SPLITS):
        return _at_random(beginnings, sample_size).toArrow()


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


def _profiles(place: Place, column: pa.ChunkedArray, distinct: int) -> Iterator[tuple[Place, ColumnProfile]]:
    """The profile of a place, and of the paths within it where it holds JSON."""
    cells = column.combine_chunks()
    if place.is_repeated:
        cells = cells.flatten()
    if not place.is_text:
        yield place, _profile(place, cells, distinct)
        return
    documents = _documents(cells)
    if not documents:
        yield place, _profile(place, cells, distinct)
        return
    others = cells.filter(pa.array([index not in documents for index in range(len(cells))], pa.bool_()))
    if others.null_count < len(others):
        yield place, _profile(place, others, distinct)
    for steps, within in json_cells(list(documents.values())).items():
        path = ColumnPath(place.path.column, (*place.path.steps, PathStep(Within.JSON), *steps))
        below = replace(place, path=path, kind=within.kind)
        yield below, _profile(below, pa.array(within.texts, pa.string()), distinct)


def _documents(cells: pa.Array) -> dict[int, object]:
    """The cells that are JSON, parsed, by their index; none unless they are the rule."""
    begin = pc.utf8_slice_codeunits(pc.utf8_ltrim_whitespace(cells), 0, 1)
    likely = pc.is_in(begin, pa.array(["{", "["])).to_numpy(zero_copy_only=False).nonzero()[0]
    filled = pc.sum(pc.not_equal(begin, "")).as_py() or 0
    if not len(likely) or len(likely) < JSON_SHARE * filled:
        return {}
    read = ((int(index), parsed(cells[int(index)].as_py())) for index in likely)
    documents: dict[int, object] = {index: found for index, found in read if found is not None}
    return documents if len(documents) >= JSON_SHARE * filled else {}


def _profile(place: Place, cells: pa.Array, distinct: int) -> ColumnProfile:
    """The values of cells by how often they are there."""
    path, n_cells, nulls = str(place.path), len(cells), cells.null_count
    if place.kind is DataKind.BINARY or nulls == n_cells:
        return ColumnProfile(path, place.kind, n_cells, nulls, (), ())
    filled = cells.drop_null()
    lengthy = pc.sum(pc.greater(pc.utf8_length(filled), CELL_LENGTH)).as_py()
    encoded = pc.utf8_slice_codeunits(filled, 0, CELL_LENGTH).dictionary_encode()
    codes = encoded.indices.to_numpy()  # in the order in which values appear
    if len(encoded.dictionary) > distinct:
        codes = codes[: int(np.argmax(codes >= distinct))]
    counts = np.bincount(codes)
    order = np.argsort(-counts, kind="stable")
    values = encoded.dictionary.take(pa.array(order)).to_pylist()
    return ColumnProfile(path, place.kind, n_cells, nulls, tuple(values), tuple(counts[order].tolist()), lengthy)
