"""A report as PDF, for files and signatures: the same content and charts, with page numbers and embedded fonts."""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import matplotlib as mpl
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    CondPageBreak,
    Image,
    KeepTogether,
    LongTable,
    Preformatted,
    SimpleDocTemplate,
    Spacer,
    TableStyle,
)
from reportlab.platypus import Paragraph as Text

from anonspark.report.document import Block, Chart, DataTable, Document, Facts, Paragraph, Quotation
from anonspark.report.drawing import GREY, INK, PALE, WIDTH_IN, as_png

FONTS: Final[Mapping[str, str]] = {
    "Report": "DejaVuSans.ttf",
    "Report-Bold": "DejaVuSans-Bold.ttf",
    "Report-Mono": "DejaVuSansMono.ttf",
}
"""Fonts that matplotlib brings; a character that they lack is an empty box."""

MARGIN: Final = 18 * mm
WIDTH: Final = A4[0] - 2 * MARGIN
LONGEST_LINE: Final = 96

CHARACTER: Final = 5.2
"""Points that a character of a table takes, nearly."""

LONGEST_WORD: Final = 16
"""Characters of a word that a column has room for."""

HEAD_ROOM: Final[float] = 12 * mm
"""What a heading takes."""

ROW: Final[float] = 5.5 * mm
"""What most rows of a table take."""

BODY = ParagraphStyle("body", fontName="Report", fontSize=9, leading=12.5, textColor=HexColor(INK), spaceAfter=6)
SOFT = ParagraphStyle("soft", BODY, fontSize=8, leading=11, textColor=HexColor("#555555"))
TITLE = ParagraphStyle("title", BODY, fontName="Report-Bold", fontSize=16, leading=20, spaceAfter=2)
HEADING = ParagraphStyle("heading", BODY, fontName="Report-Bold", fontSize=12, leading=16, spaceBefore=12)
CAPTION = ParagraphStyle("caption", BODY, fontName="Report-Bold", spaceBefore=4, spaceAfter=3)
VERDICT = ParagraphStyle(
    "verdict", BODY, fontSize=10.5, leading=15, borderPadding=7, borderColor=HexColor(INK), borderWidth=0.8,
    spaceBefore=10, spaceAfter=16, leftIndent=7, rightIndent=7,
)  # fmt: skip
CELL = ParagraphStyle("cell", BODY, fontSize=8, leading=10.5, spaceAfter=0)
CELL_RIGHT = ParagraphStyle("right", CELL, alignment=TA_RIGHT)
HEAD = ParagraphStyle("head", CELL, fontName="Report-Bold")
HEAD_RIGHT = ParagraphStyle("head right", HEAD, alignment=TA_RIGHT)
CODE = ParagraphStyle("code", BODY, fontName="Report-Mono", fontSize=7, leading=9)

LINES: Final = [
    # Set before each cell, and used by none; Helvetica, which is not embedded, otherwise.
    ("FONTNAME", (0, 0), (-1, -1), "Report"),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 2.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor(PALE)),
]


def as_pdf(document: Document) -> bytes:
    """The whole report, on A4."""
    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    for name, file in FONTS.items():
        pdfmetrics.registerFont(TTFont(name, str(fonts / file)))
    pictures = {id(chart): as_png(chart) for chart in _charts(document)}
    # Once to count the pages, once to number them.
    pages, _ = _built(document, pictures, None)
    return _built(document, pictures, pages)[1]


def _charts(document: Document) -> Iterator[Chart]:
    yield from (block for section in document.sections for block in section.blocks if isinstance(block, Chart))


def _built(document: Document, pictures: Mapping[int, bytes], pages: int | None) -> tuple[int, bytes]:
    """The number of pages, and the file with that of `pages` on each of them."""
    content = BytesIO()
    template = SimpleDocTemplate(
        content, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN + 4 * mm,
        title=f"{document.title}, {document.subtitle}", author="anonspark", lang="en", invariant=1,
        initialFontName="Report",
    )  # fmt: skip

    def number(canvas: Any, made: Any) -> None:  # noqa: ANN401  reportlab has no types
        canvas.saveState()
        canvas.setFont("Report", 7.5)
        canvas.setFillColor(HexColor(GREY))
        canvas.drawString(MARGIN, 12 * mm, document.subtitle[:90])
        canvas.drawRightString(A4[0] - MARGIN, 12 * mm, f"page {made.page} of {pages}")
        canvas.restoreState()

    template.build(list(_story(document, pictures)), onFirstPage=number, onLaterPages=number)
    return int(template.page), content.getvalue()


