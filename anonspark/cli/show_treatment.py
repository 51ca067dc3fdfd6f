"""The result of `transform-pii` as tables on stdout."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from anonspark.cli.show_compliance import show_compliance
from anonspark.cli.tables import show_places, table_of
from anonspark.report.numbers import counted
from anonspark.report.privacy_words import (
    KEPT,
    UNTOUCHED,
    action_words,
    actions_by_column,
    cells,
    evidence,
    untreated_first,
)


def show_treatment(summary: Mapping[str, Any]) -> None:
    """What was done with which column and why, what nobody decided, and what is still found in what was written."""
    console = Console(highlight=False)
    console.print(Text(headline(summary), style="bold"))
    if summary["treatments"]:
        console.print(treatments_table(summary["treatments"]))
    if summary["pending"]:
        console.print(pending_table(summary["pending"]))
    if summary.get("remaining"):
        console.print(remaining_table(summary["remaining"], actions_by_column(summary["treatments"])))
    if summary.get("compliance"):
        show_compliance(console, summary.get("profile"), summary["compliance"])
    show_places(console, summary)


def headline(summary: Mapping[str, Any]) -> str:
    """Rows, treated columns, and findings that wait for somebody's word."""
    kept = columns_of([each for each in summary["treatments"] if each["action"] == KEPT])
    done, pending = columns_of(summary["treatments"]) - kept, columns_of(summary["pending"])
    on_purpose = f", {kept:,} kept on purpose" if kept else ""
    waiting = f"; {pending:,} with personal data left as {'it is' if pending == 1 else 'they are'}" if pending else ""
    return f"{counted(summary['rows'], 'row')}; {counted(done, 'column')} treated{on_purpose}{waiting}."


def columns_of(found: Sequence[Mapping[str, Any]]) -> int:
    """How many columns something is said about; free texts can hold several types."""
    return len({each["column"] for each in found})


def treatments_table(treatments: Sequence[Mapping[str, Any]]) -> Table:
    """A line a column."""
    table = table_of("column", "type", "action", "because of", "key", "cells", right=("cells",))
    for each in treatments:
        rows = each.get("rows")
        table.add_row(
            Text(each["column"]),
            Text(each.get("pii_type") or "-"),
            Text(action_words(each)),
            Text(each["because"]),
            Text(each.get("key_id") or "-"),
            "-" if rows is None else f"{rows:,}",
        )
    return table


def pending_table(pending: Sequence[Mapping[str, Any]]) -> Table:
    """Columns that hold personal data and stay as they are, as no rule and no profile says anything about them."""
    table = table_of("left as it is", "type", "confidence", "why", right=("confidence",))
    for each in pending:
        table.add_row(Text(each["column"]), Text(each["pii_type"]), f"{each['confidence']:.2f}", Text(evidence(each)))
    return table


def remaining_table(remaining: Sequence[Mapping[str, Any]], actions: Mapping[str, str]) -> Table:
    """What looks like personal data in the table that was written, and what had been done with it."""
    table = table_of("still found", "type", "confidence", "cells", "after", right=("confidence", "cells"))
    for each in untreated_first(remaining, actions):
        after = actions.get(each["column"], UNTOUCHED)
        table.add_row(
            Text(each["column"]), Text(each["pii_type"]), f"{each['confidence']:.2f}", cells(each), Text(after)
        )
    return table
