"""Find the least lossy release of a table and apply it; nothing is written here."""

from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np
from pyspark.sql import DataFrame

from anonspark.domain.arrays import BoolArray
from anonspark.domain.classes import EquivalenceClasses, SizeCounts, size_counts
from anonspark.domain.encode import RawClasses, bounded_lattice, build_hierarchies, encode, require_ground_distances
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.lattice import Lattice
from anonspark.domain.policy import Policy
from anonspark.domain.release import Release
from anonspark.errors import EmptyTableError, NoReleaseError, TooManyClassesError
from anonspark.frames.aggregate import collect_or_keep_classes
from anonspark.frames.casts import leave_out_malformed
from anonspark.frames.checker import ClusterChecker
from anonspark.frames.combinations import ClusterCombinations
from anonspark.frames.encoded import EncodedClasses, count_sizes, encode_on_cluster, hierarchies_of, sensitive_orders
from anonspark.frames.persisted import persisted
from anonspark.frames.release import Generalization, release
from anonspark.measures.utility import BY_LEVEL, attribute_costs, average_class_size, discernibility, whole
from anonspark.models.k_anonymity import KAnonymity
from anonspark.pipelines.follow import Follower
from anonspark.search.checker import NodeChecker, NodeVerdict
from anonspark.search.in_memory import NO_CODES, InMemoryChecker
from anonspark.search.objectives import objective_of
from anonspark.search.optimal import Found, OptimalSearch, Progress
from anonspark.vocabulary import Metric

