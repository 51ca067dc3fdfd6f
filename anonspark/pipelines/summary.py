"""The summary of a run: counts, levels, scores and risks; no value of the data."""

from dataclasses import asdict
from math import isfinite
from typing import Any

from anonspark.domain.encode import RawClasses
from anonspark.domain.policy import Policy
from anonspark.domain.population import population_sizes
from anonspark.errors import AnonsparkError, NoReleaseError, RunCancelledError, sentence_of
from anonspark.measures.risk import Risk, measure_risk
from anonspark.pipelines.anonymize import Solution
from anonspark.search.incumbent import Found
from anonspark.vocabulary import RunState

Summary = dict[str, Any]
"""What is printed, written to `--summary` and kept with the run; JSON types only."""


def measure_risks(solution: Solution, policy: Policy, population: RawClasses | None) -> tuple[Risk, Risk]:
    """Risk of the input and of the release."""
    chosen, classes = solution.release, solution.classes
    around_input = around_release = None
    if population is not None:
        bottom = (0,) * len(chosen.node)
        around_input = population_sizes(population, policy, chosen.hierarchies, bottom, classes.codes)
        # Classes of a local recoding are not those of any node: the journalist is taken to know as much as the
        # prosecutor, which states the risk too high, never too low.
        if chosen.recoding is None:
            at_node = population_sizes(population, policy, chosen.hierarchies, chosen.node, chosen.codes)
            around_release = at_node[chosen.safe]
    return (
        measure_risk(classes.sizes, policy.risk_threshold, around_input),
        measure_risk(chosen.kept_sizes, policy.risk_threshold, around_release),
    )


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
            "checker": "in_memory",
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
    return summary
