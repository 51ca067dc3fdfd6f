"""The distinct values of each column of a table, and of each path within nested columns and JSON, on the driver."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from anonspark.domain.paths import ColumnPath, PathStep, Within
from anonspark.domain.pii import CELL_LENGTH, ColumnProfile
from anonspark.frames.casts import MALFORMED, column, flag_names
from anonspark.frames.names import positions
from anonspark.pii.cells import Place, places_of
from anonspark.pii.draw import collect_filled_cells, collect_rows, rows_of_all
from anonspark.pii.json_texts import json_cells, parsed
from anonspark.vocabulary import DataKind

DISTINCT: Final = 1_000
"""Distinct values of a profile; validators look at each of them."""

FEW: Final = 100
"""A column of which fewer cells of the sample hold a value is looked at once more, in those rows that fill it."""

JSON_SHARE: Final = 0.5
"""A place holds JSON if this share of its filled cells is."""


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
    columns: Mapping[str, pa.ChunkedArray] = field(repr=False)


def collect_sample(table: DataFrame, *, sample_size: int | None = None, distinct: int = DISTINCT) -> TableSample:
    """Draw rows and bring their cells to the driver, each cut at 512 characters; starts one job or two.

    The second one is for columns that few rows fill: where the whole table is sampled and the sample shows fewer than
    `FEW` cells of a column, its profile is made of cells drawn from the rows that fill it, and has no nulls.

    Args:
        table: Rows may be marked as malformed, see `frames.casts`; these are counted and left out.
        sample_size: Rows at most, drawn from the beginnings of some partitions alone; where not given, 10,000 are
            drawn from the whole table.
        distinct: Values of a profile at most. Of a column with more, the profile's values are those of the first cells,
            in random order, that have so many: their counts keep their proportions.

    Raises:
        InputError: Two columns of one name.
    """
    names = [name for name in table.columns if name != MALFORMED]
    positions(table, names)
    places = places_of(table.select(*[column(name) for name in names]).schema)
    rows = collect_rows(table, places, sample_size)
    drawn = rows.num_rows
    marks = flag_names(table)
    malformed = {mark: pc.sum(rows.column(f"m{index}")).as_py() or 0 for index, mark in enumerate(marks)}
    for index in range(len(marks)):
        rows = rows.filter(pc.invert(rows.column(f"m{index}")))
    cells = [_flat(place, rows.column(f"x{index}")) for index, place in enumerate(places)]
    if sample_size is None and drawn == rows_of_all(len(places)):
        cells = _with_rare_cells(table, places, cells)
    found = [pair for place, texts in zip(places, cells, strict=True) for pair in _profiles(place, texts, distinct)]
    columns = {place.path.column: rows.column(f"x{at}") for at, place in enumerate(places) if not place.path.steps}
    profiles, where = [profile for _, profile in found], [place for place, _ in found]
    return TableSample(rows.num_rows, malformed, profiles, where, columns)


def _flat(place: Place, texts: pa.ChunkedArray) -> pa.Array:
    cells = texts.combine_chunks()
    return cells.flatten() if place.is_repeated else cells


def _with_rare_cells(table: DataFrame, places: Sequence[Place], cells: Sequence[pa.Array]) -> list[pa.Array]:
    """The cells, those of places that few rows fill drawn from these rows; starts a job where there are such places."""
    rare = [
        index
        for index, (place, texts) in enumerate(zip(places, cells, strict=True))
        if place.kind is not DataKind.BINARY and len(texts) - texts.null_count < FEW
    ]
    more = list(cells)
    if rare:
        filled = collect_filled_cells(table, [places[index] for index in rare])
        for at, index in enumerate(rare):
            texts = filled.filter(pc.equal(filled.column("at"), at)).column("cell").combine_chunks()
            more[index] = texts if len(texts) else cells[index]
    return more


def _profiles(place: Place, cells: pa.Array, distinct: int) -> Iterator[tuple[Place, ColumnProfile]]:
    """The profile of a place, and of the paths within it where it holds JSON."""
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
