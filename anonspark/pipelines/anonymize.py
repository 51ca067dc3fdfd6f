"""Find the least lossy release of a table and apply it; nothing is written here."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pyspark.sql import DataFrame

from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.encode import RawClasses, bounded_lattice, build_hierarchies, encode, require_ground_distances
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.lattice import Node
from anonspark.domain.policy import Policy
from anonspark.domain.population import population_sizes, with_population
from anonspark.domain.recoding import Recoding
from anonspark.domain.release import Release
from anonspark.errors import ConfigurationError, EmptyTableError, NoReleaseError, TooManyClassesError
from anonspark.frames.aggregate import collect_classes
from anonspark.frames.casts import leave_out_malformed, require_well_formed
from anonspark.frames.release import Generalization, release
from anonspark.io.tables import ReadTable
from anonspark.measures.utility import BY_LEVEL, attribute_costs, average_class_size, discernibility, whole
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.population_uniqueness import PopulationUniqueness
from anonspark.pipelines.follow import Follower
from anonspark.pipelines.recode import recoded
from anonspark.search.checker import NodeVerdict
from anonspark.search.in_memory import InMemoryChecker
from anonspark.search.incumbent import Found, Progress
from anonspark.search.strategies import chosen_strategy, find_node
from anonspark.vocabulary import Metric, Strategy

BYTES_A_NODE = 32
"""Bounds, orders and the list of open nodes that the exact search keeps."""


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A release with what led to it.

    Attributes:
        release: The node and its classes.
        raw: The table's combinations.
        classes: The raw classes, with codes of leaves.
        found: What the search saw.
        checker: Which judged the nodes.
    """

    release: Release
    raw: RawClasses
    classes: EquivalenceClasses
    found: Found
    checker: InMemoryChecker


def anonymize(
    table: DataFrame, policy: Policy, follower: Follower, population: RawClasses | None = None
) -> tuple[DataFrame, Solution]:
    """The least lossy release that satisfies the policy; one pass over the table now, one when the release is written.

    Args:
        table: The raw table; rows that are marked as malformed are left out.
        policy: What to protect and how.
        follower: Told of every step.
        population: The combinations of a population table, where a model asks for it.

    Raises:
        NoReleaseError: No lattice node satisfies the policy.
    """
    raw = count_classes(table, policy, follower)
    solution = solve(raw, policy, follower, population)
    return apply(leave_out_malformed(table), policy, solution.release), solution


def count_classes(table: DataFrame, policy: Policy, follower: Follower) -> RawClasses:
    """The table's combinations of quasi-identifiers and sensitive attributes.

    Raises:
        EmptyTableError: It has no rows.
    """
    follower.enter("classes", "counting equivalence classes")
    sensitive = [attribute.name for attribute in policy.sensitive]
    raw = collect_classes(table, policy.names, sensitive, policy.search.memory_mb << 20)
    if not raw.n_records and not any(raw.malformed.values()):
        raise EmptyTableError("that was read")
    return raw


def count_population(population: ReadTable, policy: Policy, follower: Follower) -> RawClasses:
    """The combinations of quasi-identifiers in a population table.

    Raises:
        MalformedCellsError: Cells that the schema cannot cast.
    """
    follower.enter("classes", "counting the population")
    counted = collect_classes(population.flagged, policy.names, [], policy.search.memory_mb << 20)
    require_well_formed(counted.malformed)
    return counted


def solve(raw: RawClasses, policy: Policy, follower: Follower, population: RawClasses | None = None) -> Solution:
    """Search the lattice; no Spark from here on.

    Raises:
        ConfigurationError: A model asks for a population that is not there, or smaller than the table.
        EmptyTableError: There are no records.
        NoReleaseError: No lattice node satisfies the policy.
    """
    if not raw.n_records:
        raise EmptyTableError("that was read")
    _require_populations(policy, raw, population)
    follower.enter("search", f"{len(raw.counts):,} combinations of {raw.n_records:,} records")
    hierarchies = build_hierarchies(policy, raw)
    lattice = bounded_lattice(policy, hierarchies)
    exact = chosen_strategy(policy.search.strategy, lattice.size) is Strategy.OPTIMAL
    if exact and lattice.size * BYTES_A_NODE > policy.search.memory_mb << 20:
        raise TooManyClassesError(
            f"The lattice has {lattice.size:,} nodes, more than an exact search holds in search.memory_mb = "
            f"{policy.search.memory_mb}. Take strategy: auto, or narrow min_level and max_level of attributes.",
            field="search.strategy",
        )
    classes = encode(raw, policy, hierarchies)
    require_ground_distances(policy, raw, classes)
    limit = policy.suppression_limit(raw.n_records)
    weights = [attribute.weight for attribute in policy.quasi_identifiers]
    people = population if policy.needs_population else None
    checker = InMemoryChecker(
        classes if people is None else with_population(classes, people, policy, hierarchies),
        hierarchies,
        policy.models,
        lattice,
        limit,
        release_models=policy.release_models,
        weights=weights,
    )

    def tell(progress: Progress) -> None:
        best = "none yet" if progress.best is None else f"{progress.best:.6g}"
        follower.report(f"best {best}, {progress.open_nodes:,} nodes open", 1 - progress.open_nodes / lattice.size)

    found = find_node(
        policy.search.strategy,
        checker,
        policy.metric,
        time_limit_s=policy.search.time_limit_s,
        on_progress=tell,
    )
    if found.best is None:
        raise _no_release(policy, raw.n_records, limit, checker, found.nearest)
    measured = _measured(policy, hierarchies, checker, found, found.best.node, people)
    if policy.search.recoding is not None:
        measured = recoded(measured, classes, policy, lattice, policy.search.recoding, follower)
    follower.leave()
    return Solution(measured, raw, classes, found, checker)


