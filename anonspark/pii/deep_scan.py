"""Personal data within free text, in every row: counts by place and type, which are all that leaves the executors."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from anonspark.domain.paths import ColumnPath, PathStep, Within
from anonspark.frames.casts import leave_out_malformed
from anonspark.frames.names import numbered
from anonspark.pii.cells import Place, texts_at
from anonspark.pii.json_texts import JsonCells, Steps, maps_among, parsed, scalars_of

FindSpans: TypeAlias = Callable[[pa.Array], pa.Array]
"""Texts -> for each a list of structs `start`, `end` (characters), `pii_type` and `score`, as `free_text.spans_of`."""

TALLY: Final = "path string, pii_type string, cells long, instances long, whole long, score double"


@dataclass(frozen=True, slots=True)
class FoundInText:
    """One type of personal data at one place.

    Attributes:
        path: Of the place, also within JSON.
        pii_type: Which.
        cells: That hold some.
        instances: In all of them.
        whole: Cells that are nothing else.
        score: The mean of all instances, in [0, 1].
    """

    path: str
    pii_type: str
    cells: int
    instances: int
    whole: int
    score: float


def text_places(places: Sequence[Place]) -> list[Place]:
    """Where there can be free text: each column or path of texts once, with the JSON in it."""
    whole: dict[tuple[int, ColumnPath], Place] = {}
    for place in places:
        if place.is_text:
            steps = place.path.steps
            end = next((at for at, step in enumerate(steps) if step.into is Within.JSON), len(steps))
            path = ColumnPath(place.path.column, steps[:end])
            whole.setdefault((place.position, path), Place(place.position, path, place.kind, place.type))
    return list(whole.values())


def count_in_texts(
    table: DataFrame, places: Sequence[Place], find: FindSpans, *, threshold: float
) -> list[FoundInText]:
    """Look into every text of a table; one pass over it.

    Args:
        table: Rows that are marked as malformed, see `frames.casts`, are left out.
        places: Of texts; those within JSON are not named, as every text that is JSON is taken apart.
        find: What finds personal data in texts.
        threshold: An instance with a lower score is none.
    """
    if not places:
        return []
    rows = numbered(leave_out_malformed(table)) if table.columns else table
    texts = rows.select(*[F.transform(texts_at(place), F.make_valid_utf8) if place.is_repeated
                          else F.make_valid_utf8(texts_at(place)).alias(f"x{index}")
                          for index, place in enumerate(places)])  # fmt: skip
    tallies = texts.mapInArrow(_tally([place.path for place in places], find, threshold), TALLY)
    sums = [F.sum(name).alias(name) for name in ("cells", "instances", "whole", "score")]
    found = tallies.groupBy("path", "pii_type").agg(*sums).collect()
    return sorted(
        (
            FoundInText(row.path, row.pii_type, row.cells, row.instances, row.whole, row.score / row.instances)
            for row in found
        ),
        key=lambda each: (each.path, -each.instances, each.pii_type),
    )


def _tally(
    paths: Sequence[ColumnPath], find: FindSpans, threshold: float
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Counts of a partition as rows of `TALLY`."""

    def tally(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        counts: defaultdict[tuple[str, str], np.ndarray[tuple[int], np.dtype[np.float64]]]
        counts = defaultdict(lambda: np.zeros(4))
        for batch in batches:
            for path, column in zip(paths, batch.columns, strict=True):
                for place, texts in _texts_of(path, column.flatten() if pa.types.is_list(column.type) else column):
                    for pii_type, sums in _counts(texts, find, threshold):
                        counts[place, pii_type] += sums
        rows = [
            {
                "path": path,
                "pii_type": pii_type,
                "cells": int(sums[0]),
                "instances": int(sums[1]),
                "whole": int(sums[2]),
                "score": sums[3],
            }
            for (path, pii_type), sums in counts.items()
        ]
        schema = pa.schema(
            [("path", pa.string()), ("pii_type", pa.string()), ("cells", pa.int64()), ("instances", pa.int64()),
             ("whole", pa.int64()), ("score", pa.float64())]
        )  # fmt: skip
        yield pa.RecordBatch.from_pylist(rows, schema)

    return tally


def _texts_of(path: ColumnPath, cells: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    """The texts of a place, and those of the paths within it where texts are JSON."""
    filled = cells.drop_null()
    begin = pc.utf8_slice_codeunits(pc.utf8_ltrim_whitespace(filled), 0, 1)
    likely = pc.is_in(begin, pa.array(["{", "["])).to_numpy(zero_copy_only=False)
    if not likely.any():
        yield str(path), filled
        return
    documents = {index: parsed(filled[index].as_py()) for index in likely.nonzero()[0].tolist()}
    plain = ~likely
    plain[[index for index, document in documents.items() if document is None]] = True
    yield str(path), filled.filter(pa.array(plain))
    whole = [document for document in documents.values() if document is not None]
    maps = maps_among(whole)
    within: defaultdict[Steps, JsonCells] = defaultdict(JsonCells)
    for document in whole:
        for steps, scalar in scalars_of(document, maps):
            if isinstance(scalar, str):
                within[steps].add(scalar)
    for steps, found in within.items():
        below = ColumnPath(path.column, (*path.steps, PathStep(Within.JSON), *steps))
        yield str(below), pa.array(found.texts, pa.string())


def _counts(
    texts: pa.Array, find: FindSpans, threshold: float
) -> Iterator[tuple[str, "np.ndarray[tuple[int], np.dtype[np.float64]]"]]:
    """By type: cells, instances, whole cells, and the sum of scores. Each distinct text is looked at once."""
    encoded = texts.dictionary_encode()
    times = np.bincount(encoded.indices.to_numpy(), minlength=len(encoded.dictionary))
    spans = find(encoded.dictionary)
    parents = pc.list_parent_indices(spans).to_numpy()
    flat = spans.flatten()
    scores = flat.field("score").to_numpy()
    starts, ends = flat.field("start").to_numpy(), flat.field("end").to_numpy()
    whole = (starts == 0) & (ends == pc.utf8_length(encoded.dictionary).to_numpy()[parents])
    types = flat.field("pii_type").cast(pa.string()).to_pylist()
    kept = scores >= threshold
    for pii_type in dict.fromkeys(types):
        these = kept & np.array([each == pii_type for each in types], dtype=bool)
        if these.any():
            weights = times[parents[these]]
            cells = times[np.unique(parents[these])].sum()
            sums = cells, weights.sum(), times[parents[these & whole]].sum(), (weights * scores[these]).sum()
            yield pii_type, np.array(sums, dtype=np.float64)
