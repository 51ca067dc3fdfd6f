"""The results of `detokenize`, `decrypt`, `rotate-keys` and `erase` on stdout: names and counts, never a value."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from anonspark.cli.tables import show_places, table_of


def show_columns(summary: Mapping[str, Any]) -> None:
    """A line a column that was opened, or encrypted again."""
    console = Console(highlight=False)
    columns = summary["columns"]
    console.print(Text(f"{summary['rows']:,} rows; {', '.join(each['column'] for each in columns)}.", style="bold"))
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
    told = f"{summary['values']:,} values of the scope {summary['scope']} were encrypted again, with {summary['key']}."
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
    '2 of 3 persons were known; 7 tokens stand for nothing any more, and 1 is shared with others.'
    """
    shared = summary["shared"]
    rest = f", and {shared:,} {'is' if shared == 1 else 'are'} shared with others" if shared else ""
    return (
        f"{summary['found']:,} of {summary['asked']:,} {summary['of']} were known; {summary['tokens']:,} tokens stand "
        f"for nothing any more{rest}."
    )
