"""Micro-aggregation of a release whose raw classes stay on the cluster."""

from contextlib import ExitStack
from dataclasses import replace

import numpy as np

from anonspark.domain.aggregation import Aggregation
from anonspark.domain.microaggregation import aggregations_of
from anonspark.domain.policy import Policy
from anonspark.domain.release import Release
from anonspark.frames.checker import ClusterChecker
from anonspark.frames.encoded import EncodedClasses
from anonspark.frames.microaggregate import rows_at_node, with_one_value
from anonspark.frames.persisted import persisted
from anonspark.frames.recoded import RecodedClasses, recoded_classes, shape_of
from anonspark.measures.recoded import metrics_of_sizes
from anonspark.pipelines.microaggregate import with_losses
from anonspark.pipelines.recode_on_cluster import recoding_there


def microaggregated_on_cluster(
    chosen: Release,
    recoded: RecodedClasses | None,
    encoded: EncodedClasses,
    checker: ClusterChecker,
    policy: Policy,
    held: ExitStack,
) -> tuple[Release, RecodedClasses]:
    """What `with_microaggregation` does in memory; the classes are freed with `held`.

    Args:
        chosen: The release at a node, or recoded from there.
        recoded: Its classes, where they have levels of their own.
        encoded: The raw classes.
        checker: Told of the queries.
        policy: What the attributes are released as.
        held: Frees the classes when it is closed.
    """
    if recoded is None:
        table = held.enter_context(persisted(rows_at_node(encoded, policy.models, chosen.node)))
        recoded = recoded_classes(table, shape_of(encoded), encoded, chosen.hierarchies)
    aggregations = _of_used_leaves(chosen, policy, encoded)
    valued, losses = with_one_value(recoded, aggregations, recoded.table.count(), policy.search.memory_mb << 20, held)
    sizes = valued.count_sizes()
    checker.jobs += 4 + len(aggregations)
    means = tuple(map(float, chosen.node)) if chosen.recoding is None else chosen.recoding.mean_levels
    strict = True if chosen.recoding is None else chosen.recoding.strict
    found = replace(
        with_losses(chosen, policy, losses, metrics_of_sizes(sizes, chosen.n_records)),
        **recoding_there(valued, means, sizes, strict=strict),
    )
    return found, valued


def _of_used_leaves(chosen: Release, policy: Policy, encoded: EncodedClasses) -> dict[int, Aggregation]:
    """How attributes are released, by the leaves that occur, which the codes on the cluster stand for."""
    found = {}
    for axis, whole in aggregations_of(chosen.hierarchies, policy.microaggregations).items():
        used = encoded.used[axis]
        numbers = None if whole.numbers is None else np.asarray(whole.numbers[used])
        found[axis] = replace(whole, leaves=tuple(whole.leaves[leaf] for leaf in used), numbers=numbers)
    return found
