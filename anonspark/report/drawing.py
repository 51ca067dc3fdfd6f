"""Charts as files: SVG for a page, PNG for paper. Readable in black and white: hatches, shapes and shades."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from io import BytesIO
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from anonspark.report.document import Chart

WIDTH_IN: Final = 5.0
"""Of every chart; at this width text of 9 points is legible on a telephone too."""

DOTS_PER_INCH: Final = 220

INK: Final = "#1a1a1a"
GREY: Final = "#767676"
PALE: Final = "#d0d0d0"

STYLE: Final[dict[Any, Any]] = {  # matplotlib lists every key as a type
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "text.parse_math": False,  # a column may be called $x$
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.8,
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text: it can be searched, and takes a tenth of the room
    "svg.hashsalt": "anonspark",  # the same chart gives the same file
}


def figure(height: float) -> Figure:
    """An empty figure of the common width, `height` inches high."""
    return Figure(figsize=(WIDTH_IN, height), layout="constrained")


@contextmanager
def house_style() -> Iterator[None]:
    """Within the block charts are drawn in one style."""
    with warnings.catch_warnings(), mpl.rc_context(STYLE):
        # A browser has the characters that the font lacks; on paper an empty box stands for them.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        yield


def as_png(chart: Chart) -> bytes:
    """The chart for paper."""
    content = BytesIO()
    with house_style():
        chart.draw().savefig(content, format="png", dpi=DOTS_PER_INCH)
    return content.getvalue()


def as_svg(chart: Chart, key: str) -> str:
    """The chart as an element of a page, with its title and description for those who do not see it.

    Args:
        chart: What to draw.
        key: Begins every id within, so that the ids of a page differ.
    """
    content = BytesIO()
    with house_style():
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        chart.draw().savefig(content, format="svg", metadata=nothing, dpi=DOTS_PER_INCH)
    text = content.getvalue().decode()
    text = text[text.index("<svg ") :]
    # Within tags only: a column's name is text, whatever it looks like.
    text = re.sub("<[^>]*>", lambda tag: re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{key}-", tag[0]), text)
    opening, _, rest = text.partition(">")
    width, height = re.findall(r'(?:width|height)="([\d.]+)pt"', opening)
    opening = re.sub(r' (?:width|height)="[\d.]+pt"', "", opening)
    named = f'{opening} width="{float(width) / 0.75:.0f}" height="{float(height) / 0.75:.0f}" role="img"'
    title, description = escape(chart.title), escape(chart.description)
    return (
        f'{named} aria-labelledby="{key}-title {key}-desc"><title id="{key}-title">{title}</title>'
        f'<desc id="{key}-desc">{description}</desc>{rest}'
    )
