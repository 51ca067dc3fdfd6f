"""What the tables on stdout share."""

from collections.abc import Collection, Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text


def metrics_table(summary: Mapping[str, Any]) -> Table:
    """Every metric; lower is better."""
    table = plain_table("metric, lower is better", right=("value",))
    for name, value in summary["metrics"].items():
        table.add_row(Text(name), figure(value))
    return table


def figure(value: float | None) -> str:
    """A measure in few digits; a dash where it could not be measured.

    >>> figure(0.123456789), figure(59199546.0), figure(None)
    ('0.123457', '59,199,546', '-')
    """
    if value is None:
        return "-"
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"


def show_places(console: Console, summary: Mapping[str, Any]) -> None:
    """Where everything is, and what to be warned of."""
    lines = [
        *place_of_release(summary.get("output")),
        f"metadata  {summary['metadata']['uri']}",
        *quality_lines(summary),
        f"run       {summary['run_id']}",
        *(f"warning   {warning}" for warning in summary["warnings"]),
    ]
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def quality_lines(summary: Mapping[str, Any]) -> list[str]:
    """What the quality gate found and where its page is; nothing where it did not run."""
    quality = summary.get("quality")
    if quality is None:
        return []
    failed, expectations = len(quality["failed"]), quality["expectations"]
    verdict = f"all {expectations} expectations hold" if quality["passed"] else f"{failed} of {expectations} fail"
    return [f"quality   {verdict}" + (f": {quality['docs']}" if quality["docs"] else "")]


def place_of_release(output: Mapping[str, Any] | None) -> list[str]:
    """Where the release is, if the job has written one."""
    if output is None:
        return []
    version = "" if output["version"] is None else f", version {output['version']}"  # files have none
    return [f"release   {output['uri']}{version}"]


def plain_table(first: str, right: tuple[str, ...]) -> Table:
    """A table with a column of words and columns of numbers."""
    return table_of(first, *right, right=right)


def table_of(*headers: str, right: Collection[str] = ()) -> Table:
    """A table with these columns, those of numbers flush right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for header in headers:
        table.add_column(header, justify="right" if header in right else "left", overflow="fold")
    return table
