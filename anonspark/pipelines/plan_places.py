"""What a plan tells of the places that a run writes to; nothing is written there."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.fs as pafs
from pyspark.sql import SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from anonspark.domain.policy import Policy
from anonspark.domain.sources import TableTarget
from anonspark.errors import LocationError
from anonspark.io.delta_log import delta_table
from anonspark.io.failures import storage_errors
from anonspark.io.lease import lease_holder, lease_uri
from anonspark.io.locations import LocationState, location_state
from anonspark.io.metadata_tables import found_version, metadata_tables
from anonspark.io.object_store import reachable_storage
from anonspark.pipelines.faults import Faults
from anonspark.pipelines.write import output_of
from anonspark.vocabulary import Suppression, TableFormat, WriteMode

RUN = "plan"
"""The run that asks whether a release fits; it publishes nothing."""


@dataclass(frozen=True, slots=True)
class OutputPlan:
    """Where the release will go.

    Attributes:
        uri: Or the name in the catalog.
        format: How it is stored.
        mode: What the job wants to do with a table that is there.
        found: What is there; None where nothing can be seen.
        action: What the run will do; None where it would be refused.
    """

    uri: str
    format: TableFormat
    mode: WriteMode
    found: str | None
    action: str | None


@dataclass(frozen=True, slots=True)
class MetadataPlan:
    """Where the run's record will go, and whether there are records already; None where nothing can be seen."""

    uri: str
    found: bool | None


def plan_output(spark: SparkSession, target: TableTarget, schema: StructType | None, faults: Faults) -> OutputPlan:
    """Look at the target of a release.

    Args:
        spark: The session.
        target: With a normal URI.
        schema: Of the release; None where the input does not tell.
        faults: Takes what the run would be refused for.
    """
    before, found, action = len(faults.found), None, None
    with faults.caught(), storage_errors(target.name, "output"):
        require_writable(target.uri, "output")
        found = found_at(spark, target)
        if schema is not None:
            output_of(spark, target, RUN).check_fit(spark.createDataFrame([], schema))
        elif target.mode is not WriteMode.APPEND:
            any_release = spark.createDataFrame([], StructType([StructField("any", StringType())]))
            output_of(spark, replace(target, partition_by=()), RUN).check_fit(any_release)
    if found is not None and len(faults.found) == before:
        action = (
            "creates it"
            if found == "nothing"
            else {
                WriteMode.OVERWRITE: f"replaces {found}",
                WriteMode.APPEND: f"adds to {found}",
                WriteMode.ERROR: None,
            }[target.mode]
        )
    return OutputPlan(target.name, target.format, target.mode, found, action)


def plan_metadata(spark: SparkSession, uri: str, faults: Faults) -> MetadataPlan:
    """Look at the metadata tables."""
    found = None
    with faults.caught(), storage_errors(uri, "metadata"):
        require_writable(uri, "metadata")
        properties = metadata_tables(spark, uri).known_properties("runs")
        if properties is not None:
            found_version("runs", properties)
        found = properties is not None
    return MetadataPlan(uri, found)


def warn_of_writers(
    spark: SparkSession, target: TableTarget, metadata_uri: str, clock: Callable[[], float]
) -> list[str]:
    """A warning if a run is writing the target at this moment."""
    storage = reachable_storage(spark, lease_uri(target, metadata_uri))
    holder = lease_holder(storage, target.name, clock)
    return [] if holder is None else [f"Run {holder} is writing {target.name} now; wait for its end."]


def found_at(spark: SparkSession, target: TableTarget) -> str:
    """What stands at a target, in words."""
    if target.table is not None:
        return "the table" if spark.catalog.tableExists(target.table) else "nothing"
    uri = str(target.uri).rstrip("/")
    if target.format is not TableFormat.DELTA:
        parent, _, name = uri.rpartition("/")
        storage = reachable_storage(spark, f"{parent}/")
        if storage is not None:
            there = storage.files().get_file_info(name).type
            return {pafs.FileType.NotFound: "nothing", pafs.FileType.File: "the file"}.get(there, "the folder")
    elif storage := reachable_storage(spark, uri):
        table = delta_table(storage)
        return "nothing" if table is None else f"version {table.version()}"
    state = location_state(spark, uri)
    return "nothing" if state in (LocationState.ABSENT, LocationState.EMPTY) else "what is there"


def require_writable(uri: str | None, field: str) -> None:
    """Refuse a place of this machine below something that is no folder, or in one that may not be written to.

    Whether an object store takes a file shows only when one is written.

    Raises:
        LocationError: Naming the place.
    """
    if uri is None or not uri.startswith("file://"):
        return
    above = Path(uri.removeprefix("file://")).parent
    while not above.exists():
        above = above.parent
    if not above.is_dir():
        raise LocationError(f"{uri} cannot be written: {above} is a file; name another place.", field=field)
    if not os.access(above, os.W_OK | os.X_OK):
        raise LocationError(f"{uri} cannot be written: {above} is not open to this user.", field=field)


def released_schema(table: StructType, policy: Policy) -> StructType:
    """The columns of a release: quasi-identifiers and masked identifiers are texts, the others what they were."""
    masked = policy.identifier_treatment is Suppression.MASK
    texts = {*policy.names, *(policy.identifiers if masked else ())}
    dropped = set() if masked else {*policy.identifiers} - {*policy.names}
    fields = [
        StructField(field.name, StringType()) if field.name in texts else field
        for field in table.fields
        if field.name not in dropped
    ]
    return StructType(fields)
