"""Local recoding of a release whose raw classes stay on the cluster."""

from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np

from anonspark.domain.classes import SizeCounts
from anonspark.domain.policy import Policy
from anonspark.domain.recoding import Recoding
from anonspark.domain.release import Release
from anonspark.frames.checker import ClusterChecker
from anonspark.frames.encoded import EncodedClasses
from anonspark.frames.recoded import LevelSums, RecodedClasses, recoded_classes
from anonspark.frames.recoding import ClusterRecoding
from anonspark.measures.recoded import cost_of_levels, metrics_of_sizes
from anonspark.measures.utility import BY_LEVEL
from anonspark.pipelines.follow import Follower
from anonspark.pipelines.recode import with_levels_of_their_own
from anonspark.search.judge import NO_CODES
from anonspark.search.recoding import rules_of
from anonspark.vocabulary import Metric, RecodingKind


def recoded_on_cluster(
    at_node: Release,
    encoded: EncodedClasses,
    checker: ClusterChecker,
    policy: Policy,
    kind: RecodingKind,
    follower: Follower,
    held: ExitStack,
) -> tuple[Release, RecodedClasses]:
    """What `recoded` does in memory; the classes are freed with `held`."""
    weights = [attribute.weight for attribute in policy.quasi_identifiers]
    rules = rules_of(at_node.hierarchies, checker.lattice, weights)
    rules = replace(
        rules,
        groups=tuple(encoded.groups),
        costs=tuple(costs[:, used] for costs, used in zip(rules.costs, encoded.used, strict=True)),
    )
    strict = kind is RecodingKind.STRICT
    recoding = ClusterRecoding(
        encoded, rules, policy.models, strict, lambda n_parts: follower.report(f"{n_parts:,} large parts")
    )
    table = recoding.from_node(at_node.node, held)
    recoded = recoded_classes(table, recoding.shape, encoded, at_node.hierarchies)
    sizes, sums = recoded.count_sizes(), recoded.sums_by_level()
    checker.jobs += recoding.jobs + 2
    costs = {metric: _costs(metric, at_node, encoded, checker.lattice.top, sums) for metric in BY_LEVEL}
    there = recoding_there(recoded, tuple(_mean_level(of_axis) for of_axis in sums), sizes, strict=strict)
    of_sizes = metrics_of_sizes(sizes, at_node.n_records)
    return replace(with_levels_of_their_own(at_node, policy, there["recoding"], costs, of_sizes), **there), recoded


def recoding_there(
    recoded: RecodedClasses, mean_levels: tuple[float, ...], sizes: SizeCounts, *, strict: bool
) -> dict[str, Any]:
    """What a release says of classes with labels of their own that stay on the cluster, by its attributes."""
    nothing = np.empty(0, dtype=np.int64)
    return {
        "recoding": Recoding(NO_CODES, NO_CODES, nothing, NO_CODES, recoded.labels, nothing, mean_levels, strict),
        "codes": NO_CODES,
        "sizes": nothing,
        "safe": nothing.astype(np.bool_),
        "kept_on_cluster": tuple(sizes),
    }


def _costs(
    metric: Metric, at_node: Release, encoded: EncodedClasses, top: tuple[int, ...], sums: list[LevelSums]
) -> list[float]:
    """A separable metric of each attribute, with the suppressed records at the last level."""
    costs = []
    for axis, (leaves, levels, records) in enumerate(sums):
        of_leaf = encoded.leaves.records[axis]
        hidden = of_leaf - np.bincount(leaves, weights=records, minlength=len(of_leaf)).astype(np.int64)
        lost = np.flatnonzero(hidden)
        all_leaves = encoded.used[axis][np.concatenate([leaves, lost])]
        all_levels = np.concatenate([levels, np.full(len(lost), top[axis])]).astype(np.int32)
        all_records = np.concatenate([records, hidden[lost]])
        shown = np.arange(len(all_leaves)) < len(leaves)
        costs.append(cost_of_levels(metric, at_node.hierarchies[axis], all_leaves, all_levels, all_records, shown))
    return costs


def _mean_level(of_axis: LevelSums) -> float:
    _, levels, records = of_axis
    return float((levels * records).sum() / max(int(records.sum()), 1))
