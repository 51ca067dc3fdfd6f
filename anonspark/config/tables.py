"""The `input`, `output`, `metadata` and `population` of a job file."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from anonspark.config.fields import Columns, Count, Name, Section, SectionError, Text, fault, one_of, shown
from anonspark.config.locations import KEPT, Uri, resolve
from anonspark.domain.sources import TableSource, TableTarget
from anonspark.errors import ConfigurationError, did_you_mean
from anonspark.vocabulary import OnMalformed, TableFormat, WriteMode

SPARK_TYPES = (
    *("string", "boolean", "binary", "date", "timestamp", "timestamp_ntz"),
    *("byte", "tinyint", "short", "smallint", "int", "integer", "long", "bigint"),
    *("float", "real", "double", "decimal"),
)
_TYPE = re.compile(r"([a-z_]+)(\(\s*\d+\s*(,\s*\d+\s*)?\))?", re.IGNORECASE)
_CREDENTIAL = re.compile(r"secret|password|token|credential|access[._-]?key|account[._-]?key|\bsas\b", re.IGNORECASE)
_ENDINGS = re.compile(r"\.(csv|json|parquet)(?:\.(?:gz|bz2|zst|lz4|snappy))?$", re.IGNORECASE)


def _check_type(text: str) -> str:
    match = _TYPE.fullmatch(text.strip())
    name = match[1].lower() if match else text
    if not match or name not in SPARK_TYPES or (match[2] and name != "decimal"):
        hint = did_you_mean(name, SPARK_TYPES) or f"; it is one of {', '.join(SPARK_TYPES)}."
        raise fault(f"found {shown(text)}, which is no type of a column{hint}")
    return re.sub(r"\s", "", text.lower())


def _type_pattern() -> str:
    """What `_check_type` takes as a regular expression that needs no flag for the case of letters."""
    names = [
        "".join(f"[{letter}{letter.upper()}]" if letter.isalpha() else letter for letter in name)
        for name in SPARK_TYPES
    ]
    return rf"^\s*({'|'.join(names)})(\(\s*\d+\s*(,\s*\d+\s*)?\))?\s*$"


def _without_credentials(options: dict[str, str]) -> dict[str, str]:
    secret = [((key,), f"is a credential, {KEPT}") for key in options if _CREDENTIAL.search(key)]
    if secret:
        raise SectionError(*secret)
    return options


Format = Annotated[TableFormat, one_of(*TableFormat)]
ColumnType = Annotated[
    Name, AfterValidator(_check_type), WithJsonSchema({"type": "string", "pattern": _type_pattern()})
]


def format_of(table: Mapping[str, object]) -> TableFormat | None:
    """The format of a table in plain data; None where the one that is given is no format."""
    given, uri = table.get("format"), table.get("uri")
    if given is None:
        return _format_by_ending(uri if isinstance(uri, str) else None)
    return TableFormat(str(given)) if given in list(TableFormat) else None


def _format_by_ending(uri: str | None) -> TableFormat:
    ending = _ENDINGS.search(uri or "")
    return TableFormat(ending[1].lower()) if ending else TableFormat.DELTA


class _Table(Section):
    uri: Uri | None = None
    """A file or folder, seen from the job file: local, s3, gs, abfss or azure."""
    table: Name | None = None
    """A table of the catalog, instead of a uri: catalog.schema.name."""
    format: Format | None = None
    """How it is stored; what the uri ends in where not given, else delta."""

    @property
    def stored_as(self) -> TableFormat:
        """The format that is given, else what the URI ends in, else Delta."""
        return self.format or _format_by_ending(self.uri)

    def place(self, base: str) -> str | None:
        """The URI as seen from the job file."""
        return resolve(self.uri, base) if self.uri else None


class Population(_Table):
    """A table of everybody whom the release could be about."""

    options: Annotated[dict[Name, Text], AfterValidator(_without_credentials)] = Field(default_factory=dict)
    """Spark's reader options, such as sep and header of csv."""
    version: Count | None = None
    """Of a Delta table; the newest where not given."""

    def to_source(self, base: str) -> TableSource:
        """The domain's source, with its URI seen from the job file."""
        return TableSource(self.place(base), self.table, self.stored_as, self.options, version=self.version)


class Input(Population):
    """The table to read, and what of it."""

    # BaseModel has a method of the key's name.
    types: dict[Name, ColumnType] = Field(default_factory=dict, alias="schema")
    """The types that columns are cast to; a csv has only strings."""
    where: Name | None = None
    """A condition on columns: rows that do not meet it are left out."""
    columns: Annotated[Columns, Field(min_length=1)] | None = None
    """The columns to read; all where not given."""
    malformed: Annotated[OnMalformed, one_of(*OnMalformed)] = OnMalformed.FAIL
    """Rows with cells that cannot be cast fail the run, or are left out and counted (quarantine)."""

    def to_source(self, base: str) -> TableSource:
        """The domain's source, with its URI seen from the job file."""
        return replace(
            super().to_source(base),
            schema=self.types,
            where=self.where,
            columns=self.columns,
            malformed=self.malformed,
        )


class Output(_Table):
    """Where the release goes."""

    mode: Annotated[WriteMode, one_of(*WriteMode)] = WriteMode.OVERWRITE
    """What to do with a table that is there."""
    partition_by: Columns = ()
    """Columns by whose values the files are put into folders."""

    def to_target(self, base: str) -> TableTarget:
        """The domain's target, with its URI seen from the job file."""
        return TableTarget(self.place(base), self.table, self.stored_as, self.mode, self.partition_by)


class Metadata(Section):
    """Where the metadata tables lie."""

    uri: Uri
    """The folder below which they lie."""


def source_of(given: Input | None, base: str) -> TableSource:
    """The table that a job reads.

    Raises:
        ConfigurationError: It names none.
    """
    if given is None:
        raise ConfigurationError([("input", "is missing.")])
    return given.to_source(base)


def target_of(given: Output | None, base: str) -> TableTarget:
    """The table that a job writes.

    Raises:
        ConfigurationError: It names none.
    """
    if given is None:
        raise ConfigurationError([("output", "is missing.")])
    return given.to_target(base)
