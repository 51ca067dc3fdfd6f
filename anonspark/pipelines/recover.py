"""A table whose columns are opened or encrypted again, from its input to the audit."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from anonspark.domain.sources import TableSource, TableTarget
from anonspark.errors import VerificationError
from anonspark.frames.casts import malformed_counts
from anonspark.io.failures import storage_errors
from anonspark.io.outputs import Published
from anonspark.io.tables import ReadTable, read_table
from anonspark.pii.workers import worker_refusals
from anonspark.pipelines.attempt import Attempt, Outcome, judge_malformed
from anonspark.pipelines.audit import Audited, failures_audited, record_audit
from anonspark.pipelines.release import normalized
from anonspark.pipelines.write import output_of, write_release

Step = Callable[[DataFrame], DataFrame]

REVEALED = "The output holds personal data in plain again."


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be done with a table.

    Attributes:
        step: Applied to it.
        columns: What the summary tells of each column, by path.
        cells: Of each column, what the audit tells.
    """

    step: Step
    columns: Mapping[str, Mapping[str, Any]]
    cells: Mapping[str, int]


def change_table(
    source: TableSource,
    target: TableTarget,
    attempt: Attempt,
    audited: Audited,
    prepare: Callable[[DataFrame, ExitStack], Prepared],
) -> Outcome:
    """Read, prepare, stage, count, publish and audit; a run that has published before only records that.

    Args:
        source: The table to read.
        target: The table to write.
        attempt: The run, under the lease of the target.
        audited: What is done.
        prepare: Looks at the table and makes the step.

    Raises:
        AnonsparkError: Whatever is wrong; nothing was published then, and the failure is audited.
    """
    target = normalized(target)
    with storage_errors(target.name, "output"):
        output = output_of(attempt.spark, target, attempt.run_id)
        published = output.published()
    follower = attempt.follower
    with failures_audited(attempt, audited), worker_refusals(), ExitStack() as held:
        follower.enter("read", "opening the input")
        if published is not None:
            return _recorded(target, attempt, audited, published)
        read = read_table(attempt.spark, source)
        with storage_errors(read.description):
            n_rows, malformed = count_rows(read)
        warnings = judge_malformed(source, malformed, n_rows)
        prepared = prepare(read.table, held)
        follower.enter("apply", f"writing {n_rows:,} rows")
        changed = read.table.transform(prepared.step)

        def check(written: DataFrame) -> None:
            follower.enter("verify", "counting the written rows")
            require_rows(written, n_rows)

        # What a worker refuses is no failure of storage, so it is told first.
        with storage_errors(target.name, "output"), worker_refusals():
            published = write_release(changed, output, attempt.guard, follower, check)
        follower.finish()
        follower.enter("publish", "recording the run")
        record_audit(attempt, audited, prepared.cells)
        columns = [{"column": column, **told} for column, told in prepared.columns.items()]
        return _outcome(target, published, n_rows, columns, warnings, read.version)


def count_rows(read: ReadTable) -> tuple[int, dict[str, int]]:
    """Rows that are well formed, and the others by what is wrong with them; one pass, two where some can be wrong."""
    counts = malformed_counts(read.flagged)
    malformed: dict[str, int] = {}
    if counts:
        asked = [count.alias(f"n{place}") for place, count in enumerate(counts.values())]
        (found,) = read.flagged.agg(*asked).collect()
        malformed = dict(zip(counts, map(int, found), strict=True))
    return read.table.count(), malformed


def require_rows(written: DataFrame, n_rows: int) -> None:
    """Make sure that all rows were written.

    Raises:
        VerificationError: There are more or fewer.
    """
    found = written.count()
    if found != n_rows:
        raise VerificationError(f"{found:,} rows were written of {n_rows:,}; nothing was published.")


def _recorded(target: TableTarget, attempt: Attempt, audited: Audited, published: Published) -> Outcome:
    """A run that was interrupted between its publication and its record."""
    with storage_errors(target.name, "output"):
        there = TableSource(target.uri, target.table, target.format, version=published.version)
        n_rows = read_table(attempt.spark, there).table.count()
    record_audit(attempt, audited, {})
    return _outcome(target, published, n_rows, [{"column": column} for column in audited.subjects], [], None)


def _outcome(
    target: TableTarget,
    published: Published,
    n_rows: int,
    columns: list[dict[str, Any]],
    warnings: list[str],
    input_version: int | None,
) -> Outcome:
    return Outcome(
        told={"rows": n_rows, "columns": columns, "output": {"uri": target.name, "version": published.version}},
        warnings=warnings,
        input_rows=n_rows,
        input_version=input_version,
        output_version=published.version,
    )
