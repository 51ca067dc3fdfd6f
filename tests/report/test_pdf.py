"""The same report on paper."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from anonspark.report.content import document_of
from anonspark.report.document import Chart, DataTable, Document, Facts, Paragraph, Quotation
from anonspark.report.pdf import as_pdf
from tests.report.records import attribute, completed, config, failed, summary


def text_of(pdf: bytes, folder: Path) -> str:
    """What a reader sees on the pages, without blanks, as lines are broken anywhere."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    (folder / "report.pdf").write_bytes(pdf)
    command = ["pdftotext", "-layout", str(folder / "report.pdf"), "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode()


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def texts_of(document: Document) -> list[str]:
    """All that a report says, but for cells, which a page may set side by side."""
    texts = [document.title, document.subtitle, document.verdict]
    for section in document.sections:
        texts.append(section.heading)
        for block in section.blocks:
            match block:
                case Paragraph(text):
                    texts.append(text)
                case Chart(title, description):
                    texts += [title, description]
                case DataTable(title, headers):
                    texts += [title, *headers]
                case Facts(_, pairs):
                    texts += [name for name, _ in pairs]
                case Quotation(_, text):
                    texts.append(text)
    return texts


@pytest.mark.parametrize("records", [completed(), failed()], ids=["completed", "failed"])
def test_all_that_the_page_says_is_on_paper_with_page_numbers(records, tmp_path: Path) -> None:
    document = document_of(records)
    pdf = as_pdf(document)
    assert pdf.startswith(b"%PDF-")
    pages = len(re.findall(rb"/Type /Page\b", pdf))
    text = text_of(pdf, tmp_path)
    assert [f"page {page} of {pages}" in text for page in range(1, pages + 1)] == [True] * pages
    # Footers stand between what a page break separates.
    body = squeezed(re.sub(rf"{re.escape(document.subtitle)} +page \d+ of \d+", "", text))
    assert [said for said in texts_of(document) if squeezed(said) not in body] == []


def test_every_font_is_embedded() -> None:
    pdf = as_pdf(document_of(completed()))
    fonts = re.findall(rb"/BaseFont /([\w+-]+)", pdf)
    assert {name.partition(b"+")[2] for name in fonts} == {b"DejaVuSans", b"DejaVuSans-Bold", b"DejaVuSansMono"}
    assert len(re.findall(rb"/FontFile2 ", pdf)) == len(set(fonts))


def test_names_are_text_on_paper_too(tmp_path: Path) -> None:
    hostile = "<b>&amp;</para><img src='x'/>"
    attributes = [attribute(hostile), *config()["attributes"][1:]]
    records = completed(config=config(attributes=attributes), summary=summary(warnings=[hostile]))
    assert squeezed(hostile) in squeezed(text_of(as_pdf(document_of(records)), tmp_path))


def test_the_same_report_is_the_same_file() -> None:
    assert as_pdf(document_of(completed())) == as_pdf(document_of(completed()))
