"""`anonspark demo`: the sample, its job, and the same patients before and after."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import typer
from deltalake import DeltaTable
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from anonspark.cli.execute import Command, execute
from anonspark.cli.show_release import show_release
from anonspark.errors import LocationError
from anonspark.sample import write_sample
from anonspark.vocabulary import SUPPRESSED

PATIENTS = 2
"""How many are shown; three do not fit the width of a terminal."""

Row = Mapping[str, str]


def demonstrate(folder: Path, *, debug: bool, master: str | None, spark_conf: Mapping[str, str]) -> int:
    """Write the sample into a folder, run its job and show what became of a few patients; returns the exit code."""
    if folder.exists() and not is_ours(folder):
        typer.echo(f"Error: {folder} is there and holds no demo; name another folder.", err=True)
        return LocationError.exit_code
    job = write_sample(folder)
    command = Command(job="anonymize", config=str(job), debug=debug, master=master, spark_conf=spark_conf)
    return execute(command, show=partial(show_demo, folder, job))


def is_ours(folder: Path) -> bool:
    """Whether a folder may be written over: it is empty or a demo of before."""
    return folder.is_dir() and (not any(folder.iterdir()) or (folder / "hospital.csv").is_file())


def show_demo(folder: Path, job: Path, summary: Mapping[str, Any]) -> None:
    """The result, patients before and after, and what to try next."""
    console = Console(highlight=False)
    show_release(summary)
    console.print()
    before, after = read_before(folder / "hospital.csv"), read_after(folder / "released")
    console.print(patients_table(same_patients(before, after, PATIENTS)))
    console.print(f"The table is {folder / 'hospital.csv'}, its job file {job}.", soft_wrap=True, markup=False)
    console.print("\nTry next: at least ten people alike, and nobody masked altogether")
    # zsh takes brackets for a pattern of file names.
    command = f"anonspark anonymize --config {quote(str(job))} --set 'privacy[0].k=10' --set max_suppression=0"
    console.print(command, style="bold", soft_wrap=True, markup=False)


def read_before(path: Path) -> pa.Table:
    """The patients as they came, every cell as text."""
    names = pacsv.open_csv(path).schema.names
    return pacsv.read_csv(
        path,
        convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True),
    )


def read_after(folder: Path) -> pa.Table:
    """The published release, every cell as text."""
    released = DeltaTable(folder).to_pyarrow_table()
    return released.cast(pa.schema([(name, pa.string()) for name in released.column_names]))


def same_patients(before: pa.Table, after: pa.Table, wanted: int) -> list[tuple[Row, Row]]:
    """The first patients that were not suppressed, as they came and as they were released.

    No identifier is left to know them by; the columns that nobody asked to change are, where no two patients share
    their values.
    """
    unchanged = [name for name in before.column_names if name in ("diagnosis", "cost")]
    released: dict[tuple[str, ...], list[Row]] = {}
    for row in rows_of(after):
        released.setdefault(tuple(row[name] for name in unchanged), []).append(row)
    pairs = ((row, released[tuple(row[name] for name in unchanged)]) for row in rows_of(before))
    found = [(row, others[0]) for row, others in pairs if len(others) == 1 and others[0]["zip"] != SUPPRESSED]
    return found[:wanted]


def rows_of(table: pa.Table) -> list[Row]:
    """Rows as mappings; null is the empty text."""
    return [{name: value or "" for name, value in row.items()} for row in table.to_pylist()]


def patients_table(pairs: Sequence[tuple[Row, Row]]) -> Table:
    """A line a column of the table, and each patient before and after."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("column", no_wrap=True)
    for number in range(1, len(pairs) + 1):
        table.add_column(f"patient {number}", no_wrap=True, max_width=15)
        table.add_column("released", min_width=len("released"))
    for name in pairs[0][0] if pairs else ():
        table.add_row(Text(name), *[Text(row[name]) for pair in pairs for row in pair])
    return table
