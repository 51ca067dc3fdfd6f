"""The job `validate`: whether a table, as it is, satisfies privacy models, and where it does not."""

from contextlib import ExitStack
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

import numpy as np
from pyspark.sql import DataFrame

from anonspark.config.validate import ValidateJob
from anonspark.domain.as_is import classes_as_they_are
from anonspark.domain.classes import EquivalenceClasses, SizeCounts, size_counts
from anonspark.domain.encode import RawClasses, require_ground_distances
from anonspark.domain.model import Demand, PrivacyModel, ReleaseModel
from anonspark.domain.policy import Policy
from anonspark.frames.as_is import count_records, count_sizes_and_rows, suppressed_rows, without_suppressed
from anonspark.frames.combinations import ClusterCombinations, values_of
from anonspark.frames.encoded import sensitive_orders, without_classes
from anonspark.frames.population import spread
from anonspark.frames.verdicts import DemandTotals, FailedClass, collect_worst, count_totals, judged_classes
from anonspark.io.failures import storage_errors
from anonspark.io.hierarchies import read_hierarchy_rows
from anonspark.io.manifest import append_rows
from anonspark.models.verdicts import demands_of, verdicts
from anonspark.pipelines.attempt import Attempt, Outcome
from anonspark.pipelines.count import Combinations, Counted, as_rows, count_population, count_table
from anonspark.pipelines.record import histogram_rows
from anonspark.pipelines.refusals import require_samples
from anonspark.pipelines.summary import Summary

MOST_VIOLATIONS: Final = 100
"""So many are told, the worst first; how many there are is told too."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How a table stands to its models.

    Attributes:
        suppressed: Rows that are in no class.
        sizes: Of its classes, in persons.
        rows: Of all classes of a size, by size.
        totals: One a demand, in the order of `demands_of`.
        worst: Classes that a model forbids, those that miss a demand the furthest first; at most `MOST_VIOLATIONS`.
    """

    suppressed: int
    sizes: SizeCounts
    rows: dict[int, int]
    totals: list[DemandTotals]
    worst: list[FailedClass]


def validate_table(job: ValidateJob, attempt: Attempt) -> Outcome:
    """Count the classes of the table once and hold them against every model.

    Raises:
        HierarchyError: An ordered or hierarchical distance without an order or a tree.
        TooManyClassesError: The distinct values of the sensitive attributes do not fit the driver.
    """
    follower = attempt.follower
    policy = job.to_policy(lambda uri, sep: read_hierarchy_rows(attempt.spark, uri, sep))
    with ExitStack() as held:
        sensitive = tuple(each.name for each in policy.sensitive)
        table = count_table(job.source(), job, attempt, held, sensitive=sensitive, person=job.person_id)
        population = count_population(job, attempt, held) if policy.needs_population else None
        follower.enter("classes", "judging classes")
        judged = judge_table(table, job, policy, attempt, population, held)
    require_samples(policy, sum(size * classes for size, classes in judged.sizes))
    of_release = [release_violation(model, judged) for model in policy.release_models]
    violations = [class_violation(found, policy) for found in judged.worst]
    told = [*filter(None, of_release), *violations][:MOST_VIOLATIONS]
    n_violations = sum(each.classes for each in judged.totals) + sum(each is not None for each in of_release)
    follower.enter("publish", "recording the run")
    with storage_errors(attempt.metadata_uri, "metadata"):
        append_rows(attempt.tables, "class_histogram", attempt.run_id, histogram_rows("input", judged.sizes))
    return Outcome(
        told={
            "quasi_identifiers": list(job.names),
            "is_valid": not n_violations,
            "violations": told,
            "violations_left_out": n_violations - len(told),
            "statistics": statistics(table, judged, policy),
        },
        warnings=table.warnings,
        input_rows=table.n_records,
        input_version=table.version,
    )


def judge_table(
    table: Counted,
    job: ValidateJob,
    policy: Policy,
    attempt: Attempt,
    population: Combinations | None,
    held: ExitStack,
) -> Judged:
    """Judge the classes where they are; on the cluster if those of the population are there."""
    combinations = table.combinations
    if isinstance(combinations, RawClasses):
        if not isinstance(population, DataFrame):
            found = classes_as_they_are(combinations, policy, job.suppress_value, population)
            require_ground_distances(policy, combinations, found.classes)
            return judged_on_driver(found.classes, found.suppressed, policy)
        combinations = spread(combinations, attempt.spark, held).table
    people = None if population is None else as_rows(population, attempt)
    return judged_on_cluster(combinations, table, job, policy, people)


