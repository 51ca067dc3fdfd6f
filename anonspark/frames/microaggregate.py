"""One value a class for raw classes that stay on the cluster: what `domain/microaggregation.py` does in memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from anonspark.domain.aggregation import Aggregation, AggregationLoss
from anonspark.domain.distinct import distinct_rows
from anonspark.domain.hierarchy import Label
from anonspark.domain.lattice import Node
from anonspark.domain.model import PrivacyModel
from anonspark.errors import TooManyClassesError
from anonspark.frames.batches import AskedNode, Batches, BatchStep, pieces
from anonspark.frames.chunks import chunks
from anonspark.frames.class_queries import admissible, safe_classes
from anonspark.frames.combinations import add_codes
from anonspark.frames.encoded import EncodedClasses
from anonspark.frames.part_batches import with_keys
from anonspark.frames.persisted import persisted
from anonspark.frames.recoded import RecodedClasses, codes_of_labels

ROWS_A_BUCKET = 1 << 18
"""Raw classes that a worker takes in one piece; some hundred bytes each."""

LEAST_BUCKETS = 16
"""So that all cores have work."""

LOST = ("axis", "leaf", "records", "changed", "squares")


def rows_at_node(encoded: EncodedClasses, models: Sequence[PrivacyModel], node: Node) -> DataFrame:
    """The raw classes as `RecodedClasses` has them, all at the levels of a node; lazy."""
    asked = AskedNode(0, encoded.bundles.representatives(node))
    safe = safe_classes(encoded, models, asked).withColumn("safe", F.lit(True))
    keys = [f"k{at}" for at in range(len(encoded.codes))]
    rows = admissible(encoded).transform(with_keys(asked)).join(safe, keys, "left")
    levels = [F.lit(level).alias(f"l{axis}") for axis, level in enumerate(node)]
    released = F.col("safe").isNotNull().alias("released")
    return rows.select(*encoded.codes, *encoded.sensitive_codes, *levels, released, "records")


def with_one_value(
    recoded: RecodedClasses,
    aggregations: Mapping[int, Aggregation],
    n_rows: int,
    most_bytes: int,
    held: ExitStack,
) -> tuple[RecodedClasses, dict[int, AggregationLoss]]:
    """The same classes with one value each in some attributes, and what these lost, by their place.

    Four queries, and one more for each of these attributes; each class is one worker's.

    Args:
        recoded: The classes.
        aggregations: By the place of the attribute; their leaves are those that the codes stand for.
        n_rows: Rows of the classes' table.
        most_bytes: Memory that the values of one attribute may take on the driver.
        held: Frees the rows when it is closed.

    Raises:
        TooManyClassesError: They take more.
    """
    shape, axes = recoded.shape, list(aggregations)
    texts = [f"t{axis}" for axis in axes]
    n_buckets = max(-(-2 * n_rows // ROWS_A_BUCKET), LEAST_BUCKETS)
    schema = ", ".join(f"{field.name} {field.dataType.simpleString()}" for field in recoded.table.schema)
    split = recoded.table.mapInArrow(_with_buckets(recoded, n_buckets), f"{schema}, bucket int")
    told = ", ".join([schema, *(f"{name} string" for name in texts)])
    valued = split.groupBy("bucket").applyInArrow(_with_texts(recoded, aggregations), told)
    with persisted(valued) as rows:
        losses = _losses(rows, recoded, aggregations)
        labels, label_codes, coded = list(recoded.labels), list(recoded.label_codes), rows
        for axis, name in zip(axes, texts, strict=True):
            labels[axis], label_codes[axis] = _distinct_texts(rows, name, most_bytes), None
            codes = np.arange(len(labels[axis]), dtype=np.int32)
            coded = coded.transform(add_codes(name, labels[axis], codes, f"c{axis}"))
        levels = [f"l{axis}" for axis in range(len(labels))]
        own = [F.coalesce(f"c{axis}", F.lit(0)).alias(f"v{axis}") for axis in axes]
        kept = coded.select(*shape.codes, *shape.sensitive_codes, *levels, *own, "released", "records")
        table = held.enter_context(persisted(kept))
        table.count()  # before what it is computed from is freed
    return replace(recoded, table=table, labels=tuple(labels), label_codes=tuple(label_codes)), losses


def _with_buckets(recoded: RecodedClasses, n_buckets: int) -> BatchStep:
    """Rows with the bucket that their whole class is in."""
    shape, label_codes = recoded.shape, recoded.label_codes

    def step(batches: Batches) -> Iterator[pa.RecordBatch]:
        for piece in pieces(batches):
            mixed = np.zeros(len(piece), dtype=np.uint64)
            for codes in codes_of_labels(piece, shape, label_codes):
                # A step of FNV-1a (Fowler, Noll and Vo), so that neighbours do not share a bucket.
                mixed = (mixed ^ codes.astype(np.uint64)) * np.uint64(0x100000001B3)
            buckets = ((mixed >> np.uint64(20)) % np.uint64(n_buckets)).astype(np.int32)
            yield from piece.append_column("bucket", pa.array(buckets)).to_batches()

    return step


def _with_texts(recoded: RecodedClasses, aggregations: Mapping[int, Aggregation]) -> Callable[[pa.Table], pa.Table]:
    """The rows of a bucket with the value of their class; null where they are suppressed."""
    shape, label_codes = recoded.shape, recoded.label_codes

    def step(table: pa.Table) -> pa.Table:
        shown = np.flatnonzero(table["released"].to_numpy())
        classes, first = distinct_rows([codes[shown] for codes in codes_of_labels(table, shape, label_codes)])
        records, leaves = table["records"].to_numpy()[shown], shape.leaves(table)
        told = table.drop_columns(["bucket"])
        for axis, aggregation in aggregations.items():
            of_class = aggregation.values(classes, leaves[axis][shown], records, len(first))
            place = np.full(len(table), len(first), dtype=np.int64)
            place[shown] = classes
            texts = pa.array([*of_class, None], pa.string()).take(pa.array(place))
            told = told.append_column(f"t{axis}", texts)
        return told

    return step


def _losses(
    rows: DataFrame, recoded: RecodedClasses, aggregations: Mapping[int, Aggregation]
) -> dict[int, AggregationLoss]:
    """What the attributes lost over all released rows."""
    shape = recoded.shape

    def step(batches: Batches) -> Iterator[pa.RecordBatch]:
        for piece in pieces(batches):
            records, leaves = piece["records"].to_numpy(), shape.leaves(piece)
            for axis, aggregation in aggregations.items():
                sums = aggregation.lost(leaves[axis], records, piece[f"t{axis}"].to_pylist())
                numbers = np.full(len(sums[0]), axis, dtype=np.int32)
                yield from pa.table([pa.array(column) for column in (numbers, *sums)], list(LOST)).to_batches()

    schema = "axis int, leaf int, records bigint, changed bigint, squares double"
    each = rows.where("released").mapInArrow(step, schema)
    summed = each.groupBy(*LOST[:2]).agg(*[F.sum(name).alias(name) for name in LOST[2:]]).orderBy(*LOST[:2]).toArrow()
    axes, columns = summed["axis"].to_numpy(), [summed[name].to_numpy() for name in LOST[1:]]
    return {
        axis: aggregation.loss(*[column[axes == axis] for column in columns])
        for axis, aggregation in aggregations.items()
    }


def _distinct_texts(rows: DataFrame, name: str, most_bytes: int) -> tuple[Label, ...]:
    """The values that an attribute is released with."""
    found: list[Label] = []
    n_bytes = 0
    with persisted(rows.where("released").select(name).distinct()) as texts:
        for chunk in chunks(texts, 1):
            n_bytes += chunk.nbytes + 100 * len(chunk)
            if n_bytes > most_bytes:
                raise TooManyClassesError(
                    "Micro-aggregation releases more distinct values than fit into search.memory_mb = "
                    f"{most_bytes >> 20}. Raise it, or take microaggregation: mode.",
                    field="search.memory_mb",
                )
            found += chunk[name].to_pylist()
    return tuple(found)
