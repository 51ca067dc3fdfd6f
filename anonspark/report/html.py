"""A report as one HTML file: no script, nothing that is fetched from elsewhere."""

from collections.abc import Iterator
from html import escape
from importlib.resources import files
from itertools import count
from typing import Final

from anonspark.report.document import Block, Chart, DataTable, Document, Facts, Paragraph, Quotation, Section
from anonspark.report.drawing import as_svg

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What the page may load: its own styles, and pictures within it."""


LONG: Final = 40
"""Characters from which on the cells of a column are sentences."""


def as_html(document: Document) -> str:
    """The whole page."""
    return "\n".join(_page(document)) + "\n"


def _page(document: Document) -> Iterator[str]:
    style = files("anonspark.report").joinpath("report.css").read_text(encoding="utf-8")
    title = escape(f"{document.title}, {document.subtitle}")
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>"
    yield f'<header>\n<h1>{escape(document.title)}</h1>\n<p class="subtitle">{escape(document.subtitle)}</p>'
    kind, word = ("verdict", "Verdict") if document.good else ("verdict none", document.failed)
    yield f'<p class="{kind}"><strong>{escape(word)}</strong> {escape(document.verdict)}</p>'
    yield _facts(document.key_facts, "key")
    yield '</header>\n<nav aria-label="Contents"><ul>'
    for place, section in enumerate(document.sections, start=1):
        yield f'<li><a href="#section-{place}">{escape(section.heading)}</a></li>'
    yield "</ul></nav>\n<main>"
    charts = (f"chart-{number}" for number in count(1))
    for place, section in enumerate(document.sections, start=1):
        yield from _section(section, f"section-{place}", charts)
    yield f"</main>\n<footer>{escape(document.subtitle)}. {escape(document.footer)}</footer>"
    yield "</body>\n</html>"


def _section(section: Section, key: str, charts: Iterator[str]) -> Iterator[str]:
    yield f'<section aria-labelledby="{key}">\n<h2 id="{key}">{escape(section.heading)}</h2>'
    for block in section.blocks:
        yield _block(block, charts)
    yield "</section>"


def _block(block: Block, charts: Iterator[str]) -> str:
    match block:
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Facts():
            return _facts(block)
        case DataTable():
            return _table(block)
        case Chart():
            caption = f"<figcaption>{escape(block.description)}</figcaption>"
            return f"<figure>{as_svg(block, next(charts))}{caption}</figure>"
        case Quotation(title, text):
            # Focus, as long lines of it may have to be scrolled to.
            return f'<pre aria-label="{escape(title)}">{escape(text)}</pre>'


def _facts(facts: Facts, kind: str = "facts") -> str:
    pairs = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(fact)}</dd></div>" for name, fact in facts.pairs)
    return f'<dl class="{kind}" aria-label="{escape(facts.title)}">{pairs}</dl>'


def _table(table: DataTable) -> str:
    title = escape(table.title)
    kinds = [_kind(table, place) for place in range(len(table.headers))]
    head = "".join(
        f'<th scope="col"{kind}>{escape(text)}</th>' for kind, text in zip(kinds, table.headers, strict=True)
    )
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(kinds[1:], row[1:], strict=True))
        + "</tr>"
        for row in table.rows
    )
    # A wide table is scrolled within its own box, by keyboard too, so that the page never is.
    return (
        f'<div class="scroll" role="region" aria-label="{title}" tabindex="0"><table><caption>{title}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _kind(table: DataTable, place: int) -> str:
    """The class of a column's cells: numbers, or sentences, which no narrow window squeezes to a word a line."""
    if place in table.numbers:
        return ' class="number"'
    return ' class="prose"' if any(len(row[place]) > LONG for row in table.rows) else ""
