"""CSV files with every cell as text: the header read beforehand, rows that do not fit it kept apart."""

from collections.abc import Mapping, Sequence
from typing import Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from anonspark.errors import EmptyTableError, InputError
from anonspark.io.sniff import SEPARATORS

CORRUPT: Final = "_anonspark_corrupt_record"
"""The reader's column that is null unless a row has too few or too many cells."""

NULL: Final = "\ue000null\ue000"
"""Spark reads an unquoted empty field as `nullValue` and a quoted one as empty text, then compares both with
`nullValue`. Its default, empty text, would make nulls of both; this one, from a private block of Unicode, keeps them
apart, and the reader still gives null for the first (measured with Spark 4.1)."""

READING: Final = {
    "header": "true",
    "multiLine": "true",  # a newline within quotes is part of its cell; `multiline: false` lets Spark split big files
    "quote": '"',
    "escape": '"',  # RFC 4180; Spark's default is a backslash
    "nullValue": NULL,
    "mode": "PERMISSIVE",
}


def read_csv(spark: SparkSession, uri: str, options: Mapping[str, str], name: str) -> DataFrame:
    """All cells as text and, last, CORRUPT; starts two small jobs that read the first row.

    Raises:
        EmptyTableError: Not even a header.
        InputError: The separator is another one, or two columns share a name.
    """
    merged = _merge(READING, options)
    first = _first_row(spark, uri, merged, name)
    has_header = merged["header"].lower() == "true"
    columns = column_names(first if has_header else [None] * len(first))
    if has_header:
        require_separator(first, merged.get("sep", ","))
        require_distinct(columns)
    # Spark holds the header of each file of a folder against the schema, unless a name of it is ours.
    checks = {"enforceSchema": "true" if not has_header or None in first else "false"}
    fields = [StructField(column, StringType()) for column in (*columns, CORRUPT)]
    reader = spark.read.options(**merged, **checks, columnNameOfCorruptRecord=CORRUPT)
    return reader.schema(StructType(fields)).csv(uri)


def column_names(header: Sequence[str | None]) -> list[str]:
    """The names of the columns; one without a name is called as Spark calls it.

    >>> column_names(["age", None])
    ['age', '_c1']
    """
    return [name or f"_c{place}" for place, name in enumerate(header)]


def require_separator(header: Sequence[str | None], separator: str) -> None:
    """Refuse a table of one column whose name holds another separator.

    Raises:
        InputError: It names the likely one.

    >>> require_separator(["age;zip;job"], ",")
    Traceback (most recent call last):
    anonspark.errors.InputError: The file has one column if it is separated by ','; set input.options.sep: ";".
    """
    if len(header) != 1:
        return
    name = header[0] or ""
    likely = max((each for each in SEPARATORS if each != separator), key=name.count)
    if name.count(likely):
        shown = {"\t": "\\t"}.get(likely, likely)
        raise InputError(
            f"The file has one column if it is separated by '{separator}'; set input.options.sep: \"{shown}\".",
            field="input.options.sep",
        )


def require_distinct(columns: Sequence[str]) -> None:
    """Refuse two columns of one name, and names that differ only in case, which Spark does not tell apart.

    Raises:
        InputError: It names both.
    """
    places: dict[str, int] = {}
    for place, name in enumerate(columns):
        other = places.setdefault(name.casefold(), place)
        if other != place:
            raise InputError(
                f"Columns {other + 1} and {place + 1} of the file are called '{columns[other]}' and '{name}', "
                "which Spark does not tell apart; rename one.",
                field=name,
            )


def _first_row(spark: SparkSession, uri: str, options: Mapping[str, str], name: str) -> list[str | None]:
    rows = spark.read.options(**{**options, "header": "false"}).csv(uri).limit(1).collect()
    if not rows:
        raise EmptyTableError(name)
    return list(rows[0])


def _merge(defaults: Mapping[str, str], options: Mapping[str, str]) -> dict[str, str]:
    """The options over the defaults; Spark takes their names in any case."""
    given = {key.lower(): value for key, value in options.items()}
    kept = {key: value for key, value in defaults.items() if key.lower() not in given}
    names = {key.lower(): key for key in defaults}
    return {**kept, **{names.get(key, key): value for key, value in given.items()}}
