"""`python -m benchmarks [section ...]`: each prints a section of Markdown; all of them where none is named."""

import argparse
from collections.abc import Sequence

from benchmarks import (
    as_is,
    cost,
    job,
    markdown,
    peer,
    pii_detect,
    pii_keyed,
    pii_tokens,
    pii_treat,
    search,
    strategies,
)
from benchmarks.machine import circumstances, now

SECTIONS = ("search", "strategies", "peer", "job", "cost", "as_is", "detect", "keyed", "tokens", "treat")
ROWS = {
    "job": job.ROWS,
    "cost": cost.ROWS,
    "as_is": job.ROWS,
    "detect": pii_detect.ROWS,
    "keyed": pii_keyed.ROWS,
    "tokens": pii_tokens.VALUES,
    "treat": pii_treat.ROWS,
}
"""Sizes of the tables, where a section makes them itself."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="section", help=f"of {', '.join(SECTIONS)}; all by default")
    parser.add_argument("--rows", type=int, nargs="+", help="sizes of the whole job's tables, in job and cost")
    parser.add_argument("--rounds", type=int, default=job.ROUNDS, help="of floor and job, alternating")
    parser.add_argument("--smoke", action="store_true", help="everything once and tiny: does it run?")
    parser.add_argument("--write", action="store_true", help=f"replace the sections in docs/{markdown.DOCUMENT.name}")
    asked = parser.parse_args()
    if unknown := set(asked.sections) - set(SECTIONS):
        parser.error(f"there is no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    if asked.smoke and asked.write:
        parser.error("--smoke measures nothing worth writing")
    for name in asked.sections or SECTIONS:
        began = now()
        rows = list(asked.rows or ROWS.get(name, ()))
        body = measured(name, asked, rows)
        sizes = f" --rows {' '.join(map(str, rows))} --rounds {asked.rounds}" if name in ROWS else ""
        section = f"{circumstances(began, name + sizes)}\n\n{body}"
        print(f"## {name}\n\n{section}\n", flush=True)
        if asked.write:
            markdown.write_section(name, section)


def measured(name: str, asked: argparse.Namespace, rows: Sequence[int]) -> str:
    """One section."""
    whole = {"search": search, "strategies": strategies, "peer": peer}
    if name in whole:
        return str(whole[name].report(smoke=asked.smoke))
    if name == "tokens":
        return pii_tokens.report(rows, smoke=asked.smoke)
    of_tables = {"job": job, "cost": cost, "as_is": as_is, "detect": pii_detect, "keyed": pii_keyed, "treat": pii_treat}
    return str(of_tables[name].report(rows, asked.rounds, smoke=asked.smoke))


if __name__ == "__main__":
    main()
