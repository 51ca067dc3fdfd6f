"""What the log of a Delta table says, read on the driver in milliseconds and without Spark."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from deltalake import DeltaTable
from pyspark.sql.types import StructType

from anonspark.domain.sources import TableTarget
from anonspark.errors import InputError, LocationError
from anonspark.io.object_store import Storage
from anonspark.vocabulary import WriteMode

WRITER = "anonspark/writer"
"""The application whose transaction number every publishing commit raises by one."""

NEEDS_COLUMN_MAPPING = frozenset(" ,;{}()\n\t=")
"""Characters that Delta takes in a column's name only with column mapping."""

PLAIN_TYPES = re.compile(
    r"string|long|integer|short|byte|float|double|boolean|binary|date|timestamp|decimal\(\d+,\d+\)|struct|array|map"
)
"""Types that need no table feature."""

PLAIN_FEATURES = frozenset({"appendOnly", "invariants"})
"""Table features that ask nothing of a writer where no property or column uses them."""

GUARDED_PROPERTIES = (
    "delta.constraints.",
    "delta.enableChangeDataFeed",
    "delta.appendOnly",
    "delta.columnMapping.mode",
)
"""Properties that a writer must enforce: Spark does, adding files to the log would pass them by."""

PLAIN_WRITER = 4
"""Newest writer version whose duties are all told by properties and columns; 5 brings column mapping."""


OF_INPUT = " of input version "
"""Between the name of a run and the version of the Delta table that it read."""


@dataclass(frozen=True, slots=True)
class Published:
    """A release that readers see.

    Attributes:
        version: Of its Delta table; None for files.
        input_version: Of the Delta table that it was made of, where the commit tells.
    """

    version: int | None
    input_version: int | None = None


def delta_table(storage: Storage) -> DeltaTable | None:
    """The table at a place as its log stands now; None where there is none."""
    if not DeltaTable.is_deltatable(storage.uri, storage.options_dict()):
        return None
    return DeltaTable(storage.uri, storage_options=storage.options_dict())


def release_app(run_id: str) -> str:
    """The application id under which a run publishes."""
    return f"{run_id}/release"


def release_label(run_id: str, input_version: int | None = None) -> str:
    """What the history of the table says about the run's commit."""
    return f"anonspark run {run_id}" + ("" if input_version is None else f"{OF_INPUT}{input_version}")


def labelled(run_id: str, version: int, label: str | None) -> Published | None:
    """The release that a commit of this label is, if it is the run's.

    >>> labelled("r1", 4, release_label("r1", 7))
    Published(version=4, input_version=7)
    >>> labelled("r", 4, release_label("r1", 7))
    """
    run, of_input, input_version = (label or "").partition(OF_INPUT)
    if run != release_label(run_id):
        return None
    return Published(version, int(input_version) if of_input and input_version.isdecimal() else None)


def released(table: DeltaTable, run_id: str) -> Published | None:
    """The commit of a run; the newest one where the log no longer tells; None if it never published."""
    if table.transaction_version(release_app(run_id)) is None:
        return None
    for limit in (20, None):  # nearly always the last commits; the whole log only for a run long ago
        for commit in table.history(limit):
            found = labelled(run_id, int(commit["version"]), commit.get("userMetadata"))
            if found is not None:
                return found
    return Published(table.version())


def writer_epoch(table: DeltaTable | None) -> int:
    """How often runs have published to the table through its log."""
    return (table.transaction_version(WRITER) or 0) if table else 0


def is_plain(table: DeltaTable | None, schema: StructType, partition_by: tuple[str, ...]) -> bool:
    """Whether staged files may simply be named in the log, with no duty of the table left undone."""
    if needs_column_mapping(schema) or not all(map(PLAIN_TYPES.fullmatch, types_of(schema.jsonValue()))):
        return False
    if table is None:
        return True
    protocol, metadata = table.protocol(), table.metadata()
    plain_protocol = protocol.min_reader_version == 1 and (
        protocol.min_writer_version <= PLAIN_WRITER
        if protocol.writer_features is None
        else set(protocol.writer_features) <= PLAIN_FEATURES
    )
    unguarded = not any(
        name.startswith(GUARDED_PROPERTIES) and value not in ("false", "none", None)
        for name, value in metadata.configuration.items()
    )
    plain_columns = not any(key.startswith("delta.") for field in table.schema().fields for key in field.metadata)
    same_partitions = tuple(metadata.partition_columns) == partition_by
    return plain_protocol and unguarded and plain_columns and same_partitions


def check_target(table: DeltaTable | None, target: TableTarget, schema: StructType) -> None:
    """Refuse an existing table in mode `error`, and an append of other columns than the table has."""
    if table is None:
        return
    refuse_existing(target)
    if target.mode is not WriteMode.APPEND:
        return
    there = column_types(StructType.fromJson(json.loads(table.schema().to_json())))
    here = column_types(nullable(schema))
    if there != here:
        different = sorted({name for name, _ in there.items() ^ here.items()})
        raise InputError(
            f"The release cannot be appended to {target.name}: these columns differ in presence or type: "
            f"{', '.join(map(repr, different))}. Set output.mode to overwrite or name another output.",
            field="output",
        )


def refuse_existing(target: TableTarget) -> None:
    """Mode `error` does not touch a table that is there."""
    if target.mode is WriteMode.ERROR:
        raise LocationError(
            f"The table {target.name} exists; set output.mode to overwrite or append, or name another.", field="output"
        )


def nullable(schema: StructType) -> StructType:
    """The schema as Parquet gives it back: every field nullable, without metadata of the frames it came from."""
    fields = [{**field, "nullable": True, "metadata": {}} for field in schema.jsonValue()["fields"]]
    return StructType.fromJson({"type": "struct", "fields": fields})


def table_properties(schema: StructType) -> dict[str, str]:
    """Properties of a new table: no minima and maxima of data in the log, and any column name that users have."""
    # Statistics hold values of single cells and outlive the files: an overwritten release would still be in the log.
    properties = {"delta.dataSkippingNumIndexedCols": "0"}
    if needs_column_mapping(schema):
        properties["delta.columnMapping.mode"] = "name"
    return properties


def needs_column_mapping(schema: StructType) -> bool:
    """Whether a name, at any depth, has a character that plain Delta refuses."""
    return any(NEEDS_COLUMN_MAPPING & set(name) for name in names_of(schema.jsonValue()))


def column_types(schema: StructType) -> dict[str, str]:
    """The type of each column, in words that do not depend on nullability inside it."""
    return {field.name: field.dataType.simpleString() for field in schema}


def names_of(schema: object) -> Iterable[str]:
    """All field names in a schema's JSON."""
    for node in nodes_of(schema):
        if "name" in node:
            yield str(node["name"])


def types_of(schema: object) -> Iterable[str]:
    """All type names in a schema's JSON."""
    for node in nodes_of(schema):
        for key in ("type", "elementType", "keyType", "valueType"):
            if isinstance(value := node.get(key), str):
                yield value


def nodes_of(value: object) -> Iterable[Mapping[str, object]]:
    """All objects in a JSON value, from the outside in."""
    if isinstance(value, dict):
        yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from nodes_of(child)
