"""Write a release where no reader looks, so that it can be verified before it is published."""

import hashlib
import logging
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from anonspark.domain.sources import TableTarget
from anonspark.errors import InputError, LocationError
from anonspark.frames.names import quoted
from anonspark.io.delta_log import (
    check_target,
    delta_table,
    nullable,
    refuse_existing,
    release_app,
    table_properties,
    writer_epoch,
)
from anonspark.io.object_store import Storage, reachable_storage
from anonspark.vocabulary import TableFormat

log = logging.getLogger(__name__)

FOLDER = "anonspark-"
"""Start of a run's folder below the table's root. It has no leading underscore because VACUUM never looks into those:
a replaced release would stay on disk for ever."""

TABLE = "__anonspark_"
"""What stands between the name of a catalog table and the digest of the run whose staged rows it holds."""

TABLE_PART = re.compile(r"`(?:[^`]|``)+`|[^.`\s;]+")
TABLE_NAME = re.compile(rf"(?:{TABLE_PART.pattern})(?:\.(?:{TABLE_PART.pattern}))*")

MAX_RUN_ID = 180
"""Characters; a folder's name may have 255 bytes."""


@dataclass(frozen=True, slots=True)
class StagedFiles:
    """A release that is written but not published.

    Attributes:
        target: Where it is to be published.
        run_id: Whose release it is.
        location: The folder of its Parquet files, or the name of the catalog table that holds it.
        schema: Its columns in their order, all nullable.
        writer_epoch: How often runs had published to the target when staging began; None where only Spark can tell.
    """

    target: TableTarget
    run_id: str
    location: str
    schema: StructType
    writer_epoch: int | None = None


def stage(released: DataFrame, target: TableTarget, run_id: str) -> StagedFiles:
    """Write the release as Parquet below the target's root, or as a table beside a catalog table; one Spark job.

    Readers of the target see nothing of it: a Delta table is what its log names.

    Raises:
        InputError: Columns that differ only in case, a partition column that is not there, or an append of other
            columns than the table has.
        LocationError: The target exists and the mode is `error`, or its folder holds something else than Delta.
    """
    epoch = check_fit(released, target)
    schema = nullable(released.schema)
    folder = run_folder(run_id)
    if target.table is not None:
        name = staging_table(target.table, run_id)
        writer = released.write.format("delta").mode("overwrite").option("overwriteSchema", "true")
        writer.options(**table_properties(schema)).saveAsTable(name)
        return StagedFiles(target, run_id, name, schema)

    root = root_of(target)
    # A folder of its own for each attempt: a rerun never writes over files that an earlier commit may name.
    location = f"{root}/{folder}/{secrets.token_hex(4)}"
    options = {"mapreduce.fileoutputcommitter.marksuccessfuljobs": "false", "timeZone": "UTC"}
    released.write.options(**options).partitionBy(*target.partition_by).parquet(location)
    log.info("run %s: staged %d columns for %s", run_id, len(schema), target.name)
    return StagedFiles(target, run_id, location, schema, epoch)


def check_fit(released: DataFrame, target: TableTarget) -> int | None:
    """How often runs have published to the target, None where only Spark can tell; writes nothing.

    Raises:
        InputError: See `stage`.
        LocationError: See `stage`.
    """
    check_columns(released.columns, target.partition_by)
    if target.table is not None:
        if released.sparkSession.catalog.tableExists(target.table):
            refuse_existing(target)
        return None
    storage = reachable_storage(released.sparkSession, root_of(target))
    return check_folder(storage, target, nullable(released.schema)) if storage else None


def read_staged(spark: SparkSession, staged: StagedFiles) -> DataFrame:
    """The release as it was written, columns in their order."""
    if staged.target.table is not None:
        return spark.table(staged.location)
    # The schema is given, so that no job infers it and partition columns keep their types.
    files = spark.read.schema(staged.schema).option("timeZone", "UTC").parquet(staged.location)
    return files.select(*[quoted(name) for name in staged.schema.names])


def discard(spark: SparkSession, staged: StagedFiles) -> None:
    """Delete what was staged; it must not have been published."""
    if staged.target.table is not None:
        drop_table(spark, staged.location)
    elif storage := reachable_storage(spark, root_of(staged.target)):
        storage.delete(staged.location.removeprefix(root_of(staged.target) + "/"))
    else:
        log.warning("run %s: VACUUM %s deletes the staged files later", staged.run_id, staged.target.name)


