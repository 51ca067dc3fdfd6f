"""Local recoding of a release that was found at a node."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from anonspark.domain.arrays import CountArray
from anonspark.domain.classes import PERSON, EquivalenceClasses
from anonspark.domain.lattice import Lattice
from anonspark.domain.policy import Policy
from anonspark.domain.recoding import Recoding, recoding_of
from anonspark.domain.release import Release
from anonspark.measures.recoded import costs_of_recoding, sizes_of_recoding
from anonspark.measures.utility import BY_LEVEL, whole
from anonspark.pipelines.follow import Follower
from anonspark.search.class_table import merged_histograms
from anonspark.search.recoding import LocalRecoding, rules_of
from anonspark.vocabulary import Metric, RecodingKind


def recoded(
    at_node: Release,
    classes: EquivalenceClasses,
    policy: Policy,
    lattice: Lattice,
    kind: RecodingKind,
    follower: Follower,
) -> Release:
    """The release at a node with levels for each class, as low as the models allow, from that node down."""
    strict = kind is RecodingKind.STRICT
    weights = [attribute.weight for attribute in policy.quasi_identifiers]
    parts = LocalRecoding(
        classes,
        rules_of(at_node.hierarchies, lattice, weights),
        policy.models,
        strict=strict,
        merge=merged_histograms,
        on_round=lambda n_parts: follower.report(f"{n_parts:,} classes"),
    ).from_node(at_node.node)
    levels = np.stack([parts.level_of_each_class(axis) for axis in range(len(at_node.node))])
    recoding = recoding_of(at_node.hierarchies, classes.codes, classes.sizes, levels, parts.released, strict=strict)
    costs = {metric: costs_of_recoding(metric, at_node.hierarchies, recoding, classes.sizes) for metric in BY_LEVEL}
    return replace(
        with_levels_of_their_own(at_node, policy, recoding, costs, sizes_of_recoding(recoding, at_node.n_records)),
        codes=recoding.codes,
        sizes=recoding.sizes,
        persons=people_of(recoding, classes),
        safe=np.ones(len(recoding.sizes), dtype=np.bool_),
    )


def with_levels_of_their_own(
    at_node: Release,
    policy: Policy,
    recoding: Recoding,
    costs: Mapping[Metric, Sequence[float]],
    of_sizes: Mapping[str, float],
) -> Release:
    """The release at a node after its classes got levels of their own; these are still those of the node.

    Args:
        at_node: Where they came from.
        policy: The attributes, their weights and the metric.
        recoding: What became of them.
        costs: Each separable metric, by attribute.
        of_sizes: The metrics that depend on sizes alone.
    """
    weights = [attribute.weight for attribute in policy.quasi_identifiers]
    metrics = {metric: whole(metric, weights, of_metric) for metric, of_metric in costs.items()} | dict(of_sizes)
    return replace(
        at_node,
        score=metrics[policy.metric],
        optimal=False,
        metrics=metrics,
        per_attribute={metric: dict(zip(policy.names, of_metric, strict=True)) for metric, of_metric in costs.items()},
        recoding=recoding,
        full_domain=at_node,
    )


def people_of(recoding: Recoding, classes: EquivalenceClasses) -> CountArray | None:
    """Persons of each released class, where records name them; shape (n_classes,)."""
    if PERSON not in classes.sensitive:
        return None
    shown = np.flatnonzero(recoding.released)
    groups = recoding.class_of[shown].astype(np.int32)
    return merged_histograms(classes.sensitive[PERSON].of_classes(shown), groups, len(recoding.sizes)).distinct()
