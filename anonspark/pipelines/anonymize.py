"""Find the least lossy release of a table and apply it; nothing is written here."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from pyspark.sql import DataFrame

from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.encode import RawClasses, bounded_lattice, build_hierarchies, encode, require_ground_distances
from anonspark.domain.hierarchy import GeneralizationHierarchy, raised_to
from anonspark.domain.lattice import Lattice
from anonspark.domain.policy import Policy
from anonspark.domain.population import population_sizes, with_population
from anonspark.domain.release import Release
from anonspark.errors import EmptyTableError
from anonspark.frames.aggregate import collect_or_keep_classes
from anonspark.frames.casts import leave_out_malformed, require_well_formed
from anonspark.frames.checker import ClusterChecker
from anonspark.frames.combinations import ClusterCombinations
from anonspark.frames.encoded import EncodedClasses, count_sizes, encode_on_cluster, hierarchies_of, sensitive_orders
from anonspark.frames.people import people_of
from anonspark.frames.persisted import persisted
from anonspark.frames.persons import PERSONS
from anonspark.frames.population import spread
from anonspark.frames.recoded import RecodedClasses
from anonspark.io.tables import ReadTable
from anonspark.pipelines.apply import apply
from anonspark.pipelines.follow import Follower
from anonspark.pipelines.microaggregate import require_aggregable, with_microaggregation
from anonspark.pipelines.microaggregate_on_cluster import microaggregated_on_cluster
from anonspark.pipelines.recode import recoded
from anonspark.pipelines.recode_on_cluster import recoded_on_cluster
from anonspark.pipelines.refusals import no_release, require_in_memory, require_lattice_held, require_populations
from anonspark.pipelines.solution import Solution, measured_release
from anonspark.search.in_memory import InMemoryChecker
from anonspark.search.incumbent import Found, Progress
from anonspark.search.strategies import find_node, judge_node


def anonymize(
    table: DataFrame,
    policy: Policy,
    follower: Follower,
    count_people: Callable[[ExitStack], RawClasses | ClusterCombinations] | None = None,
) -> tuple[DataFrame, Solution]:
    """The least lossy release that satisfies the policy; one pass over the table now, one when the release is written.

    Args:
        table: The raw table; rows that are marked as malformed are left out.
        policy: What to protect and how.
        follower: Told of every step.
        count_people: The combinations of a population table, where a model asks for it; freed with the stack.

    Raises:
        NoReleaseError: No lattice node satisfies the policy.
    """
    with ExitStack() as held:
        raw = count_classes(table, policy, follower, held)
        population = None if count_people is None else count_people(held)
        solution = solve(raw, policy, follower, population)
        kept = leave_out_malformed(table)
        return apply(kept, policy, solution.release, solution.safe_classes, solution.recoded), solution


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
    raw = collect_or_keep_classes(table, policy.names, sensitive, policy.search.memory_mb << 20, held, policy.person_id)
    if not raw.n_records and not any(raw.malformed.values()):
        raise EmptyTableError("that was read")
    return raw


def count_population(
    population: ReadTable, policy: Policy, follower: Follower, held: ExitStack
) -> RawClasses | ClusterCombinations:
    """The combinations of quasi-identifiers in a population table.

    Raises:
        MalformedCellsError: Cells that the schema cannot cast.
    """
    follower.enter("classes", "counting the population")
    counted = collect_or_keep_classes(population.flagged, policy.names, [], policy.search.memory_mb << 20, held)
    require_well_formed(counted.malformed)
    return counted


def solve(
    raw: RawClasses | ClusterCombinations,
    policy: Policy,
    follower: Follower,
    population: RawClasses | ClusterCombinations | None = None,
    levels: Mapping[str, int] | None = None,
) -> Solution:
    """Search the lattice; no Spark from here on, unless the combinations stayed on the cluster.

    Where levels are given nothing is searched: these are judged, whatever they suppress.

    Raises:
        ConfigurationError: A model asks for a population that is not there, or smaller than the table.
        EmptyTableError: There are no records.
        NoReleaseError: No lattice node satisfies the policy.
    """
    if not raw.n_records:
        raise EmptyTableError("that was read")
    require_populations(policy, raw.n_persons or raw.n_records, population)
    people = population if policy.needs_population else None
    raw = where_the_people_are(raw, people)
    require_in_memory(policy, raw)
    in_memory = isinstance(raw, RawClasses)
    follower.enter("search", f"{raw.n_records:,} records, on the {'driver' if in_memory else 'cluster'}")
    hierarchies = build_hierarchies(policy, raw) if isinstance(raw, RawClasses) else hierarchies_of(policy, raw)
    if levels is not None:
        hierarchies = tuple(raised_to(hierarchy, levels[hierarchy.attribute]) for hierarchy in hierarchies)
    require_aggregable(policy, hierarchies, raw)
    lattice = bounded_lattice(policy, hierarchies)
    limit = raw.n_records
    if levels is None:
        require_lattice_held(policy, lattice)
        limit = policy.suppression_limit(raw.n_records)
    classes, checker = checker_for(raw, policy, hierarchies, lattice, limit, people)

    found = _found(checker, policy, follower, levels)
    if found.best is None:
        raise no_release(policy, raw.n_records, limit, checker, found)
    at_node, safe_classes = checker.classes_at(found.best.node), None
    if at_node is None and isinstance(raw, ClusterCombinations) and isinstance(checker, ClusterChecker):
        safe_classes = raw.held.enter_context(persisted(checker.safe_classes_at(found.best.node)))
    measured = measured_release(policy, hierarchies, checker, found, found.best, at_node)
    if safe_classes is not None:
        measured = replace(measured, kept_on_cluster=tuple(count_sizes(safe_classes)))
        if policy.person_id is not None:
            measured = replace(measured, kept_persons_on_cluster=tuple(count_sizes(safe_classes, PERSONS)))
    if isinstance(people, RawClasses) and safe_classes is None and isinstance(classes, EquivalenceClasses):
        # Counted again, not taken from the search.
        sizes = population_sizes(people, policy, hierarchies, measured.node, measured.codes)
        measured = replace(measured, population=sizes)
    measured, recoded_there = _treated(measured, raw, classes, checker, policy, follower)
    follower.leave()
    return Solution(measured, raw, classes, found, checker, safe_classes, people, recoded_there)


def _found(
    checker: InMemoryChecker | ClusterChecker, policy: Policy, follower: Follower, levels: Mapping[str, int] | None
) -> Found:
    """The best node, or what is to be said of the levels that are given."""
    if levels is not None:
        return judge_node(checker, tuple(levels[name] for name in checker.names), policy.metric)

    def tell(progress: Progress) -> None:
        best = "none yet" if progress.best is None else f"{progress.best:.6g}"
        follower.report(
            f"best {best}, {progress.open_nodes:,} nodes open", 1 - progress.open_nodes / checker.lattice.size
        )

    return find_node(
        policy.search.strategy, checker, policy.metric, time_limit_s=policy.search.time_limit_s, on_progress=tell
    )


def _treated(
    at_node: Release,
    raw: RawClasses | ClusterCombinations,
    classes: EquivalenceClasses | EncodedClasses,
    checker: InMemoryChecker | ClusterChecker,
    policy: Policy,
    follower: Follower,
) -> tuple[Release, tuple[RecodedClasses, EncodedClasses] | None]:
    """The release after local recoding and micro-aggregation, as far as the policy asks for them."""
    kind, found, there = policy.search.recoding, at_node, None
    if isinstance(classes, EquivalenceClasses):
        if kind is not None:
            found = recoded(at_node, classes, policy, checker.lattice, kind, follower)
        if policy.microaggregations:
            found = with_microaggregation(found, classes, policy)
    elif isinstance(raw, ClusterCombinations) and isinstance(checker, ClusterChecker):
        table = None
        if kind is not None:
            found, table = recoded_on_cluster(at_node, classes, checker, policy, kind, follower, raw.held)
        if policy.microaggregations:
            found, table = microaggregated_on_cluster(found, table, classes, checker, policy, raw.held)
        there = None if table is None else (table, classes)
    return found, there


def where_the_people_are(
    raw: RawClasses | ClusterCombinations, people: RawClasses | ClusterCombinations | None
) -> RawClasses | ClusterCombinations:
    """The combinations, brought to the cluster if those of the population are there."""
    if isinstance(raw, RawClasses) and isinstance(people, ClusterCombinations):
        return spread(raw, people.table.sparkSession, people.held.enter_context(ExitStack()))
    return raw


def checker_for(
    raw: RawClasses | ClusterCombinations,
    policy: Policy,
    hierarchies: tuple[GeneralizationHierarchy, ...],
    lattice: Lattice,
    limit: int,
    people: RawClasses | ClusterCombinations | None = None,
) -> tuple[EquivalenceClasses | EncodedClasses, InMemoryChecker | ClusterChecker]:
    """The raw classes and what judges nodes on them, where the combinations are.

    Raises:
        HierarchyError: An ordered or hierarchical sensitive attribute without an order or a tree.
    """
    weights = [attribute.weight for attribute in policy.quasi_identifiers]
    if isinstance(raw, RawClasses) and not isinstance(people, ClusterCombinations):
        classes = encode(raw, policy, hierarchies)
        require_ground_distances(policy, raw, classes)
        checker = InMemoryChecker(
            classes if people is None else with_population(classes, people, policy, hierarchies),
            hierarchies,
            policy.models,
            lattice,
            limit,
            release_models=policy.release_models,
            weights=weights,
        )
        return classes, checker
    if isinstance(raw, RawClasses):
        raise TypeError("the combinations of a table must be where those of its population are")
    find_people = None
    if people is not None:
        find_people = partial(people_of, people, policy, hierarchies, spark=raw.table.sparkSession)
    encoded = encode_on_cluster(raw, hierarchies, sensitive_orders(policy, raw), weights, find_people)
    cache_bytes = policy.search.memory_mb << 20
    checker_there = ClusterChecker(
        encoded,
        hierarchies,
        policy.models,
        lattice,
        limit,
        release_models=policy.release_models,
        cache_bytes=cache_bytes,
    )
    return encoded, checker_there