def discard_orphans(spark: SparkSession, target: TableTarget, keep: Collection[str] = ()) -> int:
    """Delete what runs that never published left behind; the caller holds the target's lease.

    Args:
        spark: The session.
        target: The table whose orphans are looked for.
        keep: Runs whose staged files stay.

    Returns:
        How many runs were cleaned up.
    """
    if target.table is not None:
        return drop_orphan_tables(spark, target.table, keep)
    storage = reachable_storage(spark, root_of(target))
    if storage is None:
        return 0
    table = delta_table(storage)
    # Where transactions expire, a published run can no longer be told from one that died: VACUUM must judge there.
    if table and "delta.setTransactionRetentionDuration" in table.metadata().configuration:
        return 0
    runs = {name: unquote(name.removeprefix(FOLDER)) for name in storage.children() if name.startswith(FOLDER)}
    orphans = [
        name
        for name, run_id in runs.items()
        if run_id not in keep and (table is None or table.transaction_version(release_app(run_id)) is None)
    ]
    for name in orphans:
        storage.delete(name)
    return len(orphans)


def root_of(target: TableTarget) -> str:
    """The root of a Delta table that is given by its URI."""
    if target.uri is None or target.format is not TableFormat.DELTA:
        raise LocationError(f"Only a Delta table can be staged and published; {target.name} is none.", field="output")
    return target.uri.rstrip("/")


def run_folder(run_id: str) -> str:
    """The name of a run's folder, from which the run can be told again.

    >>> run_folder("manual__2026-01-01T00:00")
    'anonspark-manual__2026-01-01T00%3A00'
    """
    name = quote(run_id, safe="")
    if not name or len(name) > MAX_RUN_ID:
        raise InputError(f"A run id has 1 to {MAX_RUN_ID} characters; special ones count three.", field="run_id")
    return FOLDER + name


def staging_table(table: str, run_id: str) -> str:
    """The catalog table beside the target that holds a run's staged rows."""
    *schema, name = table_parts(table)
    return ".".join(map(quoted, [*schema, f"{name}{TABLE}{hashlib.sha256(run_id.encode()).hexdigest()[:16]}"]))


def check_columns(columns: Sequence[str], partition_by: Sequence[str]) -> None:
    """Refuse names that Spark cannot hold side by side, and partitions by columns that are not there."""
    seen: dict[str, str] = {}
    for name in columns:
        if name.casefold() in seen:
            other = seen[name.casefold()]
            raise InputError(f"Columns '{other}' and '{name}' differ at most in case; rename one of them.", field=name)
        seen[name.casefold()] = name
    for name in partition_by:
        if name not in columns:
            raise InputError(f"output.partition_by names '{name}', which the release does not have.", field=name)


def check_folder(storage: Storage, target: TableTarget, schema: StructType) -> int:
    """How often runs have published to the target; refuses one that the mode or its content rules out."""
    table = delta_table(storage)
    check_target(table, target, schema)
    if table is None and any(not name.startswith((FOLDER, "_", ".")) for name in storage.children()):
        raise LocationError(
            f"The folder {target.name} is not empty and not a Delta table; name another output.", field="output"
        )
    return writer_epoch(table)


def table_parts(table: str) -> list[str]:
    """Catalog, schema and name of a table, without backticks.

    >>> table_parts("main.`my schema`.adult")
    ['main', 'my schema', 'adult']
    """
    if not TABLE_NAME.fullmatch(table):
        raise LocationError("A table is named catalog.schema.name, parts with special characters in backticks.")
    return [part[1:-1].replace("``", "`") if part[0] == "`" else part for part in TABLE_PART.findall(table)]


def quoted_table(table: str) -> str:
    """A table's name in a SQL statement, every part in backticks.

    >>> quoted_table("main.people.adult")
    '`main`.`people`.`adult`'
    """
    return ".".join(map(quoted, table_parts(table)))


def drop_table(spark: SparkSession, table: str) -> None:
    """Drop a staging table."""
    spark.sql(f"DROP TABLE IF EXISTS {quoted_table(table)}")


def drop_orphan_tables(spark: SparkSession, table: str, keep: Collection[str]) -> int:
    """Drop the staging tables of other runs beside a catalog table."""
    *schema, name = table_parts(table)
    kept = {staging_table(name, run_id) for run_id in keep}
    tables = spark.catalog.listTables(".".join(map(quoted, schema)) or None)
    orphans = [quoted(found.name) for found in tables if found.name.startswith(name + TABLE)]
    dead = [orphan for orphan in orphans if orphan not in kept]
    for orphan in dead:
        drop_table(spark, ".".join([*map(quoted, schema), orphan]))
    return len(dead)
