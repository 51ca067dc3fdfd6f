"""The separator and the encoding of a CSV file that nobody described, from its beginning."""

import codecs
import csv
import gzip
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from anonspark.errors import LocationError
from anonspark.io.uris import normalize_uri

SEPARATORS: Final = (";", "\t", "|", ",")

HEAD_BYTES: Final = 1 << 16
HEAD_ROWS: Final = 200

_WAY_OUT: Final = 'name the separator with --set input.options.sep=";"'


@dataclass(frozen=True, slots=True)
class Sniffed:
    """How a CSV file is to be read.

    Attributes:
        separator: Between its cells.
        encoding: As Spark names it.
        doubts: Sentences about what the beginning of the file does not decide.
    """

    separator: str
    encoding: str
    doubts: tuple[str, ...]


def read_head(path: str) -> tuple[bytes, bool]:
    """The first bytes of a file of this machine, unpacked where it ends in .gz, and whether that is all of it.

    Raises:
        LocationError: It cannot be read.
    """
    place = Path(normalize_uri(path).removeprefix("file://"))
    try:
        with gzip.open(place) if place.suffix.lower() == ".gz" else place.open("rb") as file:
            head = file.read(HEAD_BYTES + 1)
    except FileNotFoundError:
        raise LocationError(f"There is no file {path}.", field="input") from None
    except (OSError, EOFError) as error:
        why = getattr(error, "strerror", None) or "it is damaged"
        raise LocationError(f"The file {path} cannot be read: {why}.", field="input") from None
    return head[:HEAD_BYTES], len(head) <= HEAD_BYTES


def sniff(head: bytes, *, complete: bool) -> Sniffed:
    r"""How to read a file that begins so; `complete` says that it ends there too.

    >>> sniff(b"age;zip\n30;69401\n", complete=True)
    Sniffed(separator=';', encoding='UTF-8', doubts=())
    """
    encoding, text = _decoded(head, complete=complete)
    lines = text.splitlines(keepends=True)
    separator, doubts = _separator(lines if complete else lines[:-1])
    if encoding == "ISO-8859-1":
        doubts = (
            *doubts,
            "The file is not UTF-8 text and was read as ISO-8859-1, which tells the same texts apart; name its "
            "encoding with --set input.options.encoding=NAME.",
        )
    return Sniffed(separator, encoding, doubts)


def _decoded(head: bytes, *, complete: bool) -> tuple[str, str]:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16", head.decode("utf-16", errors="ignore")
    try:
        return "UTF-8", codecs.getincrementaldecoder("utf-8-sig")().decode(head, final=complete)
    except UnicodeDecodeError:
        return "ISO-8859-1", head.decode("iso-8859-1")


def _separator(lines: list[str]) -> tuple[str, tuple[str, ...]]:
    """The separator that makes rows of equally many cells, the more the likelier."""
    cells = {each: _cells_of_rows(lines, each) for each in SEPARATORS}
    fits = {each: widths[0] for each, widths in cells.items() if widths and widths[0] > 1 and len(set(widths)) == 1}
    if not fits:
        first = {each: widths[0] if widths else 1 for each, widths in cells.items()}
        likely = max(reversed(SEPARATORS), key=first.__getitem__)
        doubt = f"Not all rows have as many cells as the header if {_shown(likely)} separates them; {_WAY_OUT}."
        return likely, (doubt,) if first[likely] > 1 else ()
    likely = max(fits, key=fits.__getitem__)
    others = [_shown(each) for each in fits if each != likely]
    doubt = (
        f"The cells were taken to be separated by {_shown(likely)}, though {', '.join(others)} would do; {_WAY_OUT}."
    )
    return likely, (doubt,) if others else ()


def _cells_of_rows(lines: list[str], separator: str) -> list[int]:
    """How many cells the first rows have, empty ones left out; nothing where that is no CSV."""
    try:
        rows = [len(row) for row in islice(csv.reader(lines, delimiter=separator), HEAD_ROWS) if row]
    except csv.Error:
        return []
    return rows


def _shown(separator: str) -> str:
    return {"\t": "a tab"}.get(separator, f"'{separator}'")
