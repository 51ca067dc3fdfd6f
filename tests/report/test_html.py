"""A page that hostile names cannot break, and that asks nobody for anything."""

import re
from dataclasses import replace

from anonspark.report.content import document_of
from anonspark.report.document import Document, Facts, Paragraph, Section
from anonspark.report.html import as_html
from tests.report.records import NODES, Page, attribute, completed, config, failed, summary

HOSTILE = "<script>alert(1)</script>\"'&$x_{</svg></style><img src=x onerror=alert(1)>"


def hostile_page() -> Page:
    """A report in which a quasi-identifier, an identifier, places, the run and a warning have such a name."""
    levels = {HOSTILE: 1, "zip": 2}
    attributes = [attribute(HOSTILE), attribute("zip"), attribute(f"i{HOSTILE}", "identifier")]
    nodes = (replace(NODES[0], levels=levels), replace(NODES[1], levels={HOSTILE: 2, "zip": 1}))
    told = summary(levels=levels, heights={HOSTILE: 3, "zip": 3}, warnings=[HOSTILE])
    run = replace(completed().run, run_id=HOSTILE, input_uri=HOSTILE)
    utility = [replace(each, column=HOSTILE) if each.column == "age" else each for each in completed().utility]
    records = completed(
        run=run, states=(run,), config=config(attributes=attributes), summary=told, levels=levels, nodes=nodes,
        utility=tuple(each for each in utility if each.column != "sex"),
    )  # fmt: skip
    return Page(as_html(document_of(records)))


def test_names_are_text_and_never_markup() -> None:
    page = hostile_page()
    tags = {tag for tag, _ in page.elements}
    assert tags & {"script", "img", "iframe", "link", "object", "form"} == set()
    attributes = {name for _, found in page.elements for name in found}
    assert [name for name in attributes if name.startswith("on")] == []
    assert page.tables["Generalization levels"][1][0] == HOSTILE
    assert page.facts["Run"] == HOSTILE


def test_a_message_of_a_failed_run_is_text_too() -> None:
    told = {**failed().summary, "error": {"message": HOSTILE}}
    page = Page(as_html(document_of(failed(summary=told))))
    assert "script" not in {tag for tag, _ in page.elements}
    assert HOSTILE in "".join(page.texts)


def test_a_page_refers_to_nothing_but_itself() -> None:
    page = Page(as_html(document_of(completed())))
    ids = [found["id"] for _, found in page.elements if "id" in found]
    assert len(ids) == len(set(ids))
    for name in ("href", "xlink:href", "src"):
        targets = [str(found[name]) for _, found in page.elements if name in found]
        assert [to for to in targets if not (to.startswith("#") and to[1:] in ids) and not to.startswith("data:")] == []
    assert re.findall(r"@import|url\((?!#)", as_html(document_of(completed()))) == []


def test_tables_and_charts_can_be_read_without_eyes() -> None:
    page = Page(as_html(document_of(completed())))
    ids = {found.get("id") for _, found in page.elements}
    scopes = [found.get("scope") for tag, found in page.elements if tag == "th"]
    assert set(scopes) == {"col", "row"}
    charts = [found for tag, found in page.elements if tag == "svg"]
    assert len(charts) == 3
    for chart in charts:
        assert chart["role"] == "img"
        assert set(str(chart["aria-labelledby"]).split()) <= ids
    scrolled = [found for _, found in page.elements if found.get("class") == "scroll"]
    assert len(scrolled) == len(page.tables)
    assert all(found["tabindex"] == "0" and found["role"] == "region" for found in scrolled)
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert set(levels[1:]) == {2}


def test_a_section_without_tables_is_a_section() -> None:
    document = Document("t", "s", "v", True, Facts("f", ()), (Section("Only this", (Paragraph("a < b"),)),))
    assert "<p>a &lt; b</p>" in as_html(document)
