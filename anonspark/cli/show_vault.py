"""The results of `detokenize`, `decrypt`, `rotate-keys` and `erase` on stdout: names and counts, never a value."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from anonspark.cli.tables import show_places, table_of
from anonspark.report.numbers import counted


def show_columns(summary: Mapping[str, Any]) -> None:
    """A line a column that was opened, or encrypted again."""
    console = Console(highlight=False)
    columns = summary["columns"]
    names = ", ".join(each["column"] for each in columns)
    console.print(Text(f"{counted(summary['rows'], 'row')}; {names}.", style="bold"))
    facts = [name for name in columns[0] if name != "column"] if columns else []
    if facts:
        table = table_of("column", *facts, right=[name for name in facts if name != "type"])
        for each in columns:
            values = [each[name] for name in facts]
            table.add_row(
                Text(each["column"]), *[f"{value:,}" if isinstance(value, int) else str(value) for value in values]
            )
        console.print(table)
    show_places(console, summary)


def show_rotated(summary: Mapping[str, Any]) -> None:
    """What is encrypted with the new key now."""
    if "columns" in summary:
        show_columns(summary)
        return
    console = Console(highlight=False)
    values = counted(summary["values"], "value")
    told = f"{values} of the scope {summary['scope']} encrypted again, with key {summary['key']}."
    console.print(Text(told, style="bold"))
    console.print(Text(f"vault     {summary['vault']}"), soft_wrap=True)
    show_places(console, summary)


def show_erased(summary: Mapping[str, Any]) -> None:
    """What the vault has forgotten."""
    console = Console(highlight=False)
    console.print(Text(erased_line(summary), style="bold"))
    console.print(Text(f"vault     {summary['vault']}, scope {summary['scope']}"), soft_wrap=True)
    show_places(console, summary)


def erased_line(summary: Mapping[str, Any]) -> str:
    """How many were asked for, known and erased.

    >>> erased_line({"of": "persons", "asked": 3, "found": 2, "tokens": 7, "shared": 1})
    '2 of 3 persons known; 7 tokens erased, 1 shared with others and kept.'
    """
    asked = counted(summary["asked"], summary["of"].removesuffix("s"))
    kept = f", {summary['shared']:,} shared with others and kept" if summary["shared"] else ""
    return f"{summary['found']:,} of {asked} known; {counted(summary['tokens'], 'token')} erased{kept}."
