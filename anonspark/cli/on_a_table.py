"""A job about one file that the command line describes, so that none has to be written for a first look."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from anonspark.config.tables import format_of
from anonspark.errors import ConfigurationError
from anonspark.io.job_files import is_local
from anonspark.io.sniff import read_head, sniff
from anonspark.vocabulary import TableFormat


def job_on_table(job: str, uri: str, of_table: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The text of a job file, and what is doubtful about how the table is read.

    Args:
        job: Which kind of job.
        uri: The table: a file, or a folder of any format.
        of_table: Keys of the job, None for those that are not given; `quasi_identifiers` is a list of texts, each the
            name of a column or several with commas between.

    Raises:
        ConfigurationError: No quasi-identifier is named.
        LocationError: There is no such file.
    """
    texts: Sequence[str] = of_table["quasi_identifiers"] or ()
    columns = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    if not columns:
        sentence = "is missing; quasi-identifiers are not detected yet, so name the columns: --qi age,zip."
        raise ConfigurationError([("--qi", sentence)])
    table, doubts = described(uri)
    given = {key: value for key, value in of_table.items() if value is not None}
    return json.dumps({"version": 1, "job": job, "input": table, **given, "quasi_identifiers": columns}), doubts


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
