"""The result of `measure` as tables on stdout."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from anonspark.cli.tables import metrics_table, plain_table, show_places

MOST_ASSOCIATIONS: Final = 10
"""That are shown: those that changed most."""

LOSSES: Final = (("loss", "loss"), ("precision", "precision"), ("mean level", "mean_level"))
"""Of a column: what the table says, and the summary's key."""

DISTANCES: Final = (
    ("total variation", "total_variation"),
    ("Jensen-Shannon", "jensen_shannon"),
    ("earth mover", "earth_mover"),
)
"""Of a column's distribution: what the table says, and the summary's key."""


def show_comparison(summary: Mapping[str, Any]) -> None:
    """What a release lost, and what an analyst still finds in it."""
    console = Console(highlight=False)
    rows, suppressed = summary["rows"], summary["suppressed"]
    console.print(
        Text(
            f"{rows:,} records, {suppressed:,} of them suppressed ({suppressed / rows:.2%}); the release has "
            f"{summary['released_rows']:,} rows.",
            style="bold",
        )
    )
    console.print(metrics_table(summary))
    console.print(columns_table("lost by column", LOSSES, summary["columns"]))
    console.print(columns_table("distance of distributions", DISTANCES, summary["columns"]))
    if summary["associations"]:
        console.print(associations_table(summary["associations"]))
    if "target" in summary:
        console.print(target_table(summary["target"]))
    show_places(console, summary)


def columns_table(title: str, measures: Sequence[tuple[str, str]], columns: Mapping[str, Mapping[str, Any]]) -> Table:
    """Some measures of each column; 0 is unchanged."""
    table = plain_table(title, right=tuple(words for words, _ in measures))
    for name, column in columns.items():
        table.add_row(Text(name), *(_number(column[measure]) for _, measure in measures))
    return table


def associations_table(associations: list[Mapping[str, Any]]) -> Table:
    """Pairs of columns whose association changed most."""
    shown = associations[:MOST_ASSOCIATIONS]
    more = "" if len(shown) == len(associations) else f", {len(shown)} of {len(associations)} pairs"
    table = plain_table(f"association (Cramer's V){more}", right=("original", "released", "change"))
    for each in shown:
        pair = Text(" / ".join(each["columns"]))
        table.add_row(pair, _number(each["original"]), _number(each["released"]), f"{each['change']:+.3f}")
    return table


def target_table(target: Mapping[str, Any]) -> Table:
    """How often the target is predicted, from the original and from the release."""
    table = plain_table("records predicted", right=("original", "released"))
    before, after = target["original"], target["released"]
    table.add_row(Text(f"{target['column']}, by the model"), f"{before['accuracy']:.2%}", f"{after['accuracy']:.2%}")
    table.add_row("by the most frequent value", f"{before['baseline']:.2%}", f"{after['baseline']:.2%}")
    return table


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
