"""The result of a run as tables on stdout."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

MEASURES = (
    ("highest of any record", "highest"),
    ("average", "average"),
    ("records above the threshold", "records_at_risk"),
)
"""Of the prosecutor's risk: what the table says, and the summary's key."""


def show_release(summary: Mapping[str, Any]) -> None:
    """What was released, how far it was generalized, what that cost and what risk is left."""
    console = Console(highlight=False)
    console.print(Text(headline(summary), style="bold"))
    console.print(levels_table(summary))
    console.print(metrics_table(summary))
    console.print(risk_table(summary))
    show_places(console, summary)


def headline(summary: Mapping[str, Any]) -> str:
    """Records in and out, and how sure it is that nothing better exists."""
    rows, suppressed, classes = summary["rows"], summary["suppressed"], summary["classes"]
    share = suppressed / rows if rows else 0.0
    proof = "no generalization is better" if summary["optimal"] else "a better generalization may exist"
    return (
        f"{rows:,} records, {suppressed:,} of them suppressed ({share:.2%}); the others are in {classes['kept']:,} "
        f"classes of {classes['smallest']:,} to {classes['largest']:,} records. "
        f"{summary['metric']} = {summary['score']:.6g}: {proof}."
    )


def levels_table(summary: Mapping[str, Any]) -> Table:
    """The level of each quasi-identifier."""
    table = plain_table("quasi-identifier", right=("level", "of"))
    for name, level in summary["levels"].items():
        table.add_row(Text(name), str(level), str(summary["heights"][name]))
    return table


def metrics_table(summary: Mapping[str, Any]) -> Table:
    """Every metric; lower is better."""
    table = plain_table("metric, lower is better", right=("value",))
    for name, value in summary["metrics"].items():
        table.add_row(Text(name), f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}")
    return table


def risk_table(summary: Mapping[str, Any]) -> Table:
    """The chance of finding a person, in the input and in the release."""
    risk = summary["risk"]
    before, after = risk["input"], risk["release"]
    table = plain_table("risk of finding a person", right=("before", "after"))
    for words, measure in MEASURES:
        table.add_row(words, f"{before['prosecutor'][measure]:.2%}", f"{after['prosecutor'][measure]:.2%}")
    table.add_row("records that stand alone", f"{before['unique_fraction']:.2%}", f"{after['unique_fraction']:.2%}")
    table.add_row("in a word", before["level"].replace("_", " "), after["level"].replace("_", " "))
    return table


def show_places(console: Console, summary: Mapping[str, Any]) -> None:
    """Where everything is, and what to be warned of."""
    output = summary["output"]
    version = "" if output["version"] is None else f", version {output['version']}"  # files have none
    lines = [
        f"release   {output['uri']}{version}",
        f"metadata  {summary['metadata']['uri']}",
        f"run       {summary['run_id']}",
        *(f"warning   {warning}" for warning in summary["warnings"]),
    ]
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def plain_table(first: str, right: tuple[str, ...]) -> Table:
    """A table with a column of words and columns of numbers."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, overflow="fold")
    for header in right:
        table.add_column(header, justify="right")
    return table