def _story(document: Document, pictures: Mapping[int, bytes]) -> Iterator[Any]:
    yield Text(escape(document.title), TITLE)
    yield Text(escape(document.subtitle), SOFT)
    yield Text(escape(document.verdict), VERDICT)
    yield from _facts(document.key_facts)
    for section in document.sections:
        yield CondPageBreak(_room(section.blocks[0], pictures))
        yield Text(escape(section.heading), HEADING)
        for block in section.blocks:
            yield from _block(block, pictures)


def _room(block: Block, pictures: Mapping[int, bytes]) -> float:
    """What has to be left of a page for a heading and its first block, or the beginning of a long one."""
    if isinstance(block, Chart):
        return float(HEAD_ROOM + _picture(pictures[id(block)]).drawHeight + 20 * mm)
    rows = len(block.rows) if isinstance(block, DataTable) else 2
    return float(HEAD_ROOM + min(rows * ROW + 15 * mm, 70 * mm))


def _picture(content: bytes) -> Any:  # noqa: ANN401
    picture = Image(BytesIO(content), hAlign="LEFT")
    scale = min(WIDTH, WIDTH_IN * 72) / picture.imageWidth
    picture.drawWidth, picture.drawHeight = picture.imageWidth * scale, picture.imageHeight * scale
    return picture


def _block(block: Block, pictures: Mapping[int, bytes]) -> Iterator[Any]:
    match block:
        case Paragraph(text):
            yield Text(escape(text), BODY)
        case Facts():
            yield from _facts(block)
        case DataTable():
            yield from _table(block)
        case Chart():
            words = Text(escape(block.title), CAPTION), Text(escape(block.description), SOFT)
            yield KeepTogether([words[0], _picture(pictures[id(block)]), words[1]])
        case Quotation(_, text):
            yield Preformatted(text, CODE, maxLineLength=LONGEST_LINE, newLineChars="  ")


def _facts(facts: Facts) -> Iterator[Any]:
    rows = [[Text(escape(name), HEAD), Text(escape(fact), CELL)] for name, fact in facts.pairs]
    yield LongTable(rows, colWidths=[WIDTH * 0.28, WIDTH * 0.72], style=TableStyle(LINES), hAlign="LEFT")
    yield Spacer(1, 8)


def _table(table: DataTable) -> Iterator[Any]:
    right = [place in table.numbers for place in range(len(table.headers))]
    head = [Text(escape(text), HEAD_RIGHT if flush else HEAD) for text, flush in zip(table.headers, right, strict=True)]
    rows = [
        [Text(escape(cell), CELL_RIGHT if flush else CELL) for cell, flush in zip(row, right, strict=True)]
        for row in table.rows
    ]
    style = [*LINES, ("LINEBELOW", (0, 0), (-1, 0), 0.9, HexColor(INK))]
    yield CondPageBreak(_room(table, {}) - HEAD_ROOM)
    yield Text(escape(table.title), CAPTION)
    yield LongTable([head, *rows], colWidths=_widths(table), repeatRows=1, style=TableStyle(style), hAlign="LEFT")
    yield Spacer(1, 8)


def _widths(table: DataTable) -> list[float]:
    """Each column as wide as its texts ask for, within the page; words of a common length are not broken."""
    columns = list(zip(table.headers, *table.rows, strict=True))
    asked = [min(max(map(len, texts)), 46) + 2.0 for texts in columns]
    room = min(WIDTH, sum(asked) * CHARACTER)
    least = [_longest_word(texts) * CHARACTER for texts in columns]
    if sum(least) >= room:
        return [room * wish / sum(asked) for wish in asked]
    # What is left after every column has its longest word goes to those that ask for more.
    more = [max(0.0, wish * CHARACTER - word) for wish, word in zip(asked, least, strict=True)]
    left = room - sum(least)
    return [word + left * (wish / sum(more) if sum(more) else 0) for word, wish in zip(least, more, strict=True)]


def _longest_word(texts: Sequence[str]) -> float:
    """Its characters and the room beside it; longer words than most are broken."""
    return min(max((len(word) for text in texts for word in text.split()), default=0), LONGEST_WORD) + 2.0
