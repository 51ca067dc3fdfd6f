"""New records beside those that are released already: which of them the models let in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anonspark.domain.arrays import BoolArray
from anonspark.domain.classes import SizeCounts, size_counts
from anonspark.domain.encode import RawClasses
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.lattice import Node
from anonspark.domain.policy import Policy
from anonspark.domain.union import classes_of_labels, generalized, joined
from anonspark.search.judge import judge


@dataclass(frozen=True, slots=True, eq=False)
class JudgedUnion:
    """What may be released beside what is released already.

    Attributes:
        released: Shape (n_rows,): which combinations of the new records.
        broken: Classes that are released already and unsafe in the union, whatever new records are left out.
        sizes: Of the union's classes.
    """

    released: BoolArray
    broken: int
    sizes: SizeCounts


def judge_union(
    base: RawClasses, raw: RawClasses, hierarchies: Sequence[GeneralizationHierarchy], node: Node, policy: Policy
) -> JudgedUnion:
    """Let new records into the classes of the union that are safe with them, and leave the others out.

    What is released stays: a new record that would make a released class unsafe is left out. More records can make a
    class unsafe that gets none of them, as its shares are held against those of the whole table.

    Args:
        base: The combinations of the release as it is, its labels as values.
        raw: Those of the new records, raw.
        hierarchies: Of the new records' values.
        node: The levels.
        policy: The models.
    """
    n_base = len(base.counts)
    released: BoolArray = np.ones(len(raw.counts), dtype=np.bool_)
    while True:
        union = joined(base, generalized(raw, hierarchies, node, released))
        classes, class_of_row = classes_of_labels(union, policy)
        # A row of nothing but `*` is in none of the classes, and released with none.
        unsafe = np.append(judge(policy.models, classes, policy.release_models).unsafe, True)
        refused = unsafe[class_of_row[n_base:]] & released
        if not refused.any():
            break
        released = released & ~refused
    in_base = np.unique(class_of_row[:n_base])
    broken = int(unsafe[in_base[in_base < classes.n_classes]].sum())
    return JudgedUnion(released, broken, size_counts(classes.sizes))
