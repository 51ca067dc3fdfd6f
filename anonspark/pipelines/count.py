"""A table as it is, counted once: its combinations, wherever they fit, and what is wrong with its rows."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from pyspark.sql import DataFrame

from anonspark.config.classes_job import ClassesJob
from anonspark.domain.encode import RawClasses
from anonspark.domain.sources import TableSource
from anonspark.errors import EmptyTableError
from anonspark.frames.aggregate import collect_or_persist
from anonspark.frames.as_is import count_records, good_rows
from anonspark.frames.casts import require_well_formed
from anonspark.frames.combinations import count_marks
from anonspark.frames.names import positions
from anonspark.frames.population import rows_and_values
from anonspark.io.failures import storage_errors
from anonspark.io.tables import ReadTable, read_table
from anonspark.pipelines.attempt import Attempt, judge_malformed

Combinations = RawClasses | DataFrame
"""On the driver, or on the cluster: q0, q1, ..., s0, ..., `person` where rows name it, `records`."""


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """A table that was read once.

    Attributes:
        combinations: Of its rows that are well formed.
        n_records: How many rows these are.
        warnings: What became of the others.
        version: Of a Delta table.
        types: Of the table's columns, as Spark's `simpleString` prints them.
    """

    combinations: Combinations
    n_records: int
    warnings: list[str]
    version: int | None
    types: Mapping[str, str]


def count_table(
    source: TableSource,
    job: ClassesJob,
    attempt: Attempt,
    held: ExitStack,
    *,
    sensitive: tuple[str, ...] = (),
    person: str | None = None,
    field: str = "input",
) -> Counted:
    """Count the combinations of a table, in one pass over it; `held` frees what stays on the cluster.

    Args:
        source: The table.
        job: Its quasi-identifiers, and how much memory the combinations may take on the driver.
        attempt: Where to read, and whom to tell.
        held: See above.
        sensitive: Columns whose values are counted too.
        person: The column that names each record's person, where there is one.
        field: The section of the job file that names the table.

    Raises:
        ColumnNotFoundError: It lacks a column.
        MalformedCellsError: Rows are malformed, and the job does not say to leave them out.
        EmptyTableError: It has no others.
    """
    follower = attempt.follower
    follower.enter("read", f"opening {source.name}")
    table = read_table(attempt.spark, source)
    positions(table.table, [*job.names, *sensitive, *([] if person is None else [person])])
    follower.enter("classes", f"counting the classes of {source.name}")
    with storage_errors(table.description, field):
        found, malformed = _counted(table, job, held, sensitive, person)
        n_records = found.n_records if isinstance(found, RawClasses) else count_records(found)
    warnings = judge_malformed(source, malformed, n_records)
    types = {column.name: column.dataType.simpleString() for column in table.table.schema}
    return Counted(found, n_records, warnings, table.version, types)


def count_population(job: ClassesJob, attempt: Attempt, held: ExitStack) -> Combinations | None:
    """The combinations of the population's people, where the job names one; one pass over it.

    Raises:
        ColumnNotFoundError: It lacks a quasi-identifier.
        MalformedCellsError: Cells that cannot be read.
        EmptyTableError: Nobody is in it.
    """
    source = job.population_source()
    if source is None:
        return None
    attempt.follower.enter("classes", "counting the population")
    table = read_table(attempt.spark, source)
    positions(table.table, job.names)
    with storage_errors(table.description, "population"):
        found, malformed = _counted(table, job, held)
        n_people = found.n_records if isinstance(found, RawClasses) else count_records(found)
    require_well_formed(malformed)
    if not n_people:
        raise EmptyTableError(source.name)
    return found


def as_rows(combinations: Combinations, attempt: Attempt) -> DataFrame:
    """Combinations of quasi-identifiers on the cluster, wherever they are: q0, q1, ... and `records`."""
    if isinstance(combinations, DataFrame):
        return combinations
    return rows_and_values(combinations, attempt.spark)[0]


def _counted(
    table: ReadTable,
    job: ClassesJob,
    held: ExitStack,
    sensitive: tuple[str, ...] = (),
    person: str | None = None,
) -> tuple[Combinations, dict[str, int]]:
    """The combinations, and the malformed rows by what is wrong with them."""
    kept = collect_or_persist(table.flagged, job.names, sensitive, job.memory_mb << 20, held, person)
    if isinstance(kept, RawClasses):
        return kept, dict(kept.malformed)
    return good_rows(kept), count_marks(table.flagged, kept)
