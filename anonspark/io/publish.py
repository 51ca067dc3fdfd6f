"""Make a verified release the table's next version, in one commit that a rerun recognizes."""

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import pyarrow.fs as pafs
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import SparkSession

from anonspark.domain.sources import TableTarget
from anonspark.errors import InputError, RunConflictError
from anonspark.frames.names import quoted
from anonspark.frames.settings import session_settings
from anonspark.io.delta_log import (
    WRITER,
    Published,
    check_target,
    delta_table,
    is_plain,
    labelled,
    needs_column_mapping,
    release_app,
    release_label,
    released,
    table_properties,
    writer_epoch,
)
from anonspark.io.object_store import Storage, reachable_storage
from anonspark.io.stage import StagedFiles, discard, quoted_table, read_staged, root_of
from anonspark.vocabulary import WriteMode

log = logging.getLogger(__name__)

Fence = Callable[[], None]
"""Called right before the commit; raises RunConflictError if the run may not write any more."""

FOOTERS_AT_ONCE = 16

SPARK_MODES = {WriteMode.OVERWRITE: "overwrite", WriteMode.APPEND: "append", WriteMode.ERROR: "errorifexists"}

NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"


def publish(spark: SparkSession, staged: StagedFiles, fence: Fence, input_version: int | None = None) -> int:
    """Commit a staged release to its target, once for a run however often it is called.

    The staged files become files of the table where they lie (measured: 11 ms). Where the log cannot simply name them
    - a table of the catalog, a column name or type that needs a table feature, other partitions, a table that checks
    its rows - Spark copies them in one commit of its own.

    Args:
        spark: The session.
        staged: What to publish.
        fence: Called right before the commit.
        input_version: Of the Delta table that the release was made of; the commit tells it to a rerun.

    Returns:
        The version of the table that this run published.

    Raises:
        RunConflictError: Another run published since this one staged, or the fence fell.
        InputError: The table does not take these columns.
    """
    published = published_version(spark, staged.target, staged.run_id)
    if published is not None:
        return published
    label = release_label(staged.run_id, input_version)
    storage = None if staged.target.table is not None else reachable_storage(spark, root_of(staged.target))
    table = delta_table(storage) if storage else None
    if table is not None:
        check_target(table, staged.target, staged.schema)
    if storage is not None:
        check_epoch(staged, table)
        if is_plain(table, staged.schema, staged.target.partition_by):
            commit_files(staged, storage, table, fence, label)
            return version_of(spark, staged)
    copy_rows(spark, staged, storage, table, fence, label)
    version = version_of(spark, staged)
    discard(spark, staged)
    return version


def published_version(spark: SparkSession, target: TableTarget, run_id: str) -> int | None:
    """The version of the target that a run published; None if it never did."""
    found = published_release(spark, target, run_id)
    return None if found is None else found.version


def published_release(spark: SparkSession, target: TableTarget, run_id: str) -> Published | None:
    """What a run published to the target, found in the table's log; None if it never did."""
    if target.table is None and (storage := reachable_storage(spark, root_of(target))):
        table = delta_table(storage)
        return released(table, run_id) if table else None
    if target.table is not None and not spark.catalog.tableExists(target.table):
        return None
    try:
        history = spark.sql(f"DESCRIBE HISTORY {sql_name(target)}")
        of_run = history.userMetadata.startswith(release_label(run_id))
        commits = history.where(of_run).select("version", "userMetadata").collect()
    except AnalysisException:  # a path where no table is
        return None
    found = [labelled(run_id, int(version), label) for version, label in commits]
    return max(filter(None, found), key=lambda each: each.version or 0, default=None)


def version_of(spark: SparkSession, staged: StagedFiles) -> int:
    """The version that the commit just made got; the newest one where the session keeps Spark from labelling it."""
    version = published_version(spark, staged.target, staged.run_id)
    if version is None:
        history = spark.sql(f"DESCRIBE HISTORY {sql_name(staged.target)}").agg({"version": "max"}).collect()
        version = int(history[0][0])
    log.info("run %s: published version %d of %s", staged.run_id, version, staged.target.name)
    return version


