"""Hierarchy files: read as bytes, through Spark where the driver has no such file, and parsed on the driver."""

import re
from collections.abc import Iterable
from csv import Error as CsvError
from csv import reader
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO
from pathlib import Path
from posixpath import basename
from typing import Final

import pyarrow as pa
import pyarrow.csv as pacsv
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from anonspark.domain.check import uneven_line
from anonspark.domain.hierarchy import Label
from anonspark.errors import HierarchyError, LocationError
from anonspark.io.uris import normalize_uri

SEPARATORS: Final = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}
"""What is looked for where the given separator splits no line."""

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

OPEN_QUOTE: Final = "is no CSV file: a quote is opened and never closed; close it, or double it where it is text."

Rows = tuple[tuple[Label, ...], ...]
"""A tuple a line: the leaf and its label at level 1, 2, ..."""


@dataclass(frozen=True, slots=True)
class HierarchyFile:
    """A hierarchy as it stood in storage.

    Attributes:
        uri: Where it was read.
        content: Its bytes, for the copy beside a solution.
        rows: Its lines, parsed.
    """

    uri: str
    content: bytes
    rows: Rows

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes, by which a solution knows the file again."""
        return sha256(self.content).hexdigest()


def read_hierarchy_file(
    spark: SparkSession, uri: str, sep: str = ";", *, attribute: str | None = None
) -> HierarchyFile:
    """Read one file by a small Spark job, so that every scheme works that Spark knows.

    Args:
        spark: The session.
        uri: The file; wildcards are taken as the characters they are.
        sep: One ASCII character.
        attribute: The column that errors name; the URI where not given.

    Raises:
        LocationError: If there is no such file, or it cannot be read.
        HierarchyError: If it is no rectangle of UTF-8 text.
    """
    content = read_file(spark, uri)
    return HierarchyFile(uri, content, parse_hierarchy(content, sep, attribute=attribute or uri))


def read_hierarchy_rows(spark: SparkSession, uri: str, sep: str = ";") -> Rows:
    """The rows of `read_hierarchy_file`, which says what is raised."""
    return read_hierarchy_file(spark, uri, sep).rows


def read_file(spark: SparkSession, uri: str) -> bytes:
    """The bytes of one file; a Spark job reads them unless the driver has the file.

    Raises:
        LocationError: If there is no such file, it is a folder or empty, or it cannot be read.
    """
    local = Path(normalize_uri(uri).removeprefix("file://")) if "://" not in uri or uri.startswith("file:") else None
    if local is not None and local.is_file() and local.stat().st_size:
        try:
            return local.read_bytes()
        except OSError as problem:
            raise unreadable(uri, problem) from problem
    literal = re.sub(r"([\[\]{}*?\\])", r"\\\1", uri)
    try:
        files = spark.read.format("binaryFile").load(literal).select("path", "content").limit(2).collect()
    except Exception as problem:
        # A missing connector reaches Python as py4j's own error, which a Connect client does not have to catch.
        raise unreadable(uri, problem) from problem
    if not files:
        raise LocationError(
            f"The hierarchy {uri} is an empty file or folder, or its name begins with _ or . and Spark passes it over; "
            "write one line a leaf, or name another file."
        )
    # Spark lists the files of a folder; the one file that was asked for carries the name that was asked for.
    if len(files) > 1 or basename(files[0].path) != basename(uri):
        raise LocationError(f"The hierarchy {uri} is a folder; name one file in it.")
    return bytes(files[0].content)


def unreadable(uri: str, problem: Exception) -> LocationError:
    """The error about a file that Spark could not read; Spark's own words stay in its cause."""
    condition = problem.getCondition() if isinstance(problem, PySparkException) else None
    if condition == "PATH_NOT_FOUND":
        return LocationError(f"There is no hierarchy {uri}; a relative path begins at the folder of the job file.")
    return LocationError(
        f"The hierarchy {uri} cannot be read ({condition or type(problem).__name__}); check its scheme, its connector "
        "and the rights to read it."
    )


