"""Reading the table of a job: its format, its version, its rows and columns, and what is malformed in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from anonspark.domain.conditions import columns_of, parse_condition
from anonspark.domain.sources import TableSource, TableTarget
from anonspark.errors import ColumnNotFoundError, ConfigurationError, LocationError, did_you_mean
from anonspark.frames.casts import (
    CELL,
    MALFORMED,
    RAGGED,
    UNDECODABLE,
    add_malformed,
    column,
    is_malformed,
    leave_out_malformed,
    malformed_cells,
    opaque,
    try_cast_columns,
    undecodable,
)
from anonspark.frames.filters import condition_column
from anonspark.io.csv import CORRUPT, read_csv
from anonspark.io.failures import SPARK_ERRORS, storage_errors
from anonspark.io.locations import LocationState, location_state
from anonspark.io.new_rows import new_rows, new_rows_of_table
from anonspark.io.uris import normalize_uri
from anonspark.vocabulary import TableFormat

OPTIONS: Final[Mapping[TableFormat, tuple[str, ...]]] = {
    TableFormat.CSV: (
        "sep", "header", "encoding", "quote", "escape", "comment", "nullValue", "multiLine", "lineSep",
        "ignoreLeadingWhiteSpace", "ignoreTrailingWhiteSpace", "pathGlobFilter", "recursiveFileLookup",
    ),
    TableFormat.JSON: (
        "multiLine", "encoding", "lineSep", "primitivesAsString", "pathGlobFilter", "recursiveFileLookup",
    ),
    TableFormat.PARQUET: ("mergeSchema", "pathGlobFilter", "recursiveFileLookup"),
    TableFormat.DELTA: (),
}  # fmt: skip
"""Reader options by format. Others are refused, since an option can also set what Hadoop does and reads."""

_PART = r"(?:`(?:[^`]|``)+`|[\w$-]+)"
_TABLE = re.compile(rf"{_PART}(?:\.{_PART}){{0,3}}")


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table that is described but not yet read: each action on it is a pass.

    Attributes:
        flagged: All rows, malformed ones marked in a last column `MALFORMED`; that column is missing where nothing can
            be malformed. The pass that counts classes counts the marks too.
        table: The rows that can be released: those without a mark, and without that column.
        version: Of a Delta table: what both passes read.
        description: What messages and the run record call it.
    """

    flagged: DataFrame
    table: DataFrame
    version: int | None
    description: str


def read_table(spark: SparkSession, source: TableSource) -> ReadTable:
    """Read what a job names; starts jobs of a row for CSV, of the whole file for JSON, whose types have to be found.

    A row that is malformed where `where` looks is kept, so that it is counted and not taken for one that is not meant.

    Raises:
        LocationError: There is nothing that can be read as that format.
        ColumnNotFoundError: `schema`, `where` or `columns` names a column that is not there.
        ColumnTypeError: `where` compares a column with a literal of another kind.
        ConfigurationError: An option that is not allowed.
        InputError: `where` is no condition, or the CSV's header is none.
    """
    check_options(source)
    condition = parse_condition(source.where) if source.where else None
    with storage_errors(source.name, otherwise=f"cannot be read as {source.format}; see input.format"):
        raw, version = _raw(spark, source)
        columns = [name for name in raw.columns if name != CORRUPT]
        rows = {RAGGED: ragged(columns[0])} if CORRUPT in raw.columns else {}
        _require_columns(source, columns)
        asked = columns_of(condition) if condition else frozenset()
        used = [name for name in columns if name in (source.columns or columns) or name in asked]
        casts = {name: kind for name, kind in source.schema.items() if name in used}
        cells = malformed_cells({name: kind for name, kind in casts.items() if kind != "string"})
        if source.format is TableFormat.CSV:
            rows[UNDECODABLE] = undecodable(used)
        table = raw.transform(add_malformed({**rows, **cells})).transform(try_cast_columns(casts))
        if condition:
            holds = F.coalesce(condition_column(condition, table.schema), F.lit(False))
            unsure = is_malformed(table, {*rows, *(CELL + name for name in asked)})
            table = table.filter(opaque(holds | unsure))
        flagged = table.select(*_chosen(table, source.columns or columns))
        return ReadTable(flagged, leave_out_malformed(flagged), version, source.name)


def table_exists(spark: SparkSession, target: TableTarget) -> bool:
    """Whether there is a table to append to."""
    if target.table is not None:
        return bool(spark.catalog.tableExists(target.table))
    return location_state(spark, normalize_uri(target.uri or "")) is LocationState.DELTA


