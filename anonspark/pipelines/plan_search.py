"""What a plan tells of the search: its lattice, how it will go about it, and whether it can find anything."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from anonspark.domain.classes import EquivalenceClasses, SensitiveHistograms, SizeCounts, as_arrays, size_counts
from anonspark.domain.distinct import distinct_rows
from anonspark.domain.encode import RawClasses, histograms_of, ordered_values, require_ground_distances
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.lattice import Lattice
from anonspark.domain.policy import Policy
from anonspark.frames.combinations import ClusterCombinations
from anonspark.frames.encoded import count_sizes, merged
from anonspark.measures.risk import Risk, measure_risk
from anonspark.pipelines.anonymize import checker_for, where_the_people_are
from anonspark.pipelines.cost import Cost, rough_cost
from anonspark.pipelines.faults import Faults
from anonspark.pipelines.microaggregate import require_aggregable
from anonspark.pipelines.plan_columns import UNREAD, Counted
from anonspark.pipelines.refusals import no_release, require_in_memory, require_lattice_held, require_populations
from anonspark.search.incumbent import Found
from anonspark.search.judge import NO_CODES
from anonspark.search.strategies import chosen_strategy
from anonspark.vocabulary import RecodingKind, Strategy

Combinations = RawClasses | ClusterCombinations


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """How the lattice will be searched.

    Attributes:
        nodes: Of the lattice.
        strategy: As chosen where the job says `auto`.
        recoding: Whether classes get levels of their own after that.
        checker: `in_memory` or `cluster`.
        memory_mb: What decides that, with the number of combinations.
        cost: Of the run.
    """

    nodes: int
    strategy: Strategy
    recoding: RecodingKind | None
    checker: str
    memory_mb: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """Whether there can be a release.

    Attributes:
        possible: False where no node can satisfy the models, True where the top of the lattice does, None where only
            the search will tell.
        suppressed_at_top: Records that the top of the lattice suppresses.
        limit: Most records that a release may suppress.
    """

    possible: bool | None
    suppressed_at_top: int
    limit: int


def class_sizes(raw: Combinations) -> tuple[int, SizeCounts]:
    """How many classes the raw table has, and their sizes in persons; its hierarchies are not needed for that."""
    if isinstance(raw, ClusterCombinations):
        sizes = count_sizes(merged(raw.table, raw.table.columns[: len(raw.quasi_identifiers)]))
        return sum(classes for _, classes in sizes), sizes
    class_of_row, first = distinct_rows([column.codes for column in raw.quasi_identifiers])
    if raw.persons is None:
        people = np.bincount(class_of_row, weights=raw.counts).astype(np.int64)
    else:
        people = histograms_of(class_of_row, len(first), raw.persons, raw.counts, raw.n_persons or 0).distinct()
    return len(first), size_counts(people)


def risk_of(sizes: SizeCounts, threshold: float) -> Risk:
    """Risk of classes that are told by their sizes."""
    people, classes = as_arrays(sizes)
    return measure_risk(people, threshold, classes=classes)


def check_sensitive(policy: Policy, counted: Counted, faults: Faults) -> bool:
    """Whether every sensitive attribute has the order or the tree that a model needs."""
    before = len(faults.found)
    columns = counted.columns[len(policy.quasi_identifiers) :]
    groups = {}
    for attribute, (column, records) in zip(policy.sensitive, columns, strict=True):
        if attribute.rule == UNREAD:
            return False
        with faults.caught():
            _, groups[attribute.name] = ordered_values(attribute, column, records)
    if len(faults.found) > before:
        return False
    none, no_values = np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int32)
    histograms = {
        name: SensitiveHistograms(none, no_values, none[:0], none[:0], of_values) for name, of_values in groups.items()
    }
    no_classes = EquivalenceClasses(NO_CODES, none[:0], histograms)
    alone = RawClasses((), tuple(column for column, _ in columns), none[:0], {})
    for model in policy.models:
        with faults.caught():
            require_ground_distances(replace(policy, models=(model,)), alone, no_classes)
    return len(faults.found) == before


def plan_search(raw: Combinations, n_classes: int, policy: Policy, lattice: Lattice) -> SearchPlan:
    """How the search will go about it."""
    strategy, recoding = chosen_strategy(policy.search.strategy, lattice.size), policy.search.recoding
    on_cluster = isinstance(raw, ClusterCombinations)
    cost = rough_cost(
        raw.n_records, n_classes, strategy, lattice.size, recoded=recoding is not None, on_cluster=on_cluster
    )
    where = "cluster" if on_cluster else "in_memory"
    return SearchPlan(lattice.size, strategy, recoding, where, policy.search.memory_mb, cost)


def check_search(
    raw: Combinations,
    people: Combinations | None,
    policy: Policy,
    hierarchies: Sequence[GeneralizationHierarchy],
    lattice: Lattice,
    faults: Faults,
) -> None:
    """Refuse what a search refuses before it begins."""
    n_people = (raw.n_persons if isinstance(raw, RawClasses) else None) or raw.n_records
    with faults.caught():
        require_populations(policy, n_people, people)
    with faults.caught():
        require_in_memory(policy, raw)
    with faults.caught():
        require_aggregable(policy, hierarchies, raw)
    with faults.caught():
        require_lattice_held(policy, lattice)


def plan_release(
    raw: Combinations,
    people: Combinations | None,
    policy: Policy,
    hierarchies: tuple[GeneralizationHierarchy, ...],
    lattice: Lattice,
    faults: Faults,
) -> ReleasePlan:
    """Whether there can be a release, from the classes at the top of the lattice alone.

    What must be suppressed there must be suppressed at every node. Mondrian starts there, so it needs a release there.
    """
    limit = policy.suppression_limit(raw.n_records)
    people = people if policy.needs_population else None
    _, checker = checker_for(where_the_people_are(raw, people), policy, hierarchies, lattice, limit, people)
    (top,) = checker.check([lattice.top], with_lost=False)
    none_at_all = top.unavoidable > limit or (policy.search.strategy is Strategy.MONDRIAN and top.suppressed > limit)
    if none_at_all:
        with faults.caught():
            found = Found(None, np.inf, optimal=True, bound=np.inf, nearest=top, verdicts=())
            raise no_release(policy, raw.n_records, limit, checker, found)
    possible = False if none_at_all else True if top.suppressed <= limit else None
    return ReleasePlan(possible, top.suppressed, limit)