def judged_on_driver(classes: EquivalenceClasses, suppressed: int, policy: Policy) -> Judged:
    """A table whose combinations fit the driver."""
    sizes, people = classes.sizes, classes.people
    of_size, size_of_class = np.unique(people, return_inverse=True)
    rows = np.bincount(size_of_class, weights=sizes).astype(np.int64)
    demands = demands_of(policy.models)
    if not classes.n_classes:
        return Judged(suppressed, [], {}, [DemandTotals(None, 0, 0)] * len(demands), [])
    found = verdicts(policy.models, classes)
    totals, worst = [], []
    for place, ((_, demand), verdict) in enumerate(zip(demands, found, strict=True)):
        extreme = verdict.observed.min() if demand.at_least else verdict.observed.max()
        failed = np.flatnonzero(verdict.failed)
        totals.append(DemandTotals(float(extreme), len(failed), int(sizes[failed].sum())))
        first = np.lexsort((-sizes[failed], -people[failed], -verdict.shortfall[failed]))[:MOST_VIOLATIONS]
        worst += [
            FailedClass(
                place,
                int(people[row]),
                int(sizes[row]),
                float(verdict.observed[row]),
                float(verdict.shortfall[row]),
            )
            for row in failed[first]
        ]
    worst.sort(key=lambda each: (-each.shortfall, -each.class_size, each.demand, -each.rows))
    by_size = dict(zip(of_size.tolist(), rows.tolist(), strict=True))
    return Judged(suppressed, size_counts(people), by_size, totals, worst[:MOST_VIOLATIONS])


def judged_on_cluster(
    rows: DataFrame, table: Counted, job: ValidateJob, policy: Policy, population: DataFrame | None
) -> Judged:
    """A table whose combinations stay on the cluster."""
    n_attributes = len(job.names)
    names = {f"s{place}": each.name for place, each in enumerate(policy.sensitive)}
    values = values_of(rows, names, table.types, job.memory_mb << 20) if names else []
    orders = sensitive_orders(policy, ClusterCombinations((), tuple(values), {}, rows, ExitStack()))
    kept = without_suppressed(rows, n_attributes, job.suppress_value)
    suppressed = count_records(suppressed_rows(rows, n_attributes, job.suppress_value))
    counts = count_sizes_and_rows(kept, n_attributes)
    judged = judged_classes(kept, n_attributes, policy.models, orders, without_classes(orders, values), population)
    totals = count_totals(judged, policy.models)
    worst = collect_worst(judged, MOST_VIOLATIONS) if any(each.classes for each in totals) else []
    sizes = [(people, classes) for people, classes, _ in counts]
    return Judged(suppressed, sizes, {people: rows for people, _, rows in counts}, totals, worst)


def class_violation(found: FailedClass, policy: Policy) -> Summary:
    """A class that a model forbids, without its values."""
    model, demand = demands_of(policy.models)[found.demand]
    return {
        **named(model, demand),
        "class_size": found.class_size,
        "required": demand.required,
        "observed": told_number(found.observed),
        "rows": found.rows,
    }


def release_violation(model: ReleaseModel, judged: Judged) -> Summary | None:
    """A model of the whole table that it does not satisfy, with the rows that it would have to give up."""
    if not judged.sizes:
        return None
    smallest = model.smallest_kept(judged.sizes)
    if smallest <= judged.sizes[0][0]:
        return None
    return {
        **named(model, model.demand),
        "class_size": None,
        "required": model.demand.required,
        "observed": told_number(model.observed(judged.sizes)),
        "rows": sum(rows for size, rows in judged.rows.items() if size < smallest),
    }


def statistics(table: Counted, judged: Judged, policy: Policy) -> Summary:
    """The classes of the table, and the worst of them for every demand."""
    n_classes = sum(classes for _, classes in judged.sizes)
    n_people = sum(size * classes for size, classes in judged.sizes)
    of_classes = [
        {
            **named(model, demand),
            "required": demand.required,
            "worst": told_number(totals.worst),
            "classes": totals.classes,
            "rows": totals.rows,
        }
        for (model, demand), totals in zip(demands_of(policy.models), judged.totals, strict=True)
    ]
    of_release = [
        {
            **named(model, model.demand),
            "required": model.demand.required,
            "worst": told_number(model.observed(judged.sizes)),
            "classes": None,
            "rows": (release_violation(model, judged) or {"rows": 0})["rows"],
        }
        for model in policy.release_models
    ]
    return {
        "rows": table.n_records,
        "suppressed": judged.suppressed,
        "classes": n_classes,
        "smallest": judged.sizes[0][0] if judged.sizes else 0,
        "largest": judged.sizes[-1][0] if judged.sizes else 0,
        "average": n_people / n_classes if n_classes else 0.0,
        "models": [*of_classes, *of_release],
    }


def named(model: PrivacyModel | ReleaseModel, demand: Demand) -> dict[str, Any]:
    """A demand by its model, what the model protects, and what it measures."""
    return {"model": str(model.name), "attribute": getattr(model, "attribute", None), "measure": demand.measure}


def told_number(value: float | None) -> float | None:
    """A number as JSON has it; none for what is past all bounds, and where there is no class."""
    return None if value is None or not isfinite(value) else value
