"""Class tables that a checker on the cluster keeps on the driver: nodes above them need no Spark job."""

from collections.abc import Sequence

import numpy as np

from anonspark.domain.lattice import Node
from anonspark.domain.model import PrivacyModel, ReleaseModel
from anonspark.search.bundles import Bundles
from anonspark.search.checker import NodeVerdict
from anonspark.search.class_table import WORTH_KEEPING, ClassTable, Scratch, roll_up
from anonspark.search.judge import judge


class HeldTables:
    """Tables of single nodes, none of which needs another; the oldest make room for new ones."""

    def __init__(self, bundles: Bundles, most_bytes: int) -> None:
        """Take the memory that all tables together may hold."""
        self._bundles, self._scratch = bundles, Scratch()
        self._tables: dict[Node, ClassTable] = {}
        self._most = most_bytes

    @property
    def most_bytes(self) -> int:
        """Memory that all tables together may hold."""
        return self._most

    def at(self, node: Node) -> ClassTable | None:
        """The classes of a node, rolled up from the smallest table at or below it; None where there is none."""
        below = [
            table
            for table in self._tables.values()
            if all(low <= high for low, high in zip(table.node, node, strict=True))
        ]
        if not below:
            return None
        source = min(below, key=lambda table: len(table.sizes))
        if source.node == node:
            return source
        rolled = roll_up(source, node, self._bundles, self._scratch)
        table = ClassTable(node, rolled.sizes, rolled.sensitive, rolled.population, own_packed=rolled.packed)
        if len(table.sizes) <= WORTH_KEEPING * len(source.sizes):
            self.hold(table)
        return table

    def hold(self, table: ClassTable) -> None:
        """Keep a table."""
        self._tables[table.node] = table
        while len(self._tables) > 1 and sum(map(bytes_of, self._tables.values())) > self._most:
            self._tables.pop(next(iter(self._tables)))


def bytes_of(table: ClassTable) -> int:
    """Memory of a table with its histograms."""
    pairs = sum(16 * len(histograms.values) + histograms.offsets.nbytes for histograms in table.sensitive.values())
    people = 0 if table.population is None else table.population.nbytes
    return table.packed.nbytes + table.sizes.nbytes + people + pairs


def verdict_on(
    table: ClassTable,
    models: Sequence[PrivacyModel],
    always_lost: int,
    release_models: Sequence[ReleaseModel] = (),
) -> NodeVerdict:
    """What the models say of a table's classes, without the suppressed records; `always_lost` records are in none."""
    classes = table.with_records()
    sizes, judged = classes.sizes, judge(models, classes, release_models)
    kept = sizes[~judged.unsafe]
    smallest = max((model.smallest_safe_class for model in models), default=1)
    return NodeVerdict(
        node=table.node,
        suppressed=int(sizes[judged.unsafe].sum()) + always_lost,
        unavoidable=int(judged.unavoidable.sum()) + always_lost,
        kept_classes=len(kept),
        kept_squares=float(np.square(kept, dtype=np.float64).sum()),
        capacity=int(((sizes - judged.unavoidable) // smallest).sum()),
    )
