"""The job `measure`: a release beside its original, one pass over each table."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from anonspark.config.measure import MeasureJob
from anonspark.domain.encode import RawClasses
from anonspark.domain.hierarchy import Label
from anonspark.domain.sources import TableSource
from anonspark.errors import TooManyClassesError
from anonspark.frames.aggregate import collect_or_persist
from anonspark.frames.names import positions
from anonspark.io.failures import storage_errors
from anonspark.io.hierarchies import read_hierarchy_file
from anonspark.io.manifest import append_rows
from anonspark.io.tables import ReadTable, read_table
from anonspark.measures.comparison import Comparison, compare
from anonspark.pipelines.attempt import Attempt, Outcome, judge_malformed, named_in_errors

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MeasureAttempt:
    """One attempt at measuring a release."""

    job: MeasureJob
    attempt: Attempt

    def complete(self) -> Outcome:
        """Everything from reading to the metadata.

        Raises:
            InputError: The two tables are no release and its original, or have too many combinations.
        """
        job, attempt, follower = self.job, self.attempt, self.attempt.follower
        follower.enter("read", "opening the release and its original")
        attributes = job.to_measured(self.read_rows)
        names = [attribute.name for attribute in attributes]
        sources = {"original": job.original_source(), "released": job.source()}
        tables = {what: self.opened(source, what, names) for what, source in sources.items()}
        counted, warnings = {}, []
        for what, table in tables.items():
            follower.enter("classes", f"counting the combinations of the {what} table")
            counted[what], told = self.counted(table, sources[what], what, names)
            warnings += told
        follower.report("measuring")
        found = compare(counted["original"], counted["released"], attributes)
        follower.enter("publish", "recording the run")
        with storage_errors(attempt.metadata_uri, "metadata"):
            append_rows(attempt.tables, "utility", attempt.run_id, utility_rows(found, job.predicted))
        return Outcome(
            told=comparison_part(found, job.predicted),
            warnings=[*warnings, *found.warnings],
            input_rows=found.released_rows,
            input_version=tables["released"].version,
        )

    def opened(self, source: TableSource, what: str, names: Sequence[str]) -> ReadTable:
        """A table that has the columns to measure."""
        with named_in_errors(what), storage_errors(source.name):
            table = read_table(self.attempt.spark, source)
            positions(table.table, [*names, *self.targets()])
        return table

    def counted(
        self, table: ReadTable, source: TableSource, what: str, names: Sequence[str]
    ) -> tuple[RawClasses, list[str]]:
        """A table's combinations on the driver, and what to tell of rows that are not among them.

        Raises:
            TooManyClassesError: They are more than the driver is to hold.
        """
        memory_mb = self.job.memory_mb
        with ExitStack() as held, named_in_errors(what), storage_errors(source.name):
            found = collect_or_persist(table.flagged, names, self.targets(), memory_mb << 20, held)
            if not isinstance(found, RawClasses):
                raise TooManyClassesError(
                    f"The {what} table has more distinct combinations than fit into memory_mb = {memory_mb}; "
                    "raise it, or measure fewer quasi-identifiers at a time.",
                    field="memory_mb",
                )
            return found, judge_malformed(source, found.malformed, found.n_records)

    def targets(self) -> list[str]:
        """The column to predict, where there is one."""
        return [] if self.job.predicted is None else [self.job.predicted]

    def read_rows(self, uri: str, sep: str) -> Sequence[Sequence[Label]]:
        """A hierarchy file's rows."""
        return read_hierarchy_file(self.attempt.spark, uri, sep).rows


def comparison_part(found: Comparison, target: str | None) -> dict[str, Any]:
    """What was measured, as the summary tells it; associations that changed most come first."""
    by_change = sorted(found.associations, key=lambda each: -abs(each.change))
    part: dict[str, Any] = {
        "rows": found.rows,
        "released_rows": found.released_rows,
        "suppressed": found.suppressed,
        "metrics": {str(metric): value for metric, value in found.metrics.items()},
        "columns": {
            name: {
                **{str(metric): value for metric, value in column.costs.items()},
                "mean_level": column.mean_level,
                "values": column.values,
                "labels": column.labels,
                **asdict(column.distances),
            }
            for name, column in found.columns.items()
        },
        "associations": [
            {
                "columns": list(each.columns),
                "original": each.original,
                "released": each.released,
                "change": each.change,
            }
            for each in by_change
        ],
    }
    if found.predictions is not None:
        original, released = found.predictions
        part["target"] = {"column": target, "original": asdict(original), "released": asdict(released)}
    return part


def utility_rows(found: Comparison, target: str | None) -> Iterator[Row]:
    """Every measure; those of two columns under both names, those of the whole under none."""
    for metric, value in found.metrics.items():
        yield {"column": None, "metric": str(metric), "value": value}
    for name, column in found.columns.items():
        for metric, value in column.costs.items():
            yield {"column": name, "metric": str(metric), "value": value}
        for distance, value in asdict(column.distances).items():
            yield {"column": name, "metric": distance, "value": value}
    for each in found.associations:
        pair = ", ".join(each.columns)
        yield {"column": pair, "metric": "cramers_v_original", "value": each.original}
        yield {"column": pair, "metric": "cramers_v_released", "value": each.released}
    if found.predictions is not None:
        for which, prediction in zip(("original", "released"), found.predictions, strict=True):
            for measure, value in asdict(prediction).items():
                yield {"column": target, "metric": f"{measure}_{which}", "value": value}