def parse_hierarchy(content: bytes, sep: str = ";", *, attribute: str = "file") -> Rows:
    r"""The lines of a hierarchy file: UTF-8 without header, nothing trimmed, every cell a string.

    An unquoted empty cell is null and `""` is the empty string. A byte order mark and blank lines at the end go.
    Lines are counted as records, so a quoted line break moves the numbers that errors name.

    Args:
        content: The bytes of the file.
        sep: One ASCII character.
        attribute: The column that errors name.

    Raises:
        HierarchyError: If it is empty or no rectangle of UTF-8 text.

    >>> parse_hierarchy(b'10;1*;*\r\n"";;*\r\n')
    (('10', '1*', '*'), ('', None, '*'))
    """
    if len(sep) != 1 or not sep.isascii() or sep in '"\r\n':
        raise HierarchyError(attribute, "cannot be split: hierarchy.sep must be one ASCII character, and no quote.")
    text = content.removeprefix(BYTE_ORDER_MARK).rstrip(b"\r\n")
    require_utf8(attribute, text)
    if not text:
        raise HierarchyError(attribute, "is empty; write one line a leaf: its value, then its label at each level.")
    if text[:1] in (b"\r", b"\n"):
        raise HierarchyError(attribute, "begins with a blank line; delete line 1.")
    table = rectangle(attribute, text, sep)
    rows = tuple(zip(*(column.to_pylist() for column in table.columns), strict=True))
    if table.num_columns == 1:
        require_likely_separator(attribute, text, sep)
    else:
        require_text_in_each_line(attribute, rows)
    return rows


def rectangle(attribute: str, text: bytes, sep: str) -> pa.Table:
    """The cells as a table of strings, one row a line.

    Raises:
        HierarchyError: With the first line that has other columns than line 1, or about a quote that is never closed.
    """
    uneven: list[tuple[int, int, bool]] = []

    def note(row: pacsv.InvalidRow) -> str:
        uneven.append((row.number, row.actual_columns, row.text.count('"') % 2 == 1))
        return "skip"

    try:
        # Arrow takes the names, and so the types, of columns before it sees them: the first record counts them.
        width = len(next(reader(StringIO(text.decode(), newline=""), delimiter=sep)))
        names = [str(level) for level in range(width)]
        # A quote that is open at the end swallows this last line of nulls.
        closed = text + f"\n{sep * (width - 1)}\n".encode()
        table = pacsv.read_csv(
            pa.BufferReader(closed),
            # One block and one thread: only then are the numbers of lines known.
            read_options=pacsv.ReadOptions(column_names=names, use_threads=False, block_size=len(closed) + 1),
            parse_options=pacsv.ParseOptions(
                delimiter=sep, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=note
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except (pa.ArrowInvalid, CsvError) as problem:
        raise HierarchyError(attribute, OPEN_QUOTE) from problem
    if uneven:
        number, columns, open_quote = uneven[0]
        hint = " A quote in it is opened and never closed." if open_quote else ""
        raise HierarchyError(attribute, uneven_line(number, columns, width) + hint)
    if any(column[-1].is_valid for column in table.columns):
        raise HierarchyError(attribute, OPEN_QUOTE)
    return table.slice(0, table.num_rows - 1)


def require_utf8(attribute: str, text: bytes) -> None:
    """The bytes are UTF-8.

    Raises:
        HierarchyError: With the first line that is not.
    """
    try:
        text.decode()
    except UnicodeDecodeError as problem:
        line = text.count(b"\n", 0, problem.start) + 1
        # The error would carry the bytes, which are data, into a traceback.
        raise HierarchyError(attribute, f"is not UTF-8 in line {line}; save the file as UTF-8.") from None


def require_likely_separator(attribute: str, text: bytes, sep: str) -> None:
    """A file of one column is one, and not split by the wrong separator.

    Raises:
        HierarchyError: If every line holds another separator.
    """
    lines = text.splitlines()
    for other, name in SEPARATORS.items():
        if other != sep and all(other.encode() in line for line in lines):
            raise HierarchyError(
                attribute,
                f"has one column, but each line holds a {name}; set hierarchy.sep to it if it parts the levels.",
            )


def require_text_in_each_line(attribute: str, rows: Iterable[tuple[Label, ...]]) -> None:
    """No line is blank, or nothing but separators.

    Raises:
        HierarchyError: With the first one.
    """
    for number, row in enumerate(rows, start=1):
        if not any(row) and row.count(None) == len(row):
            raise HierarchyError(attribute, f"has no text in line {number}; delete the line.")
