"""A release with what led to it, and what it is worth."""

from dataclasses import dataclass

import numpy as np
from pyspark.sql import DataFrame

from anonspark.domain.arrays import BoolArray
from anonspark.domain.classes import EquivalenceClasses, SizeCounts, size_counts
from anonspark.domain.encode import RawClasses
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.policy import Policy
from anonspark.domain.release import Release
from anonspark.frames.checker import ClusterChecker
from anonspark.frames.combinations import ClusterCombinations
from anonspark.frames.encoded import EncodedClasses
from anonspark.frames.recoded import RecodedClasses
from anonspark.measures.utility import BY_LEVEL, attribute_costs, average_class_size, discernibility, whole
from anonspark.search.checker import NodeVerdict
from anonspark.search.in_memory import InMemoryChecker
from anonspark.search.incumbent import Found
from anonspark.search.judge import NO_CODES
from anonspark.vocabulary import Metric

NO_CLASSES = EquivalenceClasses(NO_CODES, np.empty(0, dtype=np.int64))
"""Of a release whose classes stay on the cluster."""


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A release with what led to it.

    Attributes:
        release: The node and its classes.
        raw: The table's combinations.
        classes: The raw classes, with codes of leaves.
        found: What the search saw.
        checker: Which judged the nodes.
        safe_classes: The groups of the released classes, g0, g1, ..., and `records`, where they stay on the cluster.
        people: The population, where a model counts it.
        recoded: The raw classes with levels of their own, where they stay on the cluster, and those without.
        base: What is released already and stays, where the release is appended to it.
        union: Sizes of the classes of both, then.
    """

    release: Release
    raw: RawClasses | ClusterCombinations
    classes: EquivalenceClasses | EncodedClasses
    found: Found
    checker: InMemoryChecker | ClusterChecker
    safe_classes: DataFrame | None = None
    people: RawClasses | ClusterCombinations | None = None
    recoded: tuple[RecodedClasses, EncodedClasses] | None = None
    base: RawClasses | None = None
    union: SizeCounts | None = None


def input_size_counts(solution: Solution) -> SizeCounts:
    """Sizes of the raw classes in persons, wherever they are."""
    classes = solution.classes
    if isinstance(classes, EquivalenceClasses):
        return size_counts(classes.people)
    return classes.sizes if classes.person_sizes is None else classes.person_sizes


def released_size_counts(solution: Solution) -> SizeCounts:
    """Sizes of the classes that readers see, in persons, wherever they are."""
    return solution.release.kept_people_counts if solution.union is None else solution.union


def measured_release(
    policy: Policy,
    hierarchies: tuple[GeneralizationHierarchy, ...],
    checker: InMemoryChecker | ClusterChecker,
    found: Found,
    best: NodeVerdict,
    at_node: tuple[EquivalenceClasses, BoolArray] | None,
) -> Release:
    """The release at the best node, with every metric; without classes where these stay on the cluster."""
    node, leaves = best.node, checker.leaves
    lost = best.lost or checker.lost_at(node)
    classes, safe = at_node or (NO_CLASSES, NO_CLASSES.sizes > 0)
    costs = {metric: attribute_costs(metric, leaves, lost, node) for metric in BY_LEVEL}
    metrics: dict[str, float] = {
        metric: whole(metric, leaves.weights, of_metric) for metric, of_metric in costs.items()
    }
    metrics[Metric.DISCERNIBILITY] = discernibility(best.kept_squares, lost.records, leaves.n_records)
    metrics[Metric.AVERAGE_CLASS_SIZE] = average_class_size(best.kept_classes, lost.records, leaves.n_records)
    return Release(
        node=node,
        hierarchies=hierarchies,
        codes=classes.codes,
        sizes=classes.sizes,
        persons=classes.people if policy.person_id is not None and at_node is not None else None,
        safe=safe,
        n_records=leaves.n_records,
        metric=policy.metric,
        score=found.score,
        optimal=found.optimal,
        metrics=metrics,
        per_attribute={metric: dict(zip(checker.names, of_metric, strict=True)) for metric, of_metric in costs.items()},
    )
