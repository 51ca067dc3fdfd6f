"""Figures as Markdown, and their place in docs/benchmarks.md."""

from collections.abc import Sequence
from math import floor, log10
from pathlib import Path

DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks.md"

MISSING = "-"


def as_table(heads: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> str:
    """A table; the first `texts` columns are words, the others numbers.

    >>> print(as_table(["table", "nodes"], [["adult", "12,960"]]))
    | table | nodes |
    | :-- | --: |
    | adult | 12,960 |
    """
    rules = [":--" if place < texts else "--:" for place in range(len(heads))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heads, rules, *rows])


def count(number: int | None) -> str:
    """A count.

    >>> count(12960), count(None)
    ('12,960', '-')
    """
    return MISSING if number is None else f"{number:,}"


def figure(number: float | None) -> str:
    """A measured number: three digits, or the whole part where that is longer.

    >>> figure(0.04567), figure(1234.5), figure(2.0), figure(0.0), figure(None)
    ('0.0457', '1,234', '2.00', '0', '-')
    """
    if number is None:
        return MISSING
    if number == 0:
        return "0"
    # The place of the first digit that is not 0: 3 for hundreds, -1 for hundredths.
    first_digit = floor(log10(abs(number))) + 1
    return f"{number:,.{max(3 - first_digit, 0)}f}"


def replaced(document: str, name: str, section: str) -> str:
    """The document with what stands between a section's markers replaced.

    Raises:
        ValueError: The document lacks the markers.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found_begin, rest = document.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"{DOCUMENT.name} has no place for '{name}': put '{begin}' and '{end}' there.")
    return f"{before}{begin}\n{section.strip()}\n{end}{after}"


def write_section(name: str, section: str) -> None:
    """Put a section into docs/benchmarks.md."""
    document = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(replaced(document, name, section), encoding="utf-8", newline="\n")
