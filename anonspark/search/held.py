"""Class tables that a checker on the cluster keeps on the driver: nodes above them need no Spark job."""

from anonspark.domain.lattice import Node
from anonspark.search.bundles import Bundles
from anonspark.search.class_table import WORTH_KEEPING, ClassTable, Scratch, roll_up


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
        table = ClassTable(node, rolled.sizes, rolled.sensitive, own_packed=rolled.packed)
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
    return table.packed.nbytes + table.sizes.nbytes + pairs
