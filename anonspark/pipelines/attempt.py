"""One attempt at a run: what every kind of job works with, and what it comes to."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from pyspark.sql import SparkSession

from anonspark.domain.sources import TableSource
from anonspark.errors import EmptyTableError, InputError
from anonspark.frames.casts import require_well_formed
from anonspark.io.lease import Lease
from anonspark.io.metadata_tables import MetadataTables
from anonspark.pipelines.follow import Follower
from anonspark.vocabulary import OnMalformed

OF_INPUT: Final = re.compile(r"\binput(?=\.(?:schema|options|where|format|version|malformed|columns|table)\b)")
"""How what reads a table names the keys of its section."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a kind of job works with.

    Attributes:
        spark: The session.
        run_id: The run.
        metadata_uri: Where its metadata tables lie.
        tables: These.
        guard: The lease of the table to write; of the run itself where none is written.
        follower: To be told of every step.
    """

    spark: SparkSession
    run_id: str
    metadata_uri: str
    tables: MetadataTables
    guard: Lease
    follower: Follower


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt came to.

    Attributes:
        told: Its part of the summary; JSON types only, and no value of the data.
        warnings: What a reader of the summary must know.
        input_rows: Rows of the input.
        input_version: Of a Delta input.
        output_version: That was published.
    """

    told: Mapping[str, Any]
    warnings: list[str] = field(default_factory=list)
    input_rows: int | None = None
    input_version: int | None = None
    output_version: int | None = None


def judge_malformed(source: TableSource, malformed: Mapping[str, int], n_records: int) -> list[str]:
    """Refuse malformed rows, or tell that they are left out.

    Args:
        source: The table that was read.
        malformed: Its rows by what is wrong with them.
        n_records: Rows with which nothing is wrong.

    Raises:
        MalformedCellsError: There are some, and the job does not say to leave them out.
        EmptyTableError: There are no others.
    """
    if source.malformed is OnMalformed.FAIL:
        require_well_formed(malformed)
    if not n_records:
        raise EmptyTableError(source.name)
    rows = {mark: count for mark, count in malformed.items() if count}
    return [f"{count:,} rows left out: {mark.strip()}" for mark, count in rows.items()]


@contextmanager
def named_in_errors(section: str) -> Iterator[None]:
    """Wrong input found within the block names the table's own section of the job file, where that is not `input`."""
    try:
        yield
    except InputError as error:
        error.message = OF_INPUT.sub(section, error.message)
        error.args = (error.message,)
        error.field = None if error.field is None else re.sub(r"^input\b", section, error.field)
        raise
