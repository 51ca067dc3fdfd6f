"""A job about files that the command line names, so that no job file has to be written for a first look."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from anonspark.config.tables import format_of
from anonspark.errors import ConfigurationError
from anonspark.io.job_files import is_local
from anonspark.io.sniff import read_head, sniff
from anonspark.vocabulary import TableFormat

LISTS: Final = frozenset({"quasi_identifiers", "types"})
"""Keys that hold a list of names."""


def job_on_tables(job: str, uris: Sequence[str], of_table: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The text of a job file, and what is doubtful about how the tables are read.

    Args:
        job: Which kind of job.
        uris: The tables: each a file, or a folder of any format.
        of_table: Keys of the job, None for those that are not given; where columns or types are listed, each text is
            one name or several with commas between.

    Raises:
        ConfigurationError: No quasi-identifier is named for a job that needs them.
        LocationError: There is no such file.
    """
    given = {key: value for key, value in of_table.items() if value is not None}
    for key in LISTS & given.keys():
        given[key] = [name.strip() for text in given[key] for name in text.split(",") if name.strip()]
    if "quasi_identifiers" in of_table and not given.get("quasi_identifiers"):
        sentence = "is missing; quasi-identifiers are not detected yet, so name the columns: --qi age,zip."
        raise ConfigurationError([("--qi", sentence)])
    tables, doubts = zip(*map(described, uris), strict=True)
    place = {"input": tables[0]} if len(uris) == 1 else {"tables": tables}
    told = [
        doubt if len(uris) == 1 else f"{uri}: {doubt}" for uri, some in zip(uris, doubts, strict=True) for doubt in some
    ]
    return json.dumps({"version": 1, "job": job, **place, **given}), tuple(told)


def described(uri: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The `input` section of a table, and doubts; a file of this machine whose name tells no format is CSV."""
    table: dict[str, Any] = {"uri": uri}
    local = is_local(uri)
    is_file = local and not Path(uri.removeprefix("file://")).is_dir()
    if is_file and format_of(table) is TableFormat.DELTA:
        table["format"] = str(TableFormat.CSV)
    if not is_file or format_of(table) is not TableFormat.CSV:
        return table, ()
    head, complete = read_head(uri)
    found = sniff(head, complete=complete)
    table["options"] = {"sep": found.separator, "encoding": found.encoding}
    return table, found.doubts
