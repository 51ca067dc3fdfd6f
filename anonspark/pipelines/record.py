"""What a finished run leaves in the metadata tables beside its states."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from anonspark.domain.classes import SizeCounts
from anonspark.domain.policy import Policy
from anonspark.domain.rules import DerivedRule
from anonspark.io.manifest import append_rows
from anonspark.io.metadata_tables import MetadataTables
from anonspark.measures.risk import Risk
from anonspark.measures.uniqueness import PopulationUniques
from anonspark.pipelines.saved import derived_rules
from anonspark.pipelines.solution import Solution, input_size_counts, released_size_counts

Row = Mapping[str, Any]


def record_solution(
    tables: MetadataTables,
    run_id: str,
    policy: Policy,
    solution: Solution,
    risks: tuple[Risk, Risk],
    described: Mapping[str, Any],
) -> None:
    """Append the solution and everything measured; a repeat changes nothing.

    Args:
        tables: Where to.
        run_id: Whose.
        policy: What was asked.
        solution: What was found.
        risks: Of the input and of the release.
        described: Attributes, rules and models as the job names them.
    """
    chosen = solution.release
    found = {
        "solution": {
            "derived": derived_labels(policy, solution),
            "derived_rules": derived_rules(policy, solution.raw),
            **described,
        },
        "levels": chosen.levels,
        "metric": str(chosen.metric),
        "score": chosen.score,
        "optimal": chosen.optimal,
    }
    append_rows(tables, "solutions", run_id, [found])
    append_rows(tables, "lattice_nodes", run_id, node_rows(solution))
    append_rows(tables, "class_histogram", run_id, histogram_rows("input", input_size_counts(solution)))
    append_rows(tables, "class_histogram", run_id, histogram_rows("release", released_size_counts(solution)), step=2)
    rows = [*risk_rows("input", risks[0]), *risk_rows("release", risks[1])]
    append_rows(tables, "risk", run_id, rows)
    append_rows(tables, "utility", run_id, utility_rows(solution))


def node_rows(solution: Solution) -> Iterator[Row]:
    """Every node that was checked on its own, with what it came to."""
    limit, names = solution.checker.limit, solution.checker.names
    for verdict, score in solution.found.verdicts:
        yield {
            "levels": dict(zip(names, verdict.node, strict=True)),
            "checked": True,
            "satisfied": verdict.suppressed <= limit,
            "suppressed": verdict.suppressed,
            "score": score,
        }


def histogram_rows(subject: str, counts: SizeCounts) -> Iterator[Row]:
    """Class sizes, in persons, and how many classes have each."""
    for size, classes in counts:
        yield {"subject": subject, "class_size": size, "classes": classes}


def risk_rows(subject: str, risk: Risk) -> Iterator[Row]:
    """One row a measure."""
    for attacker, measures in (("prosecutor", risk.prosecutor), ("journalist", risk.journalist)):
        for measure, value in asdict(measures).items():
            yield {"subject": subject, "attacker": attacker, "measure": measure, "value": value}
    yield {"subject": subject, "attacker": "marketer", "measure": "average", "value": risk.marketer}
    yield {"subject": subject, "attacker": "any", "measure": "unique_fraction", "value": risk.unique_fraction}


def uniques_rows(subject: str, uniques: PopulationUniques) -> Iterator[Row]:
    """One row an estimator, null where it has no answer, and one for the estimator that the rule chose."""
    estimates = {"zayatz": uniques.zayatz, "pitman": uniques.pitman, "snb": uniques.snb}
    for name, estimate in estimates.items():
        measure = f"population_uniques_{name}"
        yield {"subject": subject, "attacker": "any", "measure": measure, "value": estimate.share}
    yield {"subject": subject, "attacker": "any", "measure": "population_uniques", "value": uniques.share}


def utility_rows(solution: Solution) -> Iterator[Row]:
    """Every metric of the release, and the separable ones of each column."""
    for metric, value in solution.release.metrics.items():
        yield {"column": None, "metric": str(metric), "value": value}
    for metric, of_columns in solution.release.per_attribute.items():
        for column, value in of_columns.items():
            yield {"column": column, "metric": str(metric), "value": value}


def derived_labels(policy: Policy, solution: Solution) -> dict[str, list[list[str | None]]]:
    """The labels of every level above raw where the job gave no hierarchy, by attribute."""
    return {
        attribute.name: [list(labels) for labels in hierarchy.labels[1:]]
        for attribute, hierarchy in zip(policy.quasi_identifiers, solution.release.hierarchies, strict=True)
        if isinstance(attribute.rule, DerivedRule)
    }