def apply(table: DataFrame, policy: Policy, chosen: Release) -> DataFrame:
    """The release of a table; lazy."""
    if chosen.recoding is not None:
        return _apply_recoding(table, policy, chosen.hierarchies, chosen.recoding)
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
        np.ascontiguousarray(chosen.codes[:, chosen.safe]),
        policy.identifiers,
        suppression=policy.suppression,
        identifier_treatment=policy.identifier_treatment,
    )


def _apply_recoding(
    table: DataFrame, policy: Policy, hierarchies: Sequence[GeneralizationHierarchy], recoding: Recoding
) -> DataFrame:
    """Raw classes are looked up one by one, each with its own labels."""
    generalizations = []
    for hierarchy in hierarchies:
        known = np.flatnonzero(~hierarchy.unknown)
        leaves = [hierarchy.leaves[leaf] for leaf in known]
        generalizations.append(Generalization(hierarchy.attribute, leaves, leaves, known.astype(np.int32)))
    return release(
        table,
        generalizations,
        np.ascontiguousarray(recoding.raw_codes[:, recoding.released]),
        policy.identifiers,
        suppression=policy.suppression,
        identifier_treatment=policy.identifier_treatment,
        labels_of_classes=[recoding.label_of_each_class(axis) for axis in range(len(hierarchies))],
    )


def _require_populations(policy: Policy, raw: RawClasses, population: RawClasses | None) -> None:
    """Refuse to judge by a population that is not there, or of which the table cannot be a sample."""
    if policy.needs_population and population is None:
        raise ConfigurationError([("population", "is missing; a model counts its people, so name its table.")])
    for model in policy.release_models:
        if isinstance(model, PopulationUniqueness) and model.population_size < raw.n_records:
            sentence = (
                f"has a population_size of {model.population_size:,}, and the table alone has {raw.n_records:,} "
                "records; name the number of people that it could be about."
            )
            raise ConfigurationError([("privacy", sentence)])


def _measured(
    policy: Policy,
    hierarchies: tuple[GeneralizationHierarchy, ...],
    checker: InMemoryChecker,
    found: Found,
    node: Node,
    people: RawClasses | None,
) -> Release:
    """The release at a node, with every metric; its people are counted again, not taken from the search."""
    at_node, safe = checker.classes_at(node)
    lost, leaves = checker.lost_at(node), checker.leaves
    kept = at_node.sizes[safe]
    costs = {metric: attribute_costs(metric, leaves, lost, node) for metric in BY_LEVEL}
    metrics: dict[str, float] = {
        metric: whole(metric, leaves.weights, of_metric) for metric, of_metric in costs.items()
    }
    squares = float(np.square(kept, dtype=np.float64).sum())
    metrics[Metric.DISCERNIBILITY] = discernibility(squares, lost.records, leaves.n_records)
    metrics[Metric.AVERAGE_CLASS_SIZE] = average_class_size(len(kept), lost.records, leaves.n_records)
    return Release(
        node=node,
        hierarchies=hierarchies,
        codes=at_node.codes,
        sizes=at_node.sizes,
        safe=safe,
        n_records=leaves.n_records,
        metric=policy.metric,
        score=found.score,
        optimal=found.optimal,
        metrics=metrics,
        per_attribute={metric: dict(zip(checker.names, of_metric, strict=True)) for metric, of_metric in costs.items()},
        population=None if people is None else population_sizes(people, policy, hierarchies, node, at_node.codes),
    )


def _no_release(
    policy: Policy, n_records: int, limit: int, checker: InMemoryChecker, nearest: NodeVerdict | None
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