def check_options(source: TableSource) -> None:
    """Refuse reader options that are not allowed.

    Raises:
        ConfigurationError: It names all of them.
    """
    allowed = OPTIONS[source.format]
    known = {name.lower() for name in allowed}
    faults = [
        (f"input.options.{name}", f"is no option of {source.format}{did_you_mean(name, allowed)}")
        for name in source.options
        if name.lower() not in known
    ]
    if faults:
        raise ConfigurationError(faults)


def quoted_table(name: str) -> str:
    """A catalog name with each part in backticks, fit for a command.

    Raises:
        LocationError: It is no name of up to four parts.

    >>> quoted_table("main.health-care.`patients 2024`")
    '`main`.`health-care`.`patients 2024`'
    """
    if not _TABLE.fullmatch(name):
        raise LocationError(
            "A table is named catalog.schema.name; parts with blanks stand in backticks.", "input.table"
        )
    parts = re.findall(_PART, name)
    return ".".join(part if part.startswith("`") else f"`{part}`" for part in parts)


def _raw(spark: SparkSession, source: TableSource) -> tuple[DataFrame, int | None]:
    """The table as its format gives it, with CORRUPT where rows can be ragged, and its version."""
    if source.table is not None:
        return _catalog_table(spark, source)
    if source.uri is None:
        raise LocationError("The input names neither a URI nor a table.", field="input")
    uri = normalize_uri(source.uri)
    match source.format:
        case TableFormat.DELTA:
            return _delta(spark, uri, source)
        case TableFormat.CSV:
            return read_csv(spark, uri, source.options, source.name), None
        case TableFormat.JSON:
            return _json(spark, uri, source), None
        case TableFormat.PARQUET:
            if location_state(spark, uri) is LocationState.DELTA:
                # Its folder also holds the files of versions that are gone.
                raise LocationError(f"{source.name} is a Delta table; set input.format: delta.", field="input.format")
            return spark.read.options(**source.options).parquet(uri), None


def _delta(spark: SparkSession, uri: str, source: TableSource) -> tuple[DataFrame, int]:
    state = location_state(spark, uri)
    if state is not LocationState.DELTA:
        found = "does not exist" if state is LocationState.ABSENT else "is not a Delta table; see input.format"
        raise LocationError(f"{source.name} {found}.", field="input")
    escaped = uri.replace("`", "``")
    version = source.version if source.version is not None else _newest_version(spark, f"delta.`{escaped}`")
    if source.since is not None:
        return new_rows(spark, uri, source.since, version), version
    return spark.read.format("delta").option("versionAsOf", version).load(uri), version


def _catalog_table(spark: SparkSession, source: TableSource) -> tuple[DataFrame, int | None]:
    name = quoted_table(source.table or "")
    table = spark.read.table(name)
    table.schema  # noqa: B018  asks the catalog, so that a missing table is told apart from one without versions
    version = source.version
    if version is None:
        try:
            version = _newest_version(spark, name)
        except SPARK_ERRORS:
            return table, None  # not Delta: a view, or files of another format
    if source.since is not None:
        return new_rows_of_table(spark, name, source.since, version), version
    return spark.read.option("versionAsOf", version).table(name), version


def _newest_version(spark: SparkSession, name: str) -> int:
    """The version that the table has now; `name` is quoted."""
    row = spark.sql(f"DESCRIBE HISTORY {name} LIMIT 1").select("version").head()
    if row is None:
        raise LocationError("The Delta table has no history.", field="input")
    return int(row["version"])


def _json(spark: SparkSession, uri: str, source: TableSource) -> DataFrame:
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": CORRUPT, **source.options}
    found = spark.read.options(**options).json(uri).schema
    fields = [field for field in found.fields if field.name != CORRUPT]
    if not fields:
        raise LocationError(
            f"{source.name} holds no JSON records: one object a line, or set input.options.multiLine: true.",
            field="input",
        )
    schema = type(found)(fields).add(CORRUPT, StringType())
    return spark.read.options(**options).schema(schema).json(uri)


def ragged(any_column: str) -> Column:
    """Whether the reader could not make a row of what it read."""
    # Spark refuses a query of CORRUPT alone. A hash is always at least the smallest integer, which the optimizer does
    # not know, so that this condition keeps a second column in every query.
    return column(CORRUPT).isNotNull() & (F.hash(column(any_column)) >= F.lit(-(2**31)))


def _require_columns(source: TableSource, columns: list[str]) -> None:
    for name in (*source.schema, *(source.columns or ())):
        if name not in columns:
            raise ColumnNotFoundError(name, columns)


def _chosen(table: DataFrame, columns: list[str] | tuple[str, ...]) -> list[Column]:
    marks = [MALFORMED] if MALFORMED in table.columns else []
    return [column(name) for name in (*columns, *marks)]
