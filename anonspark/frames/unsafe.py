"""The unsafe classes of nodes, on their way to the workers that look for raw classes in them."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from anonspark.domain.lattice import Node
from anonspark.domain.model import PrivacyModel, ReleaseModel
from anonspark.search.bundles import Bundles
from anonspark.search.class_table import ClassTable
from anonspark.search.judge import judge

UNSAFE_A_JOB = 1 << 21
"""Unsafe classes that are sent to the workers at a time: a few tens of MiB, below what Spark Connect takes."""


def unsafe_of(
    table: ClassTable,
    models: Sequence[PrivacyModel],
    bundles: Bundles,
    release_models: Sequence[ReleaseModel] = (),
) -> pa.Table:
    """The unsafe classes of a table: codes at its node as k0, k1, ..., and whether all records are `certain` to go."""
    classes = table.with_records()
    judged = judge(models, classes, release_models)
    keys = {
        f"k{place}": codes[row[: classes.n_classes][judged.unsafe]]
        for place, (codes, row) in enumerate(zip(bundles.representatives(table.node), table.packed, strict=True))
    }
    return pa.table(keys | {"certain": (judged.unavoidable >= classes.sizes)[judged.unsafe]})


def portions(unsafe: Iterable[tuple[Node, pa.Table]]) -> Iterator[list[tuple[Node, pa.Table]]]:
    """Unsafe classes of nodes in lists of bounded size; nothing where there are none."""
    waiting: list[tuple[Node, pa.Table]] = []
    room = UNSAFE_A_JOB
    for node, classes in unsafe:
        left = classes
        while len(left):
            waiting.append((node, left.slice(0, room)))
            left, room = left.slice(room), room - len(waiting[-1][1])
            if not room:
                yield waiting
                waiting, room = [], UNSAFE_A_JOB
    if waiting:
        yield waiting
