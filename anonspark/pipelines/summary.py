"""The summary of a run: counts, levels, scores and risks; no value of the data."""

from dataclasses import asdict
from math import isfinite
from typing import Any, Final

from pyspark.sql import DataFrame

from anonspark.domain.classes import EquivalenceClasses, SizeCounts, as_arrays
from anonspark.domain.encode import RawClasses
from anonspark.domain.lattice import Node
from anonspark.domain.policy import Policy
from anonspark.domain.population import population_sizes
from anonspark.errors import AnonsparkError, NoReleaseError, QualityGateError, RunCancelledError, sentence_of
from anonspark.frames.checker import ClusterChecker
from anonspark.frames.combinations import ClusterCombinations
from anonspark.frames.encoded import EncodedClasses
from anonspark.frames.population import matched_sizes
from anonspark.measures.risk import Risk, measure_risk
from anonspark.pipelines.groups import raw_groups, released_groups
from anonspark.pipelines.solution import Solution, input_size_counts, released_size_counts
from anonspark.search.incumbent import Found
from anonspark.vocabulary import RunState

Summary = dict[str, Any]
"""What is printed, written to `--summary` and kept with the run; JSON types only."""

IN_MEMORY: Final = {"checker": "in_memory"}


def measure_risks(
    solution: Solution, policy: Policy, population: RawClasses | ClusterCombinations | None
) -> tuple[Risk, Risk]:
    """Risk of the input and of the release."""
    chosen, classes = solution.release, solution.classes
    threshold, hierarchies, bottom = policy.risk_threshold, chosen.hierarchies, (0,) * len(chosen.node)
    if population is None:
        return _risk(input_size_counts(solution), threshold), _risk(released_size_counts(solution), threshold)
    if isinstance(classes, EquivalenceClasses) and isinstance(population, RawClasses):
        around_input = population_sizes(population, policy, hierarchies, bottom, classes.codes)
        around_release = None
        # Classes of a local recoding are not those of any node: the journalist is taken to know as much as the
        # prosecutor, which states the risk too high, never too low.
        if chosen.recoding is None:
            around_release = population_sizes(population, policy, hierarchies, chosen.node, chosen.codes)[chosen.safe]
        return (
            measure_risk(classes.people, threshold, around_input),
            measure_risk(chosen.kept_people, threshold, around_release),
        )
    there = next(each for each in (population, classes) if isinstance(each, ClusterCombinations | EncodedClasses))
    spark = there.table.sparkSession

    def around(node: Node, groups: DataFrame) -> Risk:
        sizes, people, counts = matched_sizes(population, policy, hierarchies, node, groups)
        return measure_risk(sizes, threshold, people, counts)

    of_input = around(bottom, raw_groups(solution, spark))
    if chosen.recoding is not None:
        return of_input, _risk(chosen.kept_people_counts, threshold)
    return of_input, around(chosen.node, released_groups(solution, spark))


def _risk(counts: SizeCounts, threshold: float) -> Risk:
    """Risk of classes that are told by their sizes."""
    sizes, classes = as_arrays(counts)
    return measure_risk(sizes, threshold, classes=classes)


def solution_part(solution: Solution, risks: tuple[Risk, Risk]) -> Summary:
    """What was found, as the summary tells it."""
    found, checker = solution.found, solution.checker
    return {
        **solution.release.to_dict(),
        **(
            {}
            if found.optimal or not isfinite(found.bound)
            else {"bound": found.bound, "gap": found.score - found.bound}
        ),
        "lattice": {
            "nodes": checker.lattice.size,
            "checked": checker.effort.checked,
            "projections": checker.effort.projections,
            "share_checked": checker.effort.checked / checker.lattice.size,
            "base_classes": solution.classes.n_classes,
            **({"checker": "cluster", "jobs": checker.jobs} if isinstance(checker, ClusterChecker) else IN_MEMORY),
        },
        "risk": {"input": asdict(risks[0]), "release": asdict(risks[1])},
    }


def bound_part(found: Found) -> Summary:
    """How far the node can be from the best one, where that is not proven to be nothing."""
    if found.optimal or not isfinite(found.bound):
        return {}
    return {"bound": found.bound, "gap": found.score - found.bound}


def failed_summary(run_id: str | None, job: str, error: BaseException) -> Summary:
    """How a run failed, in words that hold no cell."""
    field = error.field if isinstance(error, AnonsparkError) else None
    told = {"type": type(error).__name__, "message": sentence_of(error), "field": field}
    state = RunState.CANCELLED if isinstance(error, RunCancelledError) else RunState.FAILED
    summary: Summary = {"run_id": run_id, "job": job, "status": str(state), "error": told}
    if isinstance(error, NoReleaseError):
        summary["nearest_miss"] = error.nearest_miss
    if isinstance(error, QualityGateError):
        summary["quality"] = error.quality
    return summary
