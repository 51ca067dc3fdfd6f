"""The result of `validate` as tables on stdout."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from anonspark.cli.tables import plain_table, show_places

VIOLATIONS_SHOWN = 10


def show_validation(summary: Mapping[str, Any]) -> None:
    """The verdict, what each model found, and the classes that are furthest off."""
    console = Console(highlight=False)
    console.print(Text(headline(summary), style="bold"))
    console.print(models_table(summary["statistics"]["models"]))
    if summary["violations"]:
        console.print(violations_table(summary))
    show_places(console, summary)


def headline(summary: Mapping[str, Any]) -> str:
    """Valid or not, and of what."""
    found = summary["statistics"]
    verdict = "The table satisfies every model" if summary["is_valid"] else "The table is not valid"
    sizes = f"{found['classes']:,} classes of {found['smallest']:,} to {found['largest']:,} records"
    return (
        f"{verdict}: {found['rows']:,} records, {found['suppressed']:,} of them suppressed; {sizes} "
        f"by {', '.join(summary['quasi_identifiers'])}."
    )


def models_table(models: list[Mapping[str, Any]]) -> Table:
    """A line a demand."""
    table = plain_table("model", right=("required", "worst", "classes that fail", "records in them"))
    for found in models:
        classes = "" if found["classes"] is None else f"{found['classes']:,}"
        table.add_row(words(found), *numbers(found["required"], found["worst"]), classes, f"{found['rows']:,}")
    return table


def violations_table(summary: Mapping[str, Any]) -> Table:
    """The worst violations."""
    shown = summary["violations"][:VIOLATIONS_SHOWN]
    more = len(summary["violations"]) - len(shown) + summary["violations_left_out"]
    title = f"violation, {more:,} more" if more else "violation"
    table = plain_table(title, right=("class size", "required", "observed", "records"))
    for found in shown:
        size = "all" if found["class_size"] is None else f"{found['class_size']:,}"
        table.add_row(words(found), size, *numbers(found["required"], found["observed"]), f"{found['rows']:,}")
    return table


def words(found: Mapping[str, Any]) -> Text:
    """A demand in a word or three."""
    of = f" of {found['attribute']}" if found["attribute"] else ""
    return Text(f"{found['model']}{of}: {found['measure'].replace('_', ' ')}")


def numbers(*values: float | None) -> list[str]:
    """Numbers as short as they are; past all bounds a dash."""
    return ["-" if value is None else f"{value:,.4g}" for value in values]
