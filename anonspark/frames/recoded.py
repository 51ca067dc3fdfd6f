"""A local recoding that stays on the cluster: raw classes with levels of their own, and what they are released as."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from anonspark.domain.arrays import CodeArray, CountArray
from anonspark.domain.classes import SizeCounts
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label
from anonspark.frames.batches import Batches, pieces
from anonspark.frames.encoded import EncodedClasses, count_sizes, merged
from anonspark.frames.part_batches import Shape

LevelSums = tuple[CodeArray, CodeArray, CountArray]
"""Leaves, levels and records of one attribute; arrays of one length."""


@dataclass(frozen=True, slots=True, eq=False)
class RecodedClasses:
    """Which raw class is released as what, on the cluster.

    Attributes:
        table: Codes p0, ..., sensitive codes s0, ..., levels l0, ..., `released`, `records`; persisted, without
            inadmissible classes. Of an attribute with one value a class, the code of its label as v0, v1, ... too.
        shape: Of the codes.
        labels: One tuple an attribute: the label of each code; labels of equal text have one.
        label_codes: Shape (n_levels, n_leaves) each: the code of each leaf's label; None where a class has one value.
    """

    table: DataFrame
    shape: Shape
    labels: tuple[tuple[Label, ...], ...]
    label_codes: tuple[CodeArray | None, ...]

    @property
    def groups(self) -> list[str]:
        """The columns of leaves or of label codes."""
        return [f"g{axis}" for axis in range(len(self.labels))]

    def with_labels(self) -> DataFrame:
        """The codes of labels g0, g1, ..., sensitive codes, `released` and `records`."""
        shape, label_codes, groups = self.shape, self.label_codes, self.groups
        kept = [*shape.sensitive_codes, "released", "records"]

        def add(batches: Batches) -> Iterator[pa.RecordBatch]:
            for piece in pieces(batches):
                codes = codes_of_labels(piece, shape, label_codes)
                columns = [*map(pa.array, codes), *(piece[name] for name in kept)]
                yield from pa.table(columns, [*groups, *kept]).to_batches()

        types = [f"{name} int" for name in [*groups, *shape.sensitive_codes]]
        return self.table.mapInArrow(add, ", ".join([*types, "released boolean", "records bigint"]))

    def released_as(self) -> DataFrame:
        """The released raw classes, a row each: their leaves as g0, g1, ... and their labels as r0, r1, ..."""
        shape, label_codes, groups = self.shape, self.label_codes, self.groups
        labels = [pa.array(of_axis, pa.string()) for of_axis in self.labels]
        texts = [f"r{axis}" for axis in range(len(labels))]

        def add(batches: Batches) -> Iterator[pa.RecordBatch]:
            for piece in pieces(batches):
                codes = codes_of_labels(piece, shape, label_codes)
                shown = [of_axis.take(pa.array(row)) for of_axis, row in zip(labels, codes, strict=True)]
                columns = [*map(pa.array, shape.leaves(piece)), *shown]
                yield from pa.table(columns, [*groups, *texts]).to_batches()

        own = [f"v{axis}" if codes is None else f"l{axis}" for axis, codes in enumerate(label_codes)]
        once = self.table.where("released").select(*shape.codes, *own).distinct()
        types = [*(f"{name} int" for name in groups), *(f"{name} string" for name in texts)]
        return once.mapInArrow(add, ", ".join(types))

    def count_sizes(self) -> SizeCounts:
        """Sizes of the released classes."""
        return count_sizes(merged(self.with_labels().where("released"), self.groups))

    def sums_by_level(self) -> list[LevelSums]:
        """Released records by leaf and level of each attribute."""
        names, shape = ["leaf", "level", "records"], self.shape

        def count(batches: Batches) -> Iterator[pa.RecordBatch]:
            for piece in pieces(batches):
                for axis, leaves in enumerate(shape.leaves(piece)):
                    each = pa.table([pa.array(leaves), piece[f"l{axis}"], piece["records"]], names)
                    sums = each.group_by(names[:2], use_threads=False).aggregate([("records", "sum")])
                    numbers = pa.array(np.full(len(sums), axis, dtype=np.int32))
                    columns = [numbers, sums["leaf"], sums["level"], sums["records_sum"]]
                    yield from pa.table(columns, ["axis", *names]).to_batches()

        each = self.table.where("released").mapInArrow(count, "axis int, leaf int, level int, records bigint")
        found = merged(each, ["axis", "leaf", "level"]).orderBy("axis", "leaf", "level").toArrow()
        axes, columns = found["axis"].to_numpy(), [found[name].to_numpy() for name in names]
        rows = [np.flatnonzero(axes == axis) for axis in range(len(self.labels))]
        return [(columns[0][of_axis], columns[1][of_axis], columns[2][of_axis]) for of_axis in rows]


def codes_of_labels(piece: pa.Table, shape: Shape, label_codes: Sequence[CodeArray | None]) -> list[CodeArray]:
    """The codes of the labels of raw classes at their levels; one array of shape (n_rows,) an attribute."""
    return [
        piece[f"v{axis}"].to_numpy() if codes is None else codes[piece[f"l{axis}"].to_numpy(), leaves]
        for axis, (codes, leaves) in enumerate(zip(label_codes, shape.leaves(piece), strict=True))
    ]


def shape_of(encoded: EncodedClasses) -> Shape:
    """How the raw classes travel."""
    n_leaves = [groups.shape[1] for groups in encoded.groups]
    leaf_of_code = encoded.bundles.groups_of_codes([np.arange(n, dtype=np.int32) for n in n_leaves])
    return Shape(tuple(encoded.codes), dict(encoded.sensitive), tuple(leaf_of_code))


def recoded_classes(
    table: DataFrame, shape: Shape, encoded: EncodedClasses, hierarchies: Sequence[GeneralizationHierarchy]
) -> RecodedClasses:
    """The labels of raw classes at their levels; as `recoding_of` has them in memory."""
    labels, label_codes = [], []
    for hierarchy, used in zip(hierarchies, encoded.used, strict=True):
        code_of_text: dict[Label, int] = {}
        rows = []
        for level, of_level in enumerate(hierarchy.labels):
            codes = [code_of_text.setdefault(label, len(code_of_text)) for label in of_level]
            rows.append(np.array(codes, dtype=np.int32)[hierarchy.groups[level][used]])
        labels.append(tuple(code_of_text))
        label_codes.append(np.stack(rows))
    return RecodedClasses(table, shape, tuple(labels), tuple(label_codes))
