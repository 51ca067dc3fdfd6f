"""What Spark's Python workers do with parts of a local recoding: numpy and Arrow only, nothing that compiles."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from anonspark.domain.arrays import CodeArray, CountArray
from anonspark.domain.classes import EquivalenceClasses, SensitiveHistograms
from anonspark.domain.distinct import distinct_rows
from anonspark.domain.encode import histograms_of
from anonspark.domain.lattice import Node
from anonspark.domain.model import PrivacyModel
from anonspark.frames.batches import AskedNode, Batches, BatchStep, pieces
from anonspark.search.judge import NO_CODES
from anonspark.search.recoding import LocalRecoding, Parts, RecodingRules
from anonspark.search.split_tree import NOT_LARGE, SplitTree
from anonspark.search.splits import SUPPRESSED_PART

FIXED: Final = -1
"""The bucket of raw classes whose part cannot be split any more."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """How raw classes travel.

    Attributes:
        codes: Columns of the codes of bundles.
        sensitive: Totals and ancestors by attribute, in the order of the columns s0, s1, ...
        leaf_of_code: For each attribute: its bundle, and the leaf of each of the bundle's codes.
    """

    codes: tuple[str, ...]
    sensitive: Mapping[str, SensitiveHistograms]
    leaf_of_code: tuple[tuple[int, CodeArray], ...]

    @property
    def sensitive_codes(self) -> list[str]:
        """Their columns."""
        return [f"s{place}" for place in range(len(self.sensitive))]

    def leaves(self, table: pa.Table, prefix: str = "p") -> list[CodeArray]:
        """The leaves of each row; one array of shape (n_rows,) an attribute."""
        packed = [table[f"{prefix}{place}"].to_numpy() for place in range(len(self.codes))]
        return [leaves[packed[bundle]] for bundle, leaves in self.leaf_of_code]


@dataclass(frozen=True, slots=True, eq=False)
class PlacedParts:
    """Where the parts are when the large ones are split.

    Attributes:
        tree: The large parts.
        done: Shape (n_places,): which cannot be split any more.
        node: The levels of parts that were small at the start.
        top: The levels of those that were suppressed at the node.
        n_buckets: Into which the small ones are put.
    """

    tree: SplitTree
    done: CountArray
    node: Node
    top: Node
    n_buckets: int


def with_keys(node: AskedNode) -> Callable[[DataFrame], DataFrame]:
    """The codes that raw classes have at a node, as k0, k1, ..."""

    def step(table: DataFrame) -> DataFrame:
        schema = ", ".join(
            [
                *(f"{field.name} {field.dataType.simpleString()}" for field in table.schema),
                *(f"k{place} int" for place in range(len(node.representatives))),
            ]
        )

        def add(batches: Batches) -> Iterator[pa.RecordBatch]:
            for piece in pieces(batches):
                told = piece
                for name, codes in node.keys(piece, "k").items():
                    told = told.append_column(name, pa.array(codes))
                yield from told.to_batches()

        return table.mapInArrow(add, schema)

    return step


def with_top_groups(shape: Shape, rules: RecodingRules) -> Callable[[DataFrame], DataFrame]:
    """Whether classes k0, k1, ... are labelled with nothing but `*` at the top."""

    def step(table: DataFrame) -> DataFrame:
        def add(batches: Batches) -> Iterator[pa.RecordBatch]:
            for piece in pieces(batches):
                starred = np.ones(len(piece), dtype=np.bool_)
                leaves = shape.leaves(piece, "k")
                for of_groups, groups, level, of_axis in zip(
                    rules.starred, rules.groups, rules.top, leaves, strict=True
                ):
                    starred &= of_groups[groups[level][of_axis]]
                yield from piece.append_column("starred", pa.array(starred)).to_batches()

        fields = [f"{field.name} {field.dataType.simpleString()}" for field in table.schema]
        return table.mapInArrow(add, ", ".join([*fields, "starred boolean"]))

    return step


def children_of_large_parts(shape: Shape, tree: SplitTree, active: Sequence[int]) -> BatchStep:
    """Records, loss that would be saved, and raw classes of the children of active parts, every attribute lowered."""
    sensitive = shape.sensitive_codes

    def step(batches: Batches) -> Iterator[pa.RecordBatch]:
        for table in pieces(batches):
            leaves = shape.leaves(table)
            places = tree.place_of(table["part"].to_numpy(), leaves)
            for place in active:
                rows = np.flatnonzero(places == place)
                mine, own = table.take(pa.array(rows)), [of_axis[rows] for of_axis in leaves]
                records = mine["records"].to_numpy()
                for axis in np.flatnonzero(tree.may_be_lowered(place)):
                    saved = tree.saved(place, int(axis), own[axis]) * records
                    keyed = pa.table(
                        {
                            "place": pa.array(np.full(len(rows), place, dtype=np.int64)),
                            "axis": pa.array(np.full(len(rows), axis, dtype=np.int32)),
                            "child": pa.array(tree.child_keys(place, int(axis), own)),
                            **{name: mine[name] for name in sensitive},
                            "records": mine["records"],
                            "saved": pa.array(saved),
                            "classes": pa.array(np.ones(len(rows), dtype=np.int64)),
                        }
                    )
                    keys = ["place", "axis", "child", *sensitive]
                    sums = ["records", "saved", "classes"]
                    merged = keyed.group_by(keys, use_threads=False).aggregate([(name, "sum") for name in sums])
                    named = merged.select([*keys, *(f"{name}_sum" for name in sums)]).rename_columns([*keys, *sums])
                    yield from named.to_batches()

    return step


def placed(shape: Shape, parts: PlacedParts) -> BatchStep:
    """Raw classes with the levels and the name of their part, and the bucket that it is in."""
    levels = np.array(parts.tree.levels, dtype=np.int32)

    def step(batches: Batches) -> Iterator[pa.RecordBatch]:
        for table in pieces(batches):
            names = table["part"].to_numpy()
            places = parts.tree.place_of(names, shape.leaves(table))
            at_top = table["at_top"].to_numpy(zero_copy_only=False) | (names == 0)
            start = np.where(at_top[:, np.newaxis], np.array(parts.top), np.array(parts.node))
            is_large = places != NOT_LARGE
            of_rows = np.where(is_large[:, np.newaxis], levels[np.where(is_large, places, 0)], start).astype(np.int32)
            # Small numbers, unlike the hashes that name the other parts; 0 stays suppressed.
            named = np.where(is_large, places, names)
            buckets = (named % parts.n_buckets).astype(np.int32)
            if len(parts.done):
                buckets[is_large & (parts.done[np.where(is_large, places, 0)] == 1)] = FIXED
            told = table.drop_columns(["part", "at_top", "records"])
            for axis in range(of_rows.shape[1]):
                told = told.append_column(f"l{axis}", pa.array(of_rows[:, axis]))
            told = told.append_column("records", table["records"]).append_column("part", pa.array(named))
            yield from told.append_column("bucket", pa.array(buckets)).to_batches()

    return step


def finished(
    shape: Shape, rules: RecodingRules, models: Sequence[PrivacyModel], *, strict: bool
) -> Callable[[pa.Table], pa.Table]:
    """The raw classes of a bucket at the levels of the parts that theirs are split into, by the code of memory."""
    n_axes = len(rules.names)

    def step(table: pa.Table) -> pa.Table:
        packed = [table[name].to_numpy() for name in shape.codes]
        class_of_row, first = distinct_rows(packed)
        classes = replace(
            classes_of_rows(table, class_of_row, len(first), shape.sensitive),
            codes=np.stack([of_axis[first] for of_axis in shape.leaves(table)]),
        )
        names = table["part"].to_numpy()[first]
        kept = np.unique(names[names != 0])
        of_class = np.where(names == 0, SUPPRESSED_PART, np.searchsorted(kept, names) + 1)
        levels = np.tile(np.array(rules.top, dtype=np.int32), (len(kept) + 1, 1))
        levels[of_class] = np.stack([table[f"l{axis}"].to_numpy()[first] for axis in range(n_axes)], axis=1)
        levels[SUPPRESSED_PART] = rules.top
        parts = LocalRecoding(classes, rules, models, strict=strict).split(Parts(of_class, levels))
        found = parts.levels[parts.of_class][class_of_row]
        told = table.select([*shape.codes, *shape.sensitive_codes])
        for axis in range(n_axes):
            told = told.append_column(f"l{axis}", pa.array(found[:, axis].astype(np.int32)))
        told = told.append_column("released", pa.array(parts.released[class_of_row]))
        return told.append_column("records", table["records"])

    return step


def classes_of_rows(
    table: pa.Table, class_of_row: CountArray, n_classes: int, sensitive: Mapping[str, SensitiveHistograms]
) -> EquivalenceClasses:
    """Classes as models see them, from rows that have one combination of sensitive values each; without codes."""
    records = table["records"].to_numpy()
    sizes = np.bincount(class_of_row, weights=records, minlength=n_classes).astype(np.int64)
    found = {}
    for place, (name, whole) in enumerate(sensitive.items()):
        codes = table[f"s{place}"].to_numpy().astype(np.int64)
        histograms = histograms_of(class_of_row, n_classes, codes, records, whole.n_values)
        found[name] = replace(histograms, totals=whole.totals, ancestors=whole.ancestors)
    return EquivalenceClasses(NO_CODES, sizes, found)
