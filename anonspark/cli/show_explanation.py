"""An explanation as tables on stdout."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from anonspark.cli.tables import table_of

Told = Mapping[str, Any]

MOST_SIZES = 8
"""Class sizes that are told one by one; the larger ones are told together."""


def show_explanation(told: Told) -> None:
    """Why this node, what comes next, and why records are suppressed."""
    console = Console(highlight=False)
    console.print(Text(headline(told), style="bold"))
    if told["lower"]:
        console.print(lower_table(told))
    if told["at_lowest"]:
        console.print(Text(f"At the lowest level that they may have: {', '.join(told['at_lowest'])}."))
    if told["next_best"]:
        console.print(next_table(told))
    console.print(Text(suppressed_line(told)))
    for failed in told["suppressed"]["failed"]:
        console.print(
            Text(f"  {failed['model']}: {failed['records']:,} records in {failed['classes']:,} classes fail it")
        )
    if told["suppressed"]["records"]:
        console.print(columns_table(told))
    for warning in told["warnings"]:
        console.print(Text(f"warning   {warning}"), soft_wrap=True)


def headline(told: Told) -> str:
    """The node, and how sure it is that it is the best one."""
    levels = ", ".join(f"{name} {level}/{told['heights'][name]}" for name, level in told["levels"].items())
    proof = "no node is better" if told["optimal"] else "a better node may exist"
    score = "past the limit" if told["score"] is None else f"{told['metric']} = {told['score']:.6g}"
    return f"Run {told['run_id']}: {levels}. {score}: {proof}."


def lower_table(told: Told) -> Table:
    """What each attribute would bring one level lower."""
    numbers = ("level", "suppressed", told["metric"])
    table = table_of("one level lower", *numbers, "then", right=numbers)
    for each in told["lower"]:
        score = "-" if each["score"] is None else f"{each['score']:.6g}"
        table.add_row(
            Text(each["attribute"]), str(each["level"]), f"{each['suppressed']:,}", score, Text(then(each, told))
        )
    return table


def then(lower: Told, told: Told) -> str:
    """What speaks against a lower level."""
    if not lower["satisfied"]:
        failed = ", ".join(f"{each['model']} {each['records']:,}" for each in lower["failed"] if each["records"])
        return f"more than {told['limit']:,} suppressed" + (f" ({failed})" if failed else "")
    difference = lower["difference"]
    if difference is None or difference > 0:
        return "costs more"
    return "costs as much" if difference == 0 else "costs less; the search did not look there"


def next_table(told: Told) -> Table:
    """The next best nodes, by where they differ from the chosen one."""
    title = f"next best of {told['looked_at']:,} nodes"
    numbers = ("suppressed", told["metric"], "more by")
    table = table_of(title, *numbers, right=numbers)
    for each in told["next_best"]:
        changes = [f"{name} {level}" for name, level in each["levels"].items() if level != told["levels"][name]]
        table.add_row(
            Text(", ".join(changes)), f"{each['suppressed']:,}", f"{each['score']:.6g}", f"{each['difference']:.3g}"
        )
    return table


def suppressed_line(told: Told) -> str:
    """How many records are suppressed, and in classes of which sizes."""
    suppressed = told["suppressed"]
    line = f"{suppressed['records']:,} of {told['rows']['now']:,} records are suppressed, {told['limit']:,} might be."
    if suppressed["unknown"]:
        line += f" {suppressed['unknown']:,} have a value that a hierarchy does not know."
    if suppressed["classes"]:
        line += f" The classes that are not safe: {', '.join(sizes(suppressed['sizes']))}."
    return line


def sizes(counts: Sequence[Sequence[int]]) -> Iterator[str]:
    """How many classes have each size, the larger ones together."""
    for size, classes in counts[:MOST_SIZES]:
        yield f"{classes:,} of {size:,}"
    larger = counts[MOST_SIZES:]
    if larger:
        yield f"{sum(classes for _, classes in larger):,} of {larger[0][0]:,} to {larger[-1][0]:,}"


def columns_table(told: Told) -> Table:
    """How many of the suppressed records each column could bring back."""
    numbers = ("unknown", "one level higher", "at the highest level")
    table = table_of("suppressed records kept with", *numbers, right=numbers)
    for each in told["suppressed"]["columns"]:
        cells = [each["unknown"], each["kept_one_higher"], each["kept_generalized"]]
        table.add_row(Text(each["attribute"]), *["-" if cell is None else f"{cell:,}" for cell in cells])
    return table
