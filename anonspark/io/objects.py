"""Files of csv, json and parquet: a folder of them, or one object that appears whole or not at all."""

import logging
import secrets
from typing import Final

import pyarrow.fs as pafs
from pyspark.sql import DataFrame
from pyspark.sql.types import ArrayType, BinaryType, DataType, MapType, StructType, VariantType

from anonspark.domain.sources import TableTarget
from anonspark.errors import ColumnTypeError, InputError, LocationError
from anonspark.frames.casts import column
from anonspark.io.failures import storage_errors
from anonspark.io.locations import LocationState, location_state
from anonspark.io.object_store import Storage, storage_of
from anonspark.io.uris import normalize_uri
from anonspark.vocabulary import TableFormat, WriteMode

log = logging.getLogger(__name__)

FILE_FORMATS: Final = (TableFormat.CSV, TableFormat.JSON, TableFormat.PARQUET)

WRITING: Final = {
    TableFormat.CSV: {
        "header": "true",
        "escape": '"',  # RFC 4180; Spark's default is a backslash
        "emptyValue": '""',
        "nullValue": "",
        "ignoreLeadingWhiteSpace": "false",  # Spark trims what it writes unless told not to
        "ignoreTrailingWhiteSpace": "false",
    },
    TableFormat.JSON: {"ignoreNullFields": "false"},  # every record has every column
    TableFormat.PARQUET: {},
}
"""Spark's writer options; a null is an unquoted empty field in CSV and the empty text is `""`."""


def is_one_object(target: TableTarget) -> bool:
    """Whether a target is one object rather than a folder: its URI ends in its format.

    >>> is_one_object(TableTarget("out/adult.csv", format=TableFormat.CSV))
    True
    """
    return bool(target.uri) and target.format in FILE_FORMATS and str(target.uri).endswith(f".{target.format}")


def write_files(released: DataFrame, target: TableTarget) -> None:
    """Write a release as csv, json or parquet: one object or a folder; one Spark job.

    Raises:
        LocationError: The target is there and may not be replaced, or cannot be written.
        InputError: The mode does not go with files, or a column with the format.
    """
    if is_one_object(target):
        write_object(released, target)
    else:
        write_folder(released, target)


def write_folder(released: DataFrame, target: TableTarget) -> None:
    """Write a folder of files, or add files to one; it can hold half a release if the job dies.

    A folder has no atomic overwrite, so one that is not empty is refused unless files are to be added.

    Raises:
        LocationError: It is not empty, or cannot be written.
        ColumnTypeError: CSV cannot hold a column.
    """
    uri = check_target(released, target)
    state = location_state(released.sparkSession, uri)
    if state is LocationState.DELTA:
        raise LocationError(f"{target.name} is a Delta table; set output.format: delta.", field="output.format")
    if state is LocationState.OTHER and target.mode is not WriteMode.APPEND:
        raise LocationError(
            f"{target.name} is not empty, and a folder of {target.format} files cannot be replaced at once; "
            "name a new folder, set output.mode: append, or output.format: delta.",
            field="output.uri",
        )
    # Always `append`: Spark's `overwrite` would delete what else lies there, such as metadata.
    writer = released.write.mode("append").options(**WRITING[target.format]).partitionBy(*target.partition_by)
    with storage_errors(target.name, field="output"):
        writer.format(target.format).save(uri)


def write_object(released: DataFrame, target: TableTarget) -> None:
    """Write one object: by Spark into a folder beside it, then moved to its place in one step.

    Raises:
        LocationError: The object is there and the mode is `error`, or the place cannot be written.
        InputError: The mode is `append`, or rows are to be partitioned.
        ColumnTypeError: CSV cannot hold a column.
    """
    uri = check_target(released, target)
    if target.mode is WriteMode.APPEND or target.partition_by:
        raise InputError(
            f"{target.name} is one object: it takes no mode append and no partition_by; name a folder.", field="output"
        )
    folder, name = uri[: uri.rindex("/") + 1], uri[uri.rindex("/") + 1 :]
    storage, draft = storage_of(released.sparkSession, folder), f"_anonspark-{secrets.token_hex(8)}"
    _check_object(storage, name, target)
    try:
        with storage_errors(target.name, field="output"):
            writer = released.coalesce(1).write.mode("error").options(**WRITING[target.format])
            writer.format(target.format).save(f"{folder}{draft}")
        _move(storage, draft, name, target)
    finally:
        _delete(storage, draft)


def check_target(released: DataFrame, target: TableTarget) -> str:
    """The normal URI of a target of files whose format can hold the columns; one more job for a CSV of one column.

    Raises:
        InputError: The target is a table of the catalog, or a Delta table.
        ColumnTypeError: CSV cannot hold a column.
    """
    if target.uri is None or target.format not in FILE_FORMATS:
        raise InputError(f"{target.name} is no target for files; its format is {target.format}.", field="output.format")
    if target.format is TableFormat.CSV:
        for field in released.schema.fields:
            require_flat(field.name, field.dataType)
        if len(released.columns) == 1 and not released.filter(column(released.columns[0]).isNull()).isEmpty():
            raise ColumnTypeError(
                released.columns[0],
                "with nulls",
                "a CSV of one column would hold blank lines, which no reader takes for rows; write json or parquet",
            )
    return normalize_uri(target.uri)


def require_flat(name: str, kind: DataType) -> None:
    """Refuse a column of a type that a cell of text cannot hold.

    Raises:
        ColumnTypeError: It is nested or binary.
    """
    if isinstance(kind, ArrayType | MapType | StructType | BinaryType | VariantType):
        raise ColumnTypeError(name, kind.simpleString(), "CSV cannot hold it: write json or parquet, or leave it out")


def _check_object(storage: Storage, name: str, target: TableTarget) -> None:
    try:
        found = storage.files().get_file_info(name).type
    except OSError as error:
        raise LocationError(f"{target.name} cannot be reached from the driver.", field="output.uri") from error
    if found is pafs.FileType.Directory:
        raise LocationError(f"{target.name} is a folder; name another object.", field="output.uri")
    if found is pafs.FileType.File and target.mode is WriteMode.ERROR:
        raise LocationError(
            f"{target.name} exists; name another object or set output.mode: overwrite.", field="output.mode"
        )


def _move(storage: Storage, draft: str, name: str, target: TableTarget) -> None:
    files = storage.files()
    try:
        found = files.get_file_info(pafs.FileSelector(draft, allow_not_found=True))
        parts = [info.path for info in found if info.is_file and info.base_name.startswith("part-")]
        if len(parts) != 1:
            raise LocationError(
                f"The driver does not see what Spark wrote beside {target.name}; name a folder or a Delta table.",
                field="output.uri",
            )
        files.move(parts[0], name)
    except OSError as error:
        raise LocationError(f"{target.name} cannot be written from the driver.", field="output.uri") from error


def _delete(storage: Storage, draft: str) -> None:
    """Delete the draft's folder; what is left of it is seen by no reader."""
    try:
        storage.delete(draft)
    except OSError as error:
        log.warning("the draft folder %s could not be deleted (%s)", draft, type(error).__name__)
