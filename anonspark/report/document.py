"""What a report is made of: sections of paragraphs, facts, tables, charts and quoted text, all of them plain text.

The writers (`html.py`, `pdf.py`) escape; whoever fills a document never writes markup.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with what they stand for, in order: figures, times, terms with their meaning."""

    title: str
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DataTable:
    """Rows under headers; the first cell of a row is what the row is about.

    Attributes:
        title: What the table shows.
        headers: One a column.
        rows: As many cells each as there are headers.
        numbers: Columns that are set flush right, counted from 0.
    """

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, with words for those who do not see it.

    Attributes:
        title: What it shows.
        description: What is to be seen in it.
        draw: Makes the drawing; called once for each file that it goes into.
    """

    title: str
    description: str
    draw: "Callable[[], Figure]"


@dataclass(frozen=True, slots=True)
class Quotation:
    """Text whose lines and blanks matter."""

    title: str
    text: str


Block: TypeAlias = Paragraph | Facts | DataTable | Chart | Quotation


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what belongs to it."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report.

    Attributes:
        title: Of the page.
        subtitle: Which run it is about.
        verdict: What there is to know, in one sentence.
        good: Whether the run came to its end.
        key_facts: The few numbers that go with the verdict.
        sections: The rest.
        failed: What stands before the verdict where none was made.
        footer: What is said below everything.
    """

    title: str
    subtitle: str
    verdict: str
    good: bool
    key_facts: Facts
    sections: tuple[Section, ...]
    failed: str = "No release"
    footer: str = "No value of the data is in this report."


def section(heading: str, blocks: Sequence[Block | None]) -> Section:
    """A section of those blocks that there are."""
    return Section(heading, tuple(block for block in blocks if block is not None))
