"""Why a node: what is wrong with its neighbours, and what stands behind the records that it suppresses.

Nothing is searched here. Each answer is one or two questions to the checker that a search would ask.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from anonspark.domain.arrays import BoolArray
from anonspark.domain.classes import EquivalenceClasses, SizeCounts, size_counts
from anonspark.domain.lattice import Node
from anonspark.domain.model import PrivacyModel
from anonspark.search.checker import NodeChecker
from anonspark.search.in_memory import InMemoryChecker
from anonspark.search.objectives import Objective


@dataclass(frozen=True, slots=True)
class Judged:
    """A node with what a search would know of it; `score` is None past the limit."""

    node: Node
    suppressed: int
    score: float | None


@dataclass(frozen=True, slots=True)
class Failing:
    """Classes and their records that one model does not let pass; a class can fail several."""

    classes: int
    records: int


@dataclass(frozen=True, slots=True)
class Unsafe:
    """The classes that a release at a node suppresses; records with unknown values are in none of them.

    Attributes:
        classes: How many.
        records: In them.
        sizes: How many classes have each size, in persons.
        by_model: What fails each model of single classes, in their order.
        given_up: What fails none of these, and is given up for models of the release as a whole.
    """

    classes: int
    records: int
    sizes: SizeCounts
    by_model: tuple[Failing, ...]
    given_up: Failing


@dataclass(frozen=True, slots=True)
class Kept:
    """Suppressed records that would be kept with one column elsewhere; None where that cannot be or be counted.

    Attributes:
        one_higher: With the column one level higher.
        generalized: With the column at its highest level.
    """

    one_higher: int | None
    generalized: int | None


def judged(checker: NodeChecker, objective: Objective, nodes: Sequence[Node]) -> list[Judged]:
    """The nodes with their scores, in one batch."""
    verdicts = checker.check(nodes, with_lost=objective.needs_lost) if nodes else []
    return [
        Judged(each.node, each.suppressed, objective.score(each) if each.suppressed <= checker.limit else None)
        for each in verdicts
    ]


def unsafe_classes(
    classes: EquivalenceClasses,
    safe: BoolArray,
    models: Sequence[PrivacyModel],
) -> Unsafe:
    """What a release of these classes suppresses, and by which model.

    Args:
        classes: Of a node, all with records.
        safe: Shape (n_classes,): which are released.
        models: Of single classes.
    """
    failed = np.zeros(classes.n_classes, dtype=np.bool_)
    by_model = []
    for model in models:
        fails = ~model.satisfied(classes)
        failed |= fails
        by_model.append(_counted(classes, fails))
    unsafe = _counted(classes, ~safe)
    return Unsafe(
        unsafe.classes,
        unsafe.records,
        size_counts(classes.people[~safe]),
        tuple(by_model),
        _counted(classes, ~safe & ~failed),
    )


def kept_elsewhere(checker: NodeChecker, node: Node, axis: int, suppressed: Mapping[Node, int]) -> Kept:
    """How many records that a node suppresses would be kept with one attribute elsewhere.

    Args:
        checker: Of the lattice.
        node: The node.
        axis: The attribute.
        suppressed: Records that the node, and those above it that `above` names, suppress.
    """
    one_higher, highest = above(checker, node, axis)

    def kept(other: Node | None) -> int | None:
        if other is None:
            return None
        if isinstance(checker, InMemoryChecker):
            return checker.kept_instead(node, other)
        # Upwards nothing that is kept is lost again, so that what is not suppressed any more is what is kept.
        return suppressed[node] - suppressed[other] if checker.monotone else None

    return Kept(kept(one_higher), kept(highest))


def above(checker: NodeChecker, node: Node, axis: int) -> tuple[Node | None, Node | None]:
    """The nodes with an attribute one level higher, and at its highest level; None where it is there already."""
    top = checker.lattice.top[axis]
    if node[axis] >= top:
        return None, None
    one_higher, highest = ((*node[:axis], level, *node[axis + 1 :]) for level in (node[axis] + 1, top))
    return one_higher, highest


def lower(checker: NodeChecker, node: Node) -> Iterator[tuple[int, Node]]:
    """The attributes that could be one level lower, each with the node where it is."""
    for axis, level in enumerate(node):
        if level > checker.lattice.bottom[axis]:
            yield axis, (*node[:axis], level - 1, *node[axis + 1 :])


def _counted(classes: EquivalenceClasses, chosen: BoolArray) -> Failing:
    return Failing(int(chosen.sum()), int(classes.sizes[chosen].sum()))
