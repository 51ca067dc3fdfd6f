"""Append to and read the metadata tables: from the driver where it reaches them, with Spark elsewhere."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Field, Schema, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import MapType, StructType

from anonspark.errors import InputError
from anonspark.frames.names import quoted
from anonspark.io.delta_log import delta_table
from anonspark.io.metadata_schema import SCHEMA_VERSION, SCHEMAS, VERSION_PROPERTY
from anonspark.io.object_store import Storage, reachable_storage
from anonspark.io.stage import quoted_table

log = logging.getLogger(__name__)

COMMIT_RETRIES = 100
"""Runs that append to one table at the same moment take turns; each turn takes a few milliseconds."""


class MetadataTables(Protocol):
    """The metadata tables of one place."""

    def append(self, name: str, app_id: str, step: int, rows: pa.Table) -> None:
        """Add rows in one commit; nothing happens if this step of this application was appended before."""
        ...

    def rows_of(self, name: str, run_id: str) -> list[dict[str, Any]]:
        """All rows of a run; none if the table does not exist."""
        ...

    def cells_of(self, name: str, columns: Sequence[str]) -> list[dict[str, Any]]:
        """Some columns of every row of every run; none if the table does not exist."""
        ...

    def known_properties(self, name: str) -> Mapping[str, str | None] | None:
        """The properties of a table; None if it does not exist."""
        ...


class DriverTables:
    """Tables below a URI, written by the driver: about 5 ms a commit where a Spark job takes 500."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def append(self, name: str, app_id: str, step: int, rows: pa.Table) -> None:
        """Add rows in one commit; nothing happens if this step of this application was appended before."""
        table = self.ready(name)
        if (table.transaction_version(app_id) or 0) >= step:
            log.info("%s: step %d is already there", app_id, step)
            return
        properties = CommitProperties(max_commit_retries=COMMIT_RETRIES, app_transactions=[Transaction(app_id, step)])
        write_deltalake(table, rows, mode="append", commit_properties=properties)

    def rows_of(self, name: str, run_id: str) -> list[dict[str, Any]]:
        """All rows of a run; none if the table does not exist."""
        table = delta_table(self.place(name))
        if table is None:
            return []
        found: list[dict[str, Any]] = table.to_pyarrow_table(filters=[("run_id", "=", run_id)]).to_pylist()
        return found

    def cells_of(self, name: str, columns: Sequence[str]) -> list[dict[str, Any]]:
        """Some columns of every row of every run; none if the table does not exist."""
        table = delta_table(self.place(name))
        found: list[dict[str, Any]] = [] if table is None else table.to_pyarrow_table(columns=[*columns]).to_pylist()
        return found

    def known_properties(self, name: str) -> Mapping[str, str | None] | None:
        """The properties of a table; None if it does not exist."""
        table = delta_table(self.place(name))
        return None if table is None else table.metadata().configuration

    def place(self, name: str) -> Storage:
        """Where a table lies."""
        return Storage(f"{self.storage.uri.rstrip('/')}/{name}", self.storage.options)

    def ready(self, name: str) -> DeltaTable:
        """The table, created or brought to this engine's columns where needed."""
        place = self.place(name)
        table = delta_table(place)
        if table is None:
            table = self.create(place, SCHEMAS[name])
        version = found_version(name, table.metadata().configuration)
        if version < SCHEMA_VERSION:
            have = {field.name for field in table.schema().fields}
            wanted = Schema.from_json(SCHEMAS[name].json()).fields
            missing: list[Field] = [field for field in wanted if field.name not in have]
            if missing:
                table.alter.add_columns(missing)
            table.alter.set_table_properties({VERSION_PROPERTY: str(SCHEMA_VERSION)}, raise_if_not_exists=False)
            table = DeltaTable(place.uri, storage_options=place.options_dict())
        return table

    def create(self, place: Storage, schema: StructType) -> DeltaTable:
        """An empty table; one that another run creates at the same moment will do as well."""
        try:
            return DeltaTable.create(
                place.uri,
                Schema.from_json(schema.json()),
                configuration={VERSION_PROPERTY: str(SCHEMA_VERSION)},
                storage_options=place.options_dict(),
                commit_properties=CommitProperties(max_commit_retries=0),
                raise_if_key_not_exists=False,
            )
        except (CommitFailedError, DeltaError):
            table = delta_table(place)
            if table is None:
                raise
            return table


