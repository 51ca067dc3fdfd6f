"""New records appended to a release: which rows are new, and what the union of old and new may show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from anonspark.domain.distinct import class_of_each
from anonspark.domain.encode import RawClasses, leaves_of_rows
from anonspark.domain.policy import Policy
from anonspark.domain.sources import TableSource, TableTarget
from anonspark.errors import ConfigurationError, InputError, TooManyClassesError, UnionUnsafeError
from anonspark.frames.aggregate import collect_classes
from anonspark.io.metadata_tables import MetadataTables
from anonspark.io.outputs import DeltaOutput
from anonspark.io.tables import read_table
from anonspark.pipelines.attempt import Attempt
from anonspark.pipelines.release import same_place
from anonspark.pipelines.solution import Solution, measured_release
from anonspark.search.in_memory import InMemoryChecker
from anonspark.search.union import judge_union
from anonspark.vocabulary import RunState, TableFormat

RUN_CELLS: Final = ("run_id", "state", "input_uri", "input_version", "input_rows", "output_uri", "output_version")


def require_appendable(policy: Policy) -> None:
    """Refuse what cannot be judged on the labels of a release alone.

    Raises:
        ConfigurationError: Naming all of it.
    """
    wants = []
    if policy.needs_population:
        wants.append("a model that counts a population")
    if policy.person_id is not None:
        wants.append("person_id, since a release names nobody")
    if policy.search.recoding is not None:
        wants.append("classes with levels of their own")
    if policy.microaggregations:
        wants.append("micro-aggregation")
    if wants:
        sentence = (
            f"has {', '.join(wants)}, which an append cannot keep up; release the whole table with anonymize, or take "
            "output.mode: overwrite."
        )
        raise ConfigurationError([("solution", sentence)])


def released_until(attempt: Attempt, source: TableSource, target: TableTarget) -> int | None:
    """The version of the input up to which its rows are released; None where the input has no versions.

    Raises:
        InputError: The release was made of something else, or its last run is not recorded.
    """
    if source.format is not TableFormat.DELTA:
        return None
    runs = runs_into(attempt.tables, target, attempt.run_id)
    done = [row for row in runs if row["state"] == RunState.COMPLETED and row["output_version"] is not None]
    last = last_release(attempt, target, done)
    if last is None or last["input_version"] is None or not same_place(last["input_uri"], source.name):
        found = "No run is recorded that" if last is None else f"Run '{last['run_id']}', the last that"
        was = "" if last is None else ", made it of another input"
        raise InputError(
            f"{found} wrote {target.name}{was}, so which rows of {source.name} are new is not known. Name the metadata "
            "of the run that made it, or release the whole table first.",
            field="output",
        )
    unrecorded = {str(row["run_id"]) for row in runs} - {str(row["run_id"]) for row in done}
    require_recorded(attempt, target, unrecorded, last["output_version"])
    # Runs that found nothing new have seen more of the input since.
    seen = [row for row in done if row["output_version"] == last["output_version"] and row["input_rows"] == 0]
    return max(int(row["input_version"]) for row in (last, *seen))


def last_release(attempt: Attempt, target: TableTarget, done: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The complete run that published to the target last, by the versions in its log: clocks go back."""
    published = [row for row in done if row["input_rows"] != 0]
    newest_first = sorted(published, key=lambda row: int(row["output_version"]), reverse=True)
    for row in newest_first:
        there = DeltaOutput(attempt.spark, target, row["run_id"]).published()
        if there is not None:  # else it wrote a table that is gone
            return row
    return None


def runs_into(tables: MetadataTables, target: TableTarget, but: str) -> list[Mapping[str, Any]]:
    """The states of all other runs that write a table."""
    rows = tables.cells_of("runs", RUN_CELLS)
    return [row for row in rows if same_place(row["output_uri"], target.name) and row["run_id"] != but]


def require_recorded(attempt: Attempt, target: TableTarget, run_ids: Iterable[str], since: int) -> None:
    """Refuse to append after a run that published and died before it was recorded: its rows would come twice.

    Args:
        attempt: With the session.
        target: The release.
        run_ids: Runs that are not recorded as complete.
        since: The version that the last complete run published.

    Raises:
        InputError: Naming the run.
    """
    for run_id in sorted(run_ids):
        published = DeltaOutput(attempt.spark, target, run_id).published()
        if published is not None and published.version is not None and published.version > since:
            raise InputError(
                f"Run '{run_id}' has published to {target.name} and was interrupted before that was recorded; run it "
                "again under its run id, which publishes nothing twice.",
                field="run_id",
            )


def released_classes(attempt: Attempt, target: TableTarget, version: int | None, policy: Policy) -> RawClasses:
    """The combinations of labels and sensitive values in the release as it is; one pass over it.

    Args:
        attempt: With the session.
        target: The release.
        version: Which version of it; the newest where not given.
        policy: Its columns.

    Raises:
        TooManyClassesError: They do not fit the driver.
    """
    there = read_table(attempt.spark, TableSource(target.uri, target.table, target.format, version=version))
    names = [each.name for each in policy.sensitive]
    return collect_classes(there.flagged, policy.names, names, policy.search.memory_mb << 20)


def appended(solution: Solution, base: RawClasses, policy: Policy) -> Solution:
    """The solution with those new records alone that the models let into the union.

    Raises:
        TooManyClassesError: The new combinations do not fit the driver.
        UnionUnsafeError: Classes that are released already would be unsafe.
    """
    raw, chosen, checker, best = solution.raw, solution.release, solution.checker, solution.found.best
    if not isinstance(raw, RawClasses) or not isinstance(checker, InMemoryChecker) or best is None:
        raise TooManyClassesError(
            "The new rows have more combinations than fit into search.memory_mb = "
            f"{policy.search.memory_mb}, where an append needs them; append fewer rows at a time.",
            field="search.memory_mb",
        )
    judged = judge_union(base, raw, chosen.hierarchies, chosen.node, policy)
    if judged.broken:
        raise UnionUnsafeError(judged.broken)
    classes, _ = checker.classes_at(chosen.node)
    groups = [
        hierarchy.groups[level][leaves]
        for hierarchy, level, leaves in zip(
            chosen.hierarchies, chosen.node, leaves_of_rows(raw, chosen.hierarchies), strict=True
        )
    ]
    safe = np.zeros(classes.n_classes, dtype=np.bool_)
    safe[class_of_each(groups, classes.codes)[judged.released]] = True
    lost, kept = checker.lost_without(chosen.node, safe), classes.sizes[safe]
    verdict = replace(
        best,
        suppressed=lost.records,
        kept_classes=len(kept),
        kept_squares=float(np.square(kept, dtype=np.float64).sum()),
        lost=lost,
    )
    measured = measured_release(policy, chosen.hierarchies, checker, solution.found, verdict, (classes, safe))
    release = replace(measured, score=measured.metrics[policy.metric])
    return replace(solution, release=release, base=base, union=judged.sizes)
