"""How a release is written as csv, json or parquet, and read back as what it was."""

from typing import Final

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import ArrayType, BinaryType, DataType, MapType, StringType, StructField, StructType, VariantType

from anonspark.domain.sources import TableTarget
from anonspark.errors import ColumnTypeError
from anonspark.frames.casts import MALFORMED, RAGGED, add_malformed, column, malformed_cells, try_cast_columns
from anonspark.io.csv import CORRUPT, READING
from anonspark.io.tables import ragged
from anonspark.vocabulary import TableFormat

FILE_FORMATS: Final = (TableFormat.CSV, TableFormat.JSON, TableFormat.PARQUET)

TIMES: Final = {
    # Spark's default writes three of the six digits of a second.
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss[.SSSSSS]XXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss[.SSSSSS]",
    "timeZone": "UTC",
}
"""How points in time are written in texts, and read from them."""

WRITING: Final = {
    TableFormat.CSV: {
        "header": "true",
        "escape": '"',  # RFC 4180; Spark's default is a backslash
        "emptyValue": '""',
        "nullValue": "",
        "ignoreLeadingWhiteSpace": "false",  # Spark trims what it writes unless told not to
        "ignoreTrailingWhiteSpace": "false",
        **TIMES,
    },
    TableFormat.JSON: {"ignoreNullFields": "false", **TIMES},  # every record has every column
    TableFormat.PARQUET: {"timeZone": "UTC"},
}
"""Spark's writer options; a null is an unquoted empty field in CSV and the empty text is `""`."""

# Else the reader takes the end of the first line, even one within quotes, for that of all.
READING_BACK: Final = {**READING, "lineSep": "\n", "enforceSchema": "false"}

UNSUPPORTED: Final = "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE"


def is_one_object(target: TableTarget) -> bool:
    """Whether a target is one object rather than a folder: its URI ends in its format.

    >>> is_one_object(TableTarget("out/adult.csv", format=TableFormat.CSV))
    True
    """
    return bool(target.uri) and target.format in FILE_FORMATS and str(target.uri).endswith(f".{target.format}")


def require_columns_fit(released: DataFrame, target: TableTarget) -> None:
    """Refuse columns that the format cannot hold; one more job for a CSV of one column.

    Raises:
        ColumnTypeError: It names the column.
    """
    if target.format is not TableFormat.CSV:
        return
    for field in released.schema.fields:
        require_flat(field.name, field.dataType)
    if len(released.columns) == 1 and not released.filter(column(released.columns[0]).isNull()).isEmpty():
        raise ColumnTypeError(
            released.columns[0],
            "with nulls",
            "a CSV of one column would hold blank lines, which no reader takes for rows; write json or parquet",
        )


def require_flat(name: str, kind: DataType) -> None:
    """Refuse a column of a type that a cell of text cannot hold.

    Raises:
        ColumnTypeError: It is nested or binary.
    """
    if isinstance(kind, ArrayType | MapType | StructType | BinaryType | VariantType):
        raise ColumnTypeError(name, kind.simpleString(), "CSV cannot hold it: write json or parquet, or leave it out")


def write_files(released: DataFrame, target: TableTarget, location: str) -> None:
    """Write the release as files of the target's format into a new folder; a single file for one object.

    Raises:
        ColumnTypeError: The format cannot hold a column.
    """
    writer = released.write
    if is_one_object(target):
        writer = released.coalesce(1).write.option("maxRecordsPerFile", 0)
    writer = writer.mode("error").options(**WRITING[target.format]).partitionBy(*target.partition_by)
    try:
        writer.format(target.format).save(location)
    except AnalysisException as error:
        if error.getCondition() != UNSUPPORTED:
            raise
        told = error.getMessageParameters() or {}
        name, kind = told.get("columnName", "?").strip("`"), told.get("columnType", "?").strip('"').lower()
        raise ColumnTypeError(name, kind, f"{target.format} cannot hold it: write delta, or cast it first") from error


def read_files(spark: SparkSession, target: TableTarget, schema: StructType, location: str) -> DataFrame:
    """What `write_files` wrote, in the types and the order that the release has; rows that cannot be read are marked.

    Readers put columns that partition a folder last.
    """
    columns = [column(name) for name in schema.names]
    if target.format is TableFormat.PARQUET:
        return spark.read.options(**WRITING[target.format]).schema(schema).parquet(location).select(*columns)
    corrupt = StructField(CORRUPT, StringType())
    reader = spark.read.option("columnNameOfCorruptRecord", CORRUPT).option("mode", "PERMISSIVE")
    marks = {RAGGED: ragged(schema.names[0])}
    if target.format is TableFormat.JSON:
        fields = [*schema.fields, corrupt]
        table = reader.options(**TIMES).schema(StructType(fields)).json(location)
        return table.transform(add_malformed(marks)).select(*columns, MALFORMED)
    fields = [*[StructField(name, StringType()) for name in schema.names], corrupt]
    types = {each.name: each.dataType.simpleString() for each in schema if not isinstance(each.dataType, StringType)}
    table = reader.options(**READING_BACK).schema(StructType(fields)).csv(location)
    marked = table.transform(add_malformed({**marks, **malformed_cells(types)})).transform(try_cast_columns(types))
    return marked.select(*columns, MALFORMED)
