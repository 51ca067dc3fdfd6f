"""The checker on arrays: nodes are judged on class tables, never on rows."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace

import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.lattice import Lattice, Node
from anonspark.domain.model import PrivacyModel, ReleaseModel
from anonspark.measures.utility import Leaves, SuppressedRecords, leaves_of
from anonspark.search.bundles import Bundles
from anonspark.search.checker import Effort, NodeVerdict
from anonspark.search.class_table import ClassTable, ClassTables
from anonspark.search.judge import Judged, judge
from anonspark.search.kernels import count_codes, tally

CLASSES_FOR_THREADS = 100_000
"""Below, a check is over before another thread would have begun."""

MOST_THREADS = 4
"""Nodes of a batch are chosen without knowing of each other, so a larger one checks some in vain."""


class InMemoryChecker:
    """Judges nodes on arrays; see `NodeChecker`."""

    def __init__(
        self,
        classes: EquivalenceClasses,
        hierarchies: Sequence[GeneralizationHierarchy],
        models: Sequence[PrivacyModel],
        lattice: Lattice,
        limit: int,
        *,
        release_models: Sequence[ReleaseModel] = (),
        weights: Sequence[float] | None = None,
        cache_bytes: int = 256 << 20,
    ) -> None:
        """Take raw classes (level 0); class tables of checked nodes are kept up to `cache_bytes`."""
        self.lattice = lattice
        self.names = tuple(hierarchy.attribute for hierarchy in hierarchies)
        self.models, self.release_models = tuple(models), tuple(release_models)
        self.limit = limit
        self.monotone = all(model.monotone for model in models) and not release_models
        self.smallest_safe_class = max((model.smallest_safe_class for model in models), default=1)
        self.effort = Effort()
        self.batch = min(os.cpu_count() or 1, MOST_THREADS) if classes.n_classes >= CLASSES_FOR_THREADS else 1
        self._pool = ThreadPoolExecutor(self.batch)
        records = [np.bincount(row, weights=classes.sizes).astype(np.int64) for row in classes.codes]
        used = [np.flatnonzero(of_leaf).astype(np.int32) for of_leaf in records]
        records = [of_leaf[rows] for of_leaf, rows in zip(records, used, strict=True)]
        self.leaves: Leaves = leaves_of(hierarchies, used, records, weights or [1.0] * len(used))
        codes, groups = _renumbered(classes, hierarchies, used)
        self._bundles = Bundles(groups)
        packed, sizes, sensitive = self._bundles.pack(codes), classes.sizes, classes.sensitive
        population = classes.population
        self._starts = np.cumsum([0, *self._bundles.sizes()])
        self._always = np.zeros(self._starts[-1], dtype=np.int64)
        if classes.inadmissible is not None and classes.inadmissible.any():
            count_codes(classes.inadmissible, packed, sizes, self._starts, self._always)
            kept = np.flatnonzero(~classes.inadmissible)
            packed, sizes = np.ascontiguousarray(packed[:, kept]), sizes[kept]
            sensitive = {name: histograms.of_classes(kept) for name, histograms in sensitive.items()}
            population = None if population is None else population[kept]
        self._base = ClassTable((0,) * len(self.names), sizes, sensitive, population, own_packed=packed)
        self.always_lost = self._count_lost(np.zeros(len(sizes), dtype=np.bool_))
        self._tables = ClassTables(self._base, self._bundles, cache_bytes)

    def check(self, nodes: Sequence[Node], *, with_lost: bool) -> list[NodeVerdict]:
        """Judge nodes, those of a batch on several cores; the compiled loops let go of the interpreter's lock."""
        self.effort.checked += len(nodes)
        sources = [self._tables.nearest(node) for node in nodes]

        def judge(source: ClassTable, node: Node) -> tuple[ClassTable, NodeVerdict]:
            table = self._tables.rolled_up(source, node)
            return table, self._judge(node, table, with_lost=with_lost)

        run = map if len(nodes) == 1 else self._pool.map
        judged = list(run(judge, sources, nodes))
        for source, (table, _) in zip(sources, judged, strict=True):
            if table is not source:
                self._tables.remember(table)
        return [verdict for _, verdict in judged]

    def project(self, nodes: Sequence[Node]) -> list[NodeVerdict]:
        """Judge nodes one after the other, without their suppressed records."""
        for node in nodes:
            if self._tables.is_projection(node):
                self.effort.projections += 1
            else:
                self.effort.checked += 1
        return [self._judge(node, self._tables.at(node), with_lost=False) for node in nodes]

    def narrowed(self, lattice: Lattice, weights: Sequence[float]) -> "InMemoryChecker":
        """A checker of part of the lattice with other weights, of the monotone models alone; it shares all tables."""
        other = copy(self)
        other.lattice, other.effort = lattice, Effort()
        other.models = tuple(model for model in self.models if model.monotone)
        other.release_models = ()
        other.leaves = replace(self.leaves, weights=tuple(weights))
        other.monotone = True
        other.smallest_safe_class = max((model.smallest_safe_class for model in other.models), default=1)
        return other

    def classes_at(self, node: Node) -> tuple[EquivalenceClasses, BoolArray]:
        """The classes of a node with the groups of its levels as codes, and which of them are safe."""
        table = self._tables.at(node)
        classes = table.with_records()
        leaves = self._bundles.unpack(table.packed[:, : classes.n_classes])
        codes = np.stack(
            [groups[level][row] for groups, level, row in zip(self.leaves.groups, node, leaves, strict=True)]
        )
        return replace(classes, codes=codes), ~self._judged(table).unsafe[: classes.n_classes]

    def lost_at(self, node: Node) -> SuppressedRecords:
        """The records that a release at a node suppresses."""
        table = self._tables.at(node)
        return self._count_lost(table.to_base(self._judged(table).unsafe))

    def lost_without(self, node: Node, safe: BoolArray) -> SuppressedRecords:
        """The records that a release suppresses which keeps some classes of a node; `safe` as from `classes_at`."""
        table = self._tables.at(node)
        without = len(table.sizes) - len(safe)
        return self._count_lost(table.to_base(np.pad(~safe, (0, without), constant_values=True)))

    def kept_instead(self, node: Node, other: Node) -> int:
        """Records that a release at a node suppresses and one at the other keeps."""
        lost, lost_there = (table.to_base(self._judged(table).unsafe) for table in map(self._tables.at, (node, other)))
        return int(self._base.sizes[lost & ~lost_there].sum())

    def _judge(self, node: Node, table: ClassTable, *, with_lost: bool) -> NodeVerdict:
        judged = self._judged(table)
        unsafe_records, certain, kept_classes, kept_squares, capacity = tally(
            table.sizes, judged.unsafe, judged.unavoidable, self.smallest_safe_class
        )
        suppressed = unsafe_records + self.always_lost.records
        least = certain + self.always_lost.records
        lost = certainly_lost = None
        if with_lost and suppressed <= self.limit:
            lost = certainly_lost = self._count_lost(table.to_base(judged.unsafe))
            if not self.monotone:
                known = self._count_lost(table.to_base(judged.unavoidable >= table.sizes))
                certainly_lost = SuppressedRecords(least, known.by_leaf)
        return NodeVerdict(
            node=node,
            suppressed=suppressed,
            unavoidable=least,
            kept_classes=kept_classes,
            kept_squares=kept_squares,
            capacity=capacity,
            lost=lost,
            certainly_lost=certainly_lost,
        )

    def _judged(self, table: ClassTable) -> Judged:
        """Which classes are suppressed, and the records of each that no way to split it can keep.

        A class without records is one that is suppressed: it has nothing to release.
        """
        classes = table.with_records()
        judged = judge(self.models, classes, self.release_models)
        without = len(table.sizes) - classes.n_classes
        if not without:
            return judged
        unsafe = np.pad(judged.unsafe, (0, without), constant_values=True)
        return Judged(unsafe, np.pad(judged.unavoidable, (0, without)))

    def _count_lost(self, chosen: BoolArray) -> SuppressedRecords:
        """The records of the chosen admissible base classes and of all inadmissible ones, by leaf."""
        counts = self._always.copy()
        count_codes(chosen, self._base.packed, self._base.sizes, self._starts, counts)
        of_bundles = zip(self._bundles.by_leaf(counts), self.leaves.records, strict=True)
        by_leaf = tuple(of_attribute[: len(records)] for of_attribute, records in of_bundles)
        return SuppressedRecords(int(by_leaf[0].sum()), by_leaf)


def _renumbered(
    classes: EquivalenceClasses, hierarchies: Sequence[GeneralizationHierarchy], used: Sequence[CodeArray]
) -> tuple[CodeArray, list[CodeArray]]:
    """Codes of leaves without gaps, those that the table uses first, and the groups of these leaves by attribute."""
    codes, groups = np.empty_like(classes.codes), []
    for axis, (row, hierarchy, of_table) in enumerate(zip(classes.codes, hierarchies, used, strict=True)):
        order = of_table if classes.population is None else np.append(of_table, np.setdiff1d(row, of_table))
        place = np.empty(int(order.max(initial=-1)) + 1, dtype=np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        codes[axis] = place[row]
        known = hierarchy.groups if classes.outside is None else np.hstack([hierarchy.groups, classes.outside[axis]])
        groups.append(known[:, order])
    return codes, groups
