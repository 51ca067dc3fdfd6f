"""What the tables on stdout share."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text


def show_places(console: Console, summary: Mapping[str, Any]) -> None:
    """Where everything is, and what to be warned of."""
    lines = [
        *place_of_release(summary.get("output")),
        f"metadata  {summary['metadata']['uri']}",
        f"run       {summary['run_id']}",
        *(f"warning   {warning}" for warning in summary["warnings"]),
    ]
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def place_of_release(output: Mapping[str, Any] | None) -> list[str]:
    """Where the release is, if the job has written one."""
    if output is None:
        return []
    version = "" if output["version"] is None else f", version {output['version']}"  # files have none
    return [f"release   {output['uri']}{version}"]


def plain_table(first: str, right: tuple[str, ...]) -> Table:
    """A table with a column of words and columns of numbers."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, overflow="fold")
    for header in right:
        table.add_column(header, justify="right")
    return table