def check_epoch(staged: StagedFiles, table: DeltaTable | None) -> None:
    """Refuse to publish over a release that another run has published since this one staged."""
    if staged.writer_epoch is not None and writer_epoch(table) != staged.writer_epoch:
        raise overtaken(staged)


def overtaken(staged: StagedFiles) -> RunConflictError:
    """Another writer was faster."""
    return RunConflictError(
        f"Another run published to {staged.target.name} while this one ran; nothing was published. Run it again."
    )


def commit_files(staged: StagedFiles, storage: Storage, table: DeltaTable | None, fence: Fence, label: str) -> None:
    """Name the staged files in the table's log; creates the table on the first publish."""
    actions = add_actions(staged, storage)
    schema = Schema.from_json(staged.schema.json())
    partitions = list(staged.target.partition_by)
    # Two runs that read the same epoch both write epoch + 1, and Delta lets only one transaction of a name through:
    # a holder of a lost lease that woke up between the fence and the commit fails here.
    transactions = [Transaction(release_app(staged.run_id), 1), Transaction(WRITER, writer_epoch(table) + 1)]
    metadata = {"userMetadata": label}
    fence()
    try:
        if table is None:
            create_table_with_add_actions(
                storage.uri,
                schema,
                [action for action in actions if isinstance(action, AddAction)],
                partition_by=partitions,
                configuration=table_properties(staged.schema),
                storage_options=storage.options_dict(),
                # Without retries: a retry would put this commit on top of a table that another run just created.
                commit_properties=CommitProperties(metadata, max_commit_retries=0, app_transactions=transactions),
            )
        else:
            table.create_write_transaction(
                actions,
                mode=str(staged.target.mode),
                schema=schema,
                partition_by=partitions,
                commit_properties=CommitProperties(metadata, app_transactions=transactions),
            )
    except CommitFailedError as error:
        raise overtaken(staged) from error
    except DeltaError as error:
        if table is None and delta_table(storage) is not None:
            raise overtaken(staged) from error
        raise


def add_actions(staged: StagedFiles, storage: Storage) -> list[AddAction | RemoveAction]:
    """The staged files as the log names them, with counts of rows and nulls but no values."""
    files = storage.files()
    folder = staged.location.removeprefix(root_of(staged.target) + "/")
    found = files.get_file_info(pafs.FileSelector(folder, recursive=True))
    parquet = [info for info in found if info.is_file and is_data(info.path.removeprefix(folder + "/"))]
    with ThreadPoolExecutor(FOOTERS_AT_ONCE) as pool:
        statistics = list(pool.map(lambda info: count_statistics(files, info.path), parquet))
    return [
        AddAction(
            path=info.path,
            size=info.size,
            partition_values=partition_values(info.path.removeprefix(folder + "/")),
            modification_time=int(info.mtime.timestamp() * 1000) if info.mtime else 0,
            data_change=True,
            stats=json.dumps(counts),
        )
        for info, counts in zip(parquet, statistics, strict=True)
    ]


def is_data(path: str) -> bool:
    """Whether a path below the staging folder is a data file; what Spark keeps for itself has `_` or `.` in front.

    >>> is_data("zip=1%2F2/part-0.parquet"), is_data("_temporary/0/part-0.parquet")
    (True, False)
    """
    *folders, name = path.split("/")
    # A partition column's own name may begin with an underscore.
    return not name.startswith(("_", ".")) and all("=" in folder for folder in folders)


def partition_values(path: str) -> dict[str, str | None]:
    """The partition that a path below the staging folder stands for.

    >>> partition_values("zip=1%2F2/year=__HIVE_DEFAULT_PARTITION__/part-0.parquet")
    {'zip': '1/2', 'year': None}
    """
    pairs = [folder.split("=", 1) for folder in path.split("/")[:-1]]
    return {unquote(name): None if value == NO_PARTITION else unquote(value) for name, value in pairs}


