"""The rows that came to a Delta table after one of its versions, without reading the others.

Files that a range of versions added hold the new rows and nothing else, as long as nothing was changed or deleted. The
log names them. Where the driver does not reach it, or columns are mapped, only the change data feed tells.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from deltalake import DeltaTable
from pyspark.sql import DataFrame, DataFrameReader, SparkSession
from pyspark.sql import functions as F

from anonspark.errors import InputError, LocationError
from anonspark.io.delta_log import delta_table
from anonspark.io.failures import SPARK_ERRORS
from anonspark.io.object_store import Storage, reachable_storage

CHANGE_COLUMNS: Final = ("_change_type", "_commit_version", "_commit_timestamp")


def new_rows(spark: SparkSession, uri: str, since: int, version: int) -> DataFrame:
    """The rows that the versions after `since` brought, up to a version.

    Raises:
        InputError: Rows were changed or deleted meanwhile; only the whole table can be released then.
        LocationError: The versions between are no longer in the log.
    """
    whole = spark.read.format("delta").option("versionAsOf", version).load(uri)
    require_order(since, version)
    if since == version:
        return whole.limit(0)
    storage = reachable_storage(spark, uri)
    table = None if storage is None else delta_table(storage)
    if storage is None or table is None or has_mapped_columns(table):
        return inserted(spark.read.format("delta").option("readChangeFeed", "true"), uri, since, version)
    paths = [f"{uri.rstrip('/')}/{path}" for path in added_files(storage, since, version)]
    if not paths:
        return whole.limit(0)
    # The schema is given, so that partition columns keep their types; their values stand in the names of folders.
    files = spark.read.schema(whole.schema).option("basePath", uri).parquet(*paths)
    return files.select(*[F.col(f"`{name.replace('`', '``')}`") for name in whole.columns])


def new_rows_of_table(spark: SparkSession, name: str, since: int, version: int) -> DataFrame:
    """The same of a table of the catalog, whose name is quoted; it needs a change data feed."""
    require_order(since, version)
    if since == version:
        return spark.read.option("versionAsOf", version).table(name).limit(0)
    return inserted(spark.read.option("readChangeFeed", "true"), name, since, version, in_catalog=True)


def require_order(since: int, version: int) -> None:
    """Refuse a range that ends before it begins.

    Raises:
        InputError: The input is older than what is released.
    """
    if since > version:
        raise InputError(
            f"Version {since} of the input is released already, and this is version {version}; leave input.version "
            "out, or name a later one.",
            field="input.version",
        )


def added_files(storage: Storage, since: int, version: int) -> list[str]:
    """The paths of files that the versions after `since` added, relative to the table.

    Raises:
        InputError: A version took rows away.
        LocationError: A version is not in the log any more.
    """
    found = []
    for number in range(since + 1, version + 1):
        for action in actions_of(storage, number):
            removed, added = action.get("remove"), action.get("add")
            if removed is not None and removed.get("dataChange", True):
                raise changed_error(since, version)
            if added is not None and added.get("dataChange", True):
                found.append(unquote(added["path"]))
    return found


def actions_of(storage: Storage, version: int) -> Iterator[Mapping[str, Any]]:
    """What a version did, an action a line."""
    path = f"_delta_log/{version:020}.json"
    try:
        with storage.files().open_input_stream(path) as stream:
            lines = stream.read().decode().splitlines()
    except (FileNotFoundError, OSError):
        raise LocationError(
            f"Version {version} of the input is not in its log any more, so that what is new since then is not known. "
            "Release the whole table with anonymize, and append more often than the log is cleaned up.",
            field="input",
        ) from None
    yield from map(json.loads, filter(None, lines))


def has_mapped_columns(table: DeltaTable) -> bool:
    """Whether columns have other names in the files than in the table."""
    return table.metadata().configuration.get("delta.columnMapping.mode", "none") != "none"


def inserted(reader: DataFrameReader, place: str, since: int, version: int, *, in_catalog: bool = False) -> DataFrame:
    """The inserts of a change data feed.

    Raises:
        InputError: There were other changes, or there is no feed.
    """
    ranged = reader.option("startingVersion", since + 1).option("endingVersion", version)
    try:
        feed: DataFrame = ranged.table(place) if in_catalog else ranged.load(place)
        others = feed.where(F.col(CHANGE_COLUMNS[0]) != "insert").limit(1).count()
    except SPARK_ERRORS:
        raise InputError(
            f"What is new in the input since version {since} is told by its change data feed alone, and it has none "
            "for these versions: set delta.enableChangeDataFeed = true on it and release the whole table once more.",
            field="input",
        ) from None
    if others:
        raise changed_error(since, version)
    return feed.drop(*CHANGE_COLUMNS)


def changed_error(since: int, version: int) -> InputError:
    """The error about a table in which rows were not only added."""
    return InputError(
        f"Between versions {since} and {version} of the input rows were changed or deleted. What is released of them "
        "cannot be taken back by an append; release the whole table with anonymize.",
        field="input",
    )
