"""A plan as tables on stdout."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from anonspark.cli.tables import table_of

Plan = Mapping[str, Any]

CHECKERS = {"in_memory": "in the driver's memory", "cluster": "on the cluster"}


def show_plan(plan: Plan) -> None:
    """What the job will do, what that will cost and what is wrong with it."""
    console = Console(highlight=False)
    console.print(Text(headline(plan), style="bold"))
    if plan["columns"]:
        console.print(columns_table(plan))
    if plan["hierarchies"]:
        console.print(hierarchies_table(plan))
    for word, line in [*lines(plan), *(("warning", warning) for warning in plan["warnings"])]:
        console.print(Text(f"{word:<9} {line}"), soft_wrap=True)
    for problem in plan["problems"]:
        console.print(Text(f"problem   {problem['message']}", style="bold"), soft_wrap=True)


def headline(plan: Plan) -> str:
    """How much there is to do, or that it cannot be done."""
    problems, rows = len(plan["problems"]), plan["input"]["rows"]
    found = f"{problems} problem{'s' if problems > 1 else ''}; nothing would be released" if problems else "No problems"
    told = "" if rows is None else f"{rows:,} records"
    if plan["base_classes"] is not None:
        told += f" in {plan['base_classes']:,} classes"
    if plan["search"] is not None:
        told += f", {plan['search']['nodes']:,} ways to generalize them"
    sampled = plan["sampled"]
    guess = "" if sampled is None else f" This is what the first {sampled:,} rows show, and a guess for the others."
    return (f"{told}. " if told else "") + f"{found}.{guess}"


def columns_table(plan: Plan) -> Table:
    """What each column is; values that were not counted one by one carry a ~."""
    table = table_of("column", "role", "type", "values", "nulls", right=("values", "nulls"))
    for each in plan["columns"]:
        about = "" if each["exact"] else "~"
        table.add_row(
            Text(each["name"]),
            each["role"].replace("_", "-"),
            Text(each["data_type"]),
            counted(each["distinct"], about),
            counted(each["nulls"]),
        )
    return table


def hierarchies_table(plan: Plan) -> Table:
    """How each quasi-identifier can be generalized."""
    numbers = ("levels", "of", "unknown values", "records")
    table = table_of("quasi-identifier", "hierarchy", *numbers, right=numbers)
    for each in plan["hierarchies"]:
        low, high = each["levels"] or (None, None)
        levels = "-" if low is None else f"{low} to {high}"
        table.add_row(
            Text(each["attribute"]),
            each["kind"],
            levels,
            counted(each["height"]),
            counted(each["unknown_values"]),
            counted(each["unknown_records"]),
        )
    return table


def counted(number: int | None, about: str = "") -> str:
    """A number, or that nobody counted it."""
    return "-" if number is None else f"{about}{number:,}"


def lines(plan: Plan) -> Iterator[tuple[str, str]]:
    """Everything else, a word and a sentence each."""
    search, release, risk = plan["search"], plan["release"], plan["risk"]
    given = plan["input"]
    version = "" if given["version"] is None else f", version {given['version']}"
    yield "input", f"{given['uri']} ({given['format']}{version}), read {given['passes']} times"
    for mark, rows in given["left_out"].items():
        yield "malformed", f"{rows:,} rows: {mark.strip()}"
    if risk is not None:
        yield (
            "risk",
            f"of finding a person in the raw table: {risk['prosecutor']['average']:.2%} on average, "
            f"{risk['unique_fraction']:.2%} of the records stand alone",
        )
    if search is not None:
        cost = search["cost"]
        recoding = "" if search["recoding"] is None else f", then {search['recoding']} recoding"
        yield (
            "search",
            f"{search['strategy'].replace('_', '-')}{recoding}, {CHECKERS[search['checker']]} "
            f"(search.memory_mb = {search['memory_mb']:,})",
        )
        yield (
            "cost",
            f"about {cost['checks']:,} nodes checked in {cost['search_s']:g} s, everything else {cost['job_s']:g} s "
            f"({cost['basis']})",
        )
    if release is not None:
        yield "release", possibility(release)
    yield from places(plan)


def possibility(release: Mapping[str, Any]) -> str:
    """Whether there can be a release."""
    word = {True: "possible", False: "impossible", None: "the search will tell whether there is one"}
    return (
        f"{word[release['possible']]}: the top of the lattice suppresses {release['suppressed_at_top']:,} records, "
        f"{release['limit']:,} may be"
    )


def places(plan: Plan) -> Iterator[tuple[str, str]]:
    """Where what will be written."""
    output, metadata = plan["output"], plan["metadata"]
    if output is not None:
        action = output["action"] or "would be refused"
        yield "output", f"{output['uri']} ({output['format']}, mode {output['mode']}): {action}"
    if metadata is not None:
        there = {True: "adds to the tables there", False: "creates the tables", None: "cannot be used"}
        yield "metadata", f"{metadata['uri']}: {there[metadata['found']]}"