def count_statistics(files: pafs.FileSystem, path: str) -> dict[str, object]:
    """Rows, and nulls a column where the file tells them, from the footer of one Parquet file."""
    with files.open_input_file(path) as file:
        footer = pq.read_metadata(file)
    names = footer.schema.to_arrow_schema().names
    counts: dict[str, object] = {"numRecords": footer.num_rows}
    if len(names) != footer.num_columns:  # nested columns have several leaves each
        return counts
    columns = {
        name: [footer.row_group(group).column(index).statistics for group in range(footer.num_row_groups)]
        for index, name in enumerate(names)
    }
    counts["nullCount"] = {
        name: sum(chunk.null_count for chunk in chunks)
        for name, chunks in columns.items()
        if all(chunk is not None and chunk.has_null_count for chunk in chunks)
    }
    return counts


def copy_rows(
    spark: SparkSession,
    staged: StagedFiles,
    storage: Storage | None,
    table: DeltaTable | None,
    fence: Fence,
    label: str,
) -> None:
    """Write the staged rows to the target with Spark, in one commit; one Spark job."""
    target = staged.target
    rows = read_staged(spark, staged)
    there = table is not None if storage else is_table(spark, target)
    if there and target.mode is WriteMode.ERROR:
        raise overtaken(staged)
    writer = (
        rows.write.format("delta")
        .mode(SPARK_MODES[target.mode])
        .option("txnAppId", release_app(staged.run_id))
        .option("txnVersion", 1)
        .option("userMetadata", label)
    )
    if target.mode is WriteMode.OVERWRITE:
        writer = writer.option("overwriteSchema", "true")
    if target.partition_by:
        writer = writer.partitionBy(*target.partition_by)
    if not there:
        writer = writer.options(**table_properties(staged.schema))
    fence()
    try:
        if there and target.mode is WriteMode.OVERWRITE and needs_column_mapping(staged.schema):
            allow_any_name(spark, target)
        with session_settings(spark, commit_settings(label)):
            if target.table is not None:
                writer.saveAsTable(target.table)
            else:
                writer.save(root_of(target))
    except AnalysisException as error:
        reason = error.getCondition() or "it gave no reason"
        raise InputError(f"The table {target.name} does not take the release: {reason}.", field="output") from error
    except PySparkException as error:
        if "CONCURRENT" in (error.getCondition() or "") or "Concurrent" in type(error).__name__:
            raise overtaken(staged) from error
        raise


def is_table(spark: SparkSession, target: TableTarget) -> bool:
    """Whether Spark finds a Delta table there."""
    if target.table is not None:
        return spark.catalog.tableExists(target.table)
    try:
        spark.sql(f"DESCRIBE DETAIL {sql_name(target)}").schema  # noqa: B018  the analysis is what asks
    except AnalysisException:
        return False
    return True


def allow_any_name(spark: SparkSession, target: TableTarget) -> None:
    """Switch column mapping on: a commit of its own that changes no row."""
    spark.sql(f"ALTER TABLE {sql_name(target)} SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')")


def sql_name(target: TableTarget) -> str:
    """The target in a SQL statement, every part of it in backticks."""
    if target.table is not None:
        return quoted_table(target.table)
    return f"delta.{quoted(root_of(target))}"


def commit_settings(label: str) -> dict[str, str]:
    """Settings that label a commit, also where it creates a table, and keep minima and maxima of cells out of the log.

    Where a session fixes them, new tables have a property against statistics.
    """
    return {
        "spark.databricks.delta.stats.collect": "false",
        # The writer's option of this name is not heard when a catalog table is created.
        "spark.databricks.delta.commitInfo.userMetadata": label,
    }
