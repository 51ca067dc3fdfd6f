"""What Spark's Python workers do with classes, batch by batch: numpy and Arrow only, nothing that compiles.

A class travels as `p0, p1, ...`, the codes of its bundles (`search/bundles.py`), each replaced by the least code of
its group at the node: that tells classes apart exactly, whatever the number of combinations, and a class can be rolled
up further from it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray
from anonspark.domain.classes import EquivalenceClasses, SensitiveHistograms
from anonspark.domain.model import PrivacyModel
from anonspark.frames.persons import PERSONS
from anonspark.search.judge import NO_CODES, judge

ROWS_A_PIECE = 1 << 18
"""Small batches are put together, so that what a step does once a piece costs little; a few tens of MiB at a time."""

Batches: TypeAlias = Iterable[pa.RecordBatch]
BatchStep: TypeAlias = Callable[[Batches], Iterator[pa.RecordBatch]]


@dataclass(frozen=True, slots=True, eq=False)
class AskedNode:
    """A node that classes are rolled up to.

    Attributes:
        number: Its place among those that were asked about.
        representatives: See `Bundles.representatives`.
    """

    number: int
    representatives: tuple[CodeArray, ...]

    def keys(self, table: pa.Table, name: str) -> dict[str, CodeArray]:
        """The codes that each class has at the node, by `name` and the bundle's number."""
        return {
            f"{name}{place}": codes[table[f"p{place}"].to_numpy()] for place, codes in enumerate(self.representatives)
        }


def pieces(batches: Batches) -> Iterator[pa.Table]:
    """The rows in parts of about `ROWS_A_PIECE`, none of them empty."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= ROWS_A_PIECE:
            yield pa.Table.from_batches(waiting).combine_chunks()
            waiting = []
    if sum(map(len, waiting)):
        yield pa.Table.from_batches(waiting).combine_chunks()


def rolled_up(nodes: Sequence[AskedNode], told_apart: Sequence[str], sums: Sequence[str]) -> BatchStep:
    """Classes to those of each node, merged piece by piece: `node`, codes, what is told apart, and what is summed up.

    Args:
        nodes: Which.
        told_apart: Columns that rows keep: sensitive codes, and the person.
        sums: Columns that are summed up.
    """

    def step(batches: Batches) -> Iterator[pa.RecordBatch]:
        for table in pieces(batches):
            for node in nodes:
                keys = node.keys(table, "p")
                columns = [*keys.values(), *(table[name] for name in [*told_apart, *sums])]
                keyed = pa.table(columns, [*keys, *told_apart, *sums])
                alike = keyed.group_by([*keys, *told_apart], use_threads=False)
                merged = alike.aggregate([(name, "sum") for name in sums])
                summed = [f"{name}_sum" for name in sums]
                merged = merged.select([*keys, *told_apart, *summed]).rename_columns(keyed.column_names)
                numbers = pa.array(np.full(len(merged), node.number, dtype=np.int32))
                yield from merged.add_column(0, "node", numbers).to_batches()

    return step


def judged(models: Sequence[PrivacyModel], sensitive: Mapping[str, SensitiveHistograms]) -> BatchStep:
    """Each class with whether it is `unsafe` and how many of its records are `unavoidable`; one without any is unsafe.

    Args:
        models: All must hold.
        sensitive: The whole table's totals and ancestors by attribute, in the order of the classes' `pairs`.
    """

    def step(batches: Batches) -> Iterator[pa.RecordBatch]:
        for table in pieces(batches):
            unsafe: BoolArray = np.ones(len(table), dtype=np.bool_)
            unavoidable: CountArray = np.zeros(len(table), dtype=np.int64)
            rows = np.flatnonzero(table["records"].to_numpy())
            classes = table if len(rows) == len(table) else table.take(pa.array(rows))
            found = judge(models, classes_of(classes, sensitive))
            unsafe[rows], unavoidable[rows] = found.unsafe, found.unavoidable
            told = table.append_column("unsafe", pa.array(unsafe))
            yield from told.append_column("unavoidable", pa.array(unavoidable)).to_batches()

    return step


def classes_of(table: pa.Table, sensitive: Mapping[str, SensitiveHistograms]) -> EquivalenceClasses:
    """Classes as models see them."""
    sizes, histograms = sizes_and_histograms(table, sensitive)
    people = table["people"].to_numpy() if "people" in table.column_names else None
    persons = table[PERSONS].to_numpy() if PERSONS in table.column_names else None
    return EquivalenceClasses(NO_CODES, sizes, histograms, population=people, persons=persons)


def sizes_and_histograms(
    table: pa.Table, sensitive: Mapping[str, SensitiveHistograms]
) -> tuple[CountArray, dict[str, SensitiveHistograms]]:
    """Records and sensitive histograms of classes that travel with their `pairs`."""
    sizes = table["records"].to_numpy()
    if not sensitive:
        return sizes, {}
    lists = pa.concat_arrays(table["pairs"].chunks) if len(table) else table["pairs"].combine_chunks()
    owners = np.repeat(np.arange(len(table)), np.diff(lists.offsets.to_numpy()))
    members = lists.flatten()
    records = members.field("records").to_numpy()
    found = {}
    for place, (name, whole) in enumerate(sensitive.items()):
        cells = owners * whole.n_values + members.field(f"s{place}").to_numpy()
        pairs, pair_of_member = np.unique(cells, return_inverse=True)
        counts = np.bincount(pair_of_member, weights=records).astype(np.int64)
        of_pair, values = np.divmod(pairs, whole.n_values)
        offsets = np.searchsorted(of_pair, np.arange(len(table) + 1)).astype(np.int64)
        found[name] = SensitiveHistograms(offsets, values.astype(np.int32), counts, whole.totals, whole.ancestors)
    return sizes, found


def lost_rows(nodes: Sequence[tuple[AskedNode, pa.Table]]) -> BatchStep:
    """The classes that lie in unsafe ones of each node: `node`, codes, `certain`, `records`.

    Args:
        nodes: Each with its unsafe classes: their codes at the node as `k0, k1, ...`, and whether all records are
            `certain` to be lost below too.
    """

    def step(batches: Batches) -> Iterator[pa.RecordBatch]:
        for table in pieces(batches):
            for node, unsafe in nodes:
                keys = node.keys(table, "k")
                codes = [f"p{place}" for place in range(len(keys))]
                columns = [*keys.values(), *(table[name] for name in codes), table["records"]]
                keyed = pa.table(columns, [*keys, *codes, "records"])
                lost = keyed.join(unsafe, list(keys), join_type="inner", use_threads=False)
                numbers = pa.array(np.full(len(lost), node.number, dtype=np.int32))
                lost = lost.select([*codes, "certain", "records"]).add_column(0, "node", numbers)
                yield from lost.to_batches()

    return step


def looked_up(found: Mapping[str, tuple[str, CodeArray]], kept: Sequence[str]) -> BatchStep:
    """New columns, each looked up in an array by the code in another column, before those that are kept."""

    def step(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            columns = [pa.array(values[batch[name].to_numpy()]) for name, values in found.values()]
            yield pa.RecordBatch.from_arrays([*columns, *(batch[name] for name in kept)], [*found, *kept])

    return step