class SparkTables:
    """Tables that only Spark reaches: below a URI of its own file systems, or in a schema of the catalog."""

    def __init__(self, spark: SparkSession, uri: str | None = None, schema: str | None = None) -> None:
        """Take either the URI below which the tables lie, or the schema that they are tables of."""
        self.spark = spark
        self.uri = uri
        self.schema = schema

    def append(self, name: str, app_id: str, step: int, rows: pa.Table) -> None:
        """Add rows in one commit; Delta skips a step of an application that it has seen."""
        table = self.table(name)
        properties = self.properties(name) if table is not None else {VERSION_PROPERTY: str(SCHEMA_VERSION)}
        version = found_version(name, properties)
        writer = (
            self.spark.createDataFrame(rows, SCHEMAS[name])
            .coalesce(1)
            .write.format("delta")
            .mode("append")
            .option("txnAppId", app_id)
            .option("txnVersion", step)
            .option("mergeSchema", str(version < SCHEMA_VERSION).lower())
        )
        if self.uri is not None:
            writer.save(f"{self.uri.rstrip('/')}/{name}")
        else:
            writer.saveAsTable(self.sql_name(name))
        if table is None or version < SCHEMA_VERSION:
            self.spark.sql(
                f"ALTER TABLE {self.sql_name(name)} SET TBLPROPERTIES ('{VERSION_PROPERTY}' = '{SCHEMA_VERSION}')"
            )

    def rows_of(self, name: str, run_id: str) -> list[dict[str, Any]]:
        """All rows of a run; none if the table does not exist."""
        table = self.table(name)
        return [] if table is None else [row.asDict() for row in table.where(table.run_id == run_id).collect()]

    def cells_of(self, name: str, columns: Sequence[str]) -> list[dict[str, Any]]:
        """Some columns of every row of every run; none if the table does not exist."""
        table = self.table(name)
        return [] if table is None else [row.asDict() for row in table.select(*columns).collect()]

    def known_properties(self, name: str) -> Mapping[str, str | None] | None:
        """The properties of a table; None if it does not exist."""
        return None if self.table(name) is None else self.properties(name)

    def table(self, name: str) -> DataFrame | None:
        """A table, or None if it does not exist."""
        try:
            found = self.spark.table(self.sql_name(name))
            found.schema  # noqa: B018  Connect looks for the table only now
        except AnalysisException:
            return None
        return found

    def properties(self, name: str) -> Mapping[str, str]:
        """The properties of a table that exists."""
        found = self.spark.sql(f"SHOW TBLPROPERTIES {self.sql_name(name)}").collect()
        return {row["key"]: row["value"] for row in found}

    def sql_name(self, name: str) -> str:
        """A table in a SQL statement, every part in backticks."""
        if self.uri is not None:
            return f"delta.{quoted(self.uri.rstrip('/') + '/' + name)}"
        return f"{quoted_table(self.schema or 'default')}.{quoted(name)}"


def metadata_tables(spark: SparkSession, uri: str) -> MetadataTables:
    """The metadata tables below `metadata.uri`."""
    storage = reachable_storage(spark, uri)
    return DriverTables(storage) if storage else SparkTables(spark, uri=uri)


def arrow_rows(name: str, run_id: str, rows: Iterable[Mapping[str, object]]) -> pa.Table:
    """Rows of a metadata table, each with its run; a column that is not given is null, dicts become maps and JSON.

    Raises:
        KeyError: A row has a column that the table does not have.
    """
    schema = SCHEMAS[name]
    makers: dict[str, Callable[[Any], object]] = {
        field.name: (lambda value: value and list(value.items())) if isinstance(field.dataType, MapType) else cell
        for field in schema
    }
    values = [{key: makers[key](value) for key, value in row.items()} | {"run_id": run_id} for row in rows]
    return pa.Table.from_pylist(values, schema=to_arrow_schema(schema))


def cell(value: object) -> object:
    """A value as a column takes it: objects and lists as JSON with a fixed order of keys."""
    return json.dumps(value, sort_keys=True) if isinstance(value, Mapping | list | tuple) else value


def found_version(name: str, properties: Mapping[str, str | None]) -> int:
    """The schema version of a table; 0 where none is noted.

    Raises:
        InputError: A newer engine wrote it.
    """
    version = int(properties.get(VERSION_PROPERTY) or 0)
    if version > SCHEMA_VERSION:
        raise InputError(
            f"The metadata table {name} was written by a newer anonspark (schema {version}, this one knows "
            f"{SCHEMA_VERSION}); upgrade anonspark or set metadata.uri to another place.",
            field="metadata.uri",
        )
    return version
