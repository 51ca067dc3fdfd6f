"""The result of `risk` as tables on stdout."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from anonspark.cli.tables import plain_table, show_places

ATTRIBUTES_SHOWN = 10

TITLES = {"input": "table", "release": "release"}


def show_risk(summary: Mapping[str, Any]) -> None:
    """How easily people are found, who is told apart by what, and how many are unique among all people."""
    console = Console(highlight=False)
    console.print(Text(headline(summary), style="bold"))
    console.print(attackers_table(summary["risk"]))
    for subject, side in summary["risk"].items():
        console.print(contributions_table(subject, side))
    show_places(console, summary)


def headline(summary: Mapping[str, Any]) -> str:
    """Records, classes and the smallest of these."""
    side = summary["risk"]["input"]
    classes = side["classes"]
    left_out = f", {side['suppressed']:,} of them suppressed and left out" if side["suppressed"] else ""
    return (
        f"{side['rows']:,} records{left_out}; {classes['number']:,} classes of {classes['smallest']:,} to "
        f"{classes['largest']:,} records by {', '.join(summary['quasi_identifiers'])}."
    )


def attackers_table(sides: Mapping[str, Any]) -> Table:
    """A line a measure, a column a table."""
    table = plain_table("risk of finding a person", right=tuple(TITLES[subject] for subject in sides))
    for words, attacker, measure in (
        ("highest of any record", "prosecutor", "highest"),
        ("average", "prosecutor", "average"),
        ("records above the threshold", "prosecutor", "records_at_risk"),
        ("highest for who searches the population", "journalist", "highest"),
        ("share found by who tries all", None, "marketer"),
        ("records that stand alone", None, "unique_fraction"),
    ):
        values = [side[attacker][measure] if attacker else side[measure] for side in sides.values()]
        table.add_row(words, *[f"{value:.2%}" for value in values])
    if all("population_uniques" in side for side in sides.values()):
        chosen = [side["population_uniques"]["share"] for side in sides.values()]
        table.add_row("records alone among all people, estimated", *[f"{share:.2%}" for share in chosen])
    table.add_row("smallest class", *[f"{side['k_anonymity']:,}" for side in sides.values()])
    table.add_row("in a word", *[side["level"].replace("_", " ") for side in sides.values()])
    return table


def contributions_table(subject: str, side: Mapping[str, Any]) -> Table:
    """The attributes that tell people apart, most first."""
    table = plain_table(
        f"attribute of the {TITLES[subject]}", right=("values", "alone by it", "average risk without it")
    )
    for found in side["contributions"][:ATTRIBUTES_SHOWN]:
        shares = [f"{found[key]:.2%}" for key in ("unique_alone", "average_without")]
        table.add_row(Text(found["attribute"]), f"{found['distinct']:,}", *shares)
    return table
