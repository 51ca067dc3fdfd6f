"""Where a table is read from and written to; URIs here are absolute, or relative to the working folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from anonspark.vocabulary import OnMalformed, TableFormat, WriteMode


@dataclass(frozen=True, slots=True)
class TableSource:
    """A table to read; exactly one of `uri` and `table` is given.

    Attributes:
        uri: A file, folder or object.
        table: A name in the catalog, `catalog.schema.name`.
        format: How it is stored.
        options: Spark's reader options, each value as text.
        schema: Spark type by column; columns that are not named keep the type they are read with.
        where: Only rows for which this holds; all where not given.
        columns: Only these columns; all where not given.
        version: Of a Delta table; the newest where not given.
        since: Of a Delta table: only the rows that later versions brought, all of them where not given.
        malformed: What to do with cells that `schema` cannot cast.
    """

    uri: str | None = None
    table: str | None = None
    format: TableFormat = TableFormat.DELTA
    options: Mapping[str, str] = field(default_factory=dict)
    schema: Mapping[str, str] = field(default_factory=dict)
    where: str | None = None
    columns: tuple[str, ...] | None = None
    version: int | None = None
    since: int | None = None
    malformed: OnMalformed = OnMalformed.FAIL

    @property
    def name(self) -> str:
        """What messages and the run record call it."""
        return self.uri or self.table or "the table"


@dataclass(frozen=True, slots=True)
class TableTarget:
    """A table to write; exactly one of `uri` and `table` is given."""

    uri: str | None = None
    table: str | None = None
    format: TableFormat = TableFormat.DELTA
    mode: WriteMode = WriteMode.OVERWRITE
    partition_by: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What messages and the run record call it."""
        return self.uri or self.table or "the table"
