"""The result of `detect-pii` as tables on stdout."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from anonspark.cli.show_compliance import show_compliance
from anonspark.cli.tables import show_places, table_of
from anonspark.report.numbers import counted
from anonspark.report.privacy_words import cells, evidence


def show_detections(summary: Mapping[str, Any]) -> None:
    """What was found in each table, how sure that is and why, and how the tables stand with a regulation."""
    console = Console(highlight=False)
    for found in summary["tables"]:
        console.print(Text(headline(found), style="bold"), soft_wrap=True)
        if found["detections"]:
            console.print(detections_table(found["detections"]))
        if found.get("compliance"):
            show_compliance(console, found.get("profile") or summary.get("profile"), found["compliance"])
    if summary.get("compliance"):
        show_compliance(console, summary.get("profile"), summary["compliance"])
    show_places(console, summary)


def headline(found: Mapping[str, Any]) -> str:
    """How many columns of a table hold personal data, and how much of it was looked at."""
    detections = found["detections"]
    columns = len({each["column"] for each in detections})
    held = (
        f"{columns:,} column{'s' if columns != 1 else ''} with personal data" if columns else "no personal data found"
    )
    return f"{found['uri']}: {held}; {counted(found['rows_scanned'], 'row')} looked at."


def detections_table(detections: Sequence[Mapping[str, Any]]) -> Table:
    """A line a finding, in the order of the table's columns; samples are masked."""
    table = table_of("column", "type", "confidence", "cells", "masked sample", "why", right=("confidence", "cells"))
    for each in detections:
        table.add_row(
            Text(each["column"]),
            Text(each["pii_type"]),
            f"{each['confidence']:.2f}",
            cells(each),
            Text(each.get("sample") or "-"),
            Text(evidence(each)),
        )
    return table