BYTES_A_NODE = 32
"""Bounds, orders and the list of open nodes that the exact search keeps."""

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
    """

    release: Release
    raw: RawClasses | ClusterCombinations
    classes: EquivalenceClasses | EncodedClasses
    found: Found
    checker: InMemoryChecker | ClusterChecker
    safe_classes: DataFrame | None = None


def anonymize(table: DataFrame, policy: Policy, follower: Follower) -> tuple[DataFrame, Solution]:
    """The least lossy release that satisfies the policy; one pass over the table now, one when the release is written.

    Args:
        table: The raw table; rows that are marked as malformed are left out.
        policy: What to protect and how.
        follower: Told of every step.

    Raises:
        NoReleaseError: No lattice node satisfies the policy.
    """
    with ExitStack() as held:
        raw = count_classes(table, policy, follower, held)
        solution = solve(raw, policy, follower)
        return apply(leave_out_malformed(table), policy, solution.release, solution.safe_classes), solution


def count_classes(
    table: DataFrame, policy: Policy, follower: Follower, held: ExitStack
) -> RawClasses | ClusterCombinations:
    """The table's combinations of quasi-identifiers and sensitive attributes.

    Args:
        table: The raw table, malformed rows marked.
        policy: Which columns, and how much memory the combinations may take on the driver.
        follower: Told of the step.
        held: Frees what stays on the cluster, combinations and what is made of them, when it is closed.

    Raises:
        EmptyTableError: It has no rows.
    """
    follower.enter("classes", "counting equivalence classes")
    sensitive = [attribute.name for attribute in policy.sensitive]
    raw = collect_or_keep_classes(table, policy.names, sensitive, policy.search.memory_mb << 20, held)
    if not raw.n_records and not any(raw.malformed.values()):
        raise EmptyTableError("that was read")
    return raw


def solve(raw: RawClasses | ClusterCombinations, policy: Policy, follower: Follower) -> Solution:
    """Search the lattice; no Spark from here on, unless the combinations stayed on the cluster.

    Raises:
        EmptyTableError: There are no records.
        NoReleaseError: No lattice node satisfies the policy.
    """
    if not raw.n_records:
        raise EmptyTableError("that was read")
    in_memory = isinstance(raw, RawClasses)
    follower.enter("search", f"{raw.n_records:,} records, on the {'driver' if in_memory else 'cluster'}")
    hierarchies = build_hierarchies(policy, raw) if isinstance(raw, RawClasses) else hierarchies_of(policy, raw)
    lattice = bounded_lattice(policy, hierarchies)
    if lattice.size * BYTES_A_NODE > policy.search.memory_mb << 20:
        raise TooManyClassesError(
            f"The lattice has {lattice.size:,} nodes, more than an exact search holds in search.memory_mb = "
            f"{policy.search.memory_mb}. Raise min_level or lower max_level of attributes, or use fewer of them.",
            field="search.strategy",
        )
    limit = policy.suppression_limit(raw.n_records)
    classes, checker = checker_for(raw, policy, hierarchies, lattice, limit)

    def tell(progress: Progress) -> None:
        best = "none yet" if progress.best is None else f"{progress.best:.6g}"
        follower.report(f"best {best}, {progress.open_nodes:,} nodes open", 1 - progress.open_nodes / lattice.size)

    search = OptimalSearch(
        checker, objective_of(policy.metric, checker), time_limit_s=policy.search.time_limit_s, on_progress=tell
    )
    found = search.run()
    if found.best is None:
        raise _no_release(policy, raw.n_records, limit, checker, found.nearest)
    at_node, safe_classes = checker.classes_at(found.best.node), None
    if at_node is None and isinstance(raw, ClusterCombinations) and isinstance(checker, ClusterChecker):
        safe_classes = raw.held.enter_context(persisted(checker.safe_classes_at(found.best.node)))
    measured = _measured(policy, hierarchies, checker, found, found.best, at_node)
    if safe_classes is not None:
        measured = replace(measured, kept_on_cluster=tuple(count_sizes(safe_classes)))
    follower.leave()
    return Solution(measured, raw, classes, found, checker, safe_classes)


def input_size_counts(solution: Solution) -> SizeCounts:
    """Sizes of the raw classes, wherever they are."""
    classes = solution.classes
    return size_counts(classes.sizes) if isinstance(classes, EquivalenceClasses) else classes.sizes


def checker_for(
    raw: RawClasses | ClusterCombinations,
    policy: Policy,
    hierarchies: tuple[GeneralizationHierarchy, ...],
    lattice: Lattice,
    limit: int,
) -> tuple[EquivalenceClasses | EncodedClasses, InMemoryChecker | ClusterChecker]:
    """The raw classes and what judges nodes on them, where the combinations are.

    Raises:
        HierarchyError: An ordered or hierarchical sensitive attribute without an order or a tree.
    """
    weights = [attribute.weight for attribute in policy.quasi_identifiers]
    if isinstance(raw, RawClasses):
        classes = encode(raw, policy, hierarchies)
        require_ground_distances(policy, raw, classes)
        return classes, InMemoryChecker(classes, hierarchies, policy.models, lattice, limit, weights=weights)
    encoded = encode_on_cluster(raw, hierarchies, sensitive_orders(policy, raw), weights)
    cache_bytes = policy.search.memory_mb << 20
    return encoded, ClusterChecker(encoded, hierarchies, policy.models, lattice, limit, cache_bytes=cache_bytes)


def apply(table: DataFrame, policy: Policy, chosen: Release, safe_classes: DataFrame | None = None) -> DataFrame:
    """The release of a table at the chosen node; lazy. `safe_classes` as in `Solution`."""
    generalizations = []
    for hierarchy, level in zip(chosen.hierarchies, chosen.node, strict=True):
        known = np.flatnonzero(~hierarchy.unknown)
        labels = hierarchy.label_of_each_leaf(level)
        one_group = len(hierarchy.labels[level]) == 1 and not hierarchy.unknown.any()
        generalizations.append(
            Generalization(
                attribute=hierarchy.attribute,
                leaves=[hierarchy.leaves[leaf] for leaf in known],
                labels=[labels[leaf] for leaf in known],
                groups=hierarchy.groups[level][known],
                constant=hierarchy.labels[level][0] if one_group else None,
            )
        )
    return release(
        table,
        generalizations,
        np.ascontiguousarray(chosen.codes[:, chosen.safe]) if safe_classes is None else safe_classes,
        policy.identifiers,
        suppression=policy.suppression,
        identifier_treatment=policy.identifier_treatment,
    )


def _measured(
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
    metrics: dict[str, float] = {metric: whole(metric, leaves, of_metric) for metric, of_metric in costs.items()}
    metrics[Metric.DISCERNIBILITY] = discernibility(best.kept_squares, lost.records, leaves.n_records)
    metrics[Metric.AVERAGE_CLASS_SIZE] = average_class_size(best.kept_classes, lost.records, leaves.n_records)
    return Release(
        node=node,
        hierarchies=hierarchies,
        codes=classes.codes,
        sizes=classes.sizes,
        safe=safe,
        n_records=leaves.n_records,
        metric=policy.metric,
        score=found.score,
        optimal=found.optimal,
        metrics=metrics,
        per_attribute={metric: dict(zip(checker.names, of_metric, strict=True)) for metric, of_metric in costs.items()},
    )


def _no_release(
    policy: Policy, n_records: int, limit: int, checker: NodeChecker, nearest: NodeVerdict | None
) -> NoReleaseError:
    """The error that says how near the nearest node came."""
    needed = max((model.k for model in policy.models if isinstance(model, KAnonymity)), default=0)
    if needed > n_records:
        return NoReleaseError(f"k = {needed} needs {needed:,} records, and the table has {n_records:,}; lower k.")
    if nearest is None:
        return NoReleaseError("No lattice node satisfies the policy; loosen the models or raise max_suppression.")
    # Rounded up, so that who follows the advice gets the release.
    decimals = 10 ** len(str(n_records))
    share = -(-nearest.suppressed * decimals // n_records) / decimals
    return NoReleaseError(
        f"No lattice node satisfies the policy with at most {limit:,} suppressed records; the nearest suppresses "
        f"{nearest.suppressed:,} of {n_records:,}. Set max_suppression to at least {share}, or loosen the models.",
        {
            "levels": dict(zip(checker.names, nearest.node, strict=True)),
            "suppressed": nearest.suppressed,
            "limit": limit,
            "max_suppression": share,
        },
    )
