"""Reports as a browser shows them: on a screen and on a telephone, with nothing fetched and nothing to complain of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from anonspark.io.run_records import NodeRecord, RunRecords, UtilityRecord
from anonspark.report.content import document_of
from anonspark.report.html import as_html
from tests.report import privacy_records
from tests.report.records import attribute, completed, config, failed, summary

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """A browser without a screen, or the test is skipped."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no browser at {CHROMIUM}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


def with_long_names() -> RunRecords:
    """Columns whose names no telephone has room for, with and without blanks."""
    names = ["household_income_of_the_year_before_the_interview_in_thousands_of_dollars", "place of residence " * 6]
    levels = dict.fromkeys(names, 1)
    nodes = (
        NodeRecord(levels, True, 40, 0.3125),
        NodeRecord(dict.fromkeys(names, 2), True, 10, 0.5),
        NodeRecord(dict.fromkeys(names, 0), False, 900, None),
    )
    return completed(
        config=config(attributes=[attribute(name) for name in names]),
        summary=summary(levels=levels, heights=dict.fromkeys(names, 3)),
        levels=dict.fromkeys(names, 3),
        nodes=nodes,
        utility=tuple(UtilityRecord(name, "loss", 0.5) for name in names),
    )


def privacy_with_long_names() -> RunRecords:
    """Findings in columns whose paths no telephone has room for."""
    path = "customer.contact_details.electronic_mail_addresses[].primary_address_of_the_household"
    found = [privacy_records.detection(path, "email"), privacy_records.detection("place of residence " * 6, "address")]
    left = privacy_records.compliance(found)
    return privacy_records.treated(pending=found, remaining=found, compliance=left)


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("records", [
    completed, failed, with_long_names, privacy_records.scanned, privacy_records.treated, privacy_records.failed,
    privacy_with_long_names,
])  # fmt: skip
def test_a_report_fits_the_window_asks_for_nothing_and_breaks_nothing(
    browser, tmp_path: Path, records, width: int
) -> None:
    place = tmp_path / "report.html"
    place.write_text(as_html(document_of(records())), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(place.as_uri())
    assert asked == [place.as_uri()]
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # What is wider scrolls within a box of its own, which the keyboard reaches.
    wide = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth "
        "&& getComputedStyle(e).overflowX != 'visible' && e.tabIndex < 0).map(e => e.outerHTML.slice(0, 80))"
    )
    assert wide == []
    page.close()


def test_charts_are_seen_and_named(browser, tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    place.write_text(as_html(document_of(completed())), encoding="utf-8")
    page = browser.new_page(viewport={"width": 400, "height": 900})
    page.goto(place.as_uri())
    for title in ("Loss of each column", "Class sizes before and after", "The lattice"):
        box = page.get_by_role("img", name=title).bounding_box()
        assert box is not None
        assert (box["width"] > 300, box["height"] > 60) == (True, True)
    page.close()
