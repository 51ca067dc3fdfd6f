"""What a privacy run found, what it did about it, and what is left."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from anonspark.io.run_records import RunRecords
from anonspark.report.document import Chart, DataTable, Paragraph, Section, section
from anonspark.report.numbers import counted, percent
from anonspark.report.privacy_charts import types_chart
from anonspark.report.privacy_words import (
    SURE,
    UNTOUCHED,
    Found,
    action_words,
    actions_by_column,
    actions_of,
    cells,
    evidence,
    how_sure,
    method_words,
    type_name,
    untreated_first,
)

FINDINGS = ("Column", "Type", "How sure", "Cells", "Masked sample")
REASONS = ("Column", "Rests on", "Evidence")


def findings_sections(records: RunRecords) -> list[Section]:
    """Of a scan: what each table holds, and why that is thought."""
    tables = records.summary["tables"]
    detections = [each for table in tables for each in table["detections"]]
    found = section("What was found", [_scanned(tables), *map(_findings, tables), _by_type(detections)])
    if not detections:
        return [found]
    return [found, section("Why", [reasons_table(table["detections"], table["uri"]) for table in tables])]


def _scanned(tables: Sequence[Found]) -> DataTable:
    rows = tuple(
        (table["uri"], f"{table['rows_scanned']:,}", f"{len({each['column'] for each in table['detections']}):,}")
        for table in tables
    )
    return DataTable("Tables", ("Table", "Rows looked at", "Columns with personal data"), rows, frozenset({1, 2}))


def _findings(table: Found) -> DataTable | None:
    rows = tuple(
        (each["column"], type_name(each["pii_type"]), how_sure(each["confidence"]), cells(each),
         each.get("sample") or "none")
        for each in table["detections"]
    )  # fmt: skip
    return DataTable(f"Found in {table['uri']}", FINDINGS, rows, frozenset({3})) if rows else None


def reasons_table(detections: Sequence[Found], uri: str) -> DataTable | None:
    """Evidence of each finding; no value is part of it."""
    rows = tuple((each["column"], method_words(each), evidence(each) or "not told") for each in detections)
    return DataTable(f"Why these of {uri}", REASONS, rows) if rows else None


def _by_type(detections: Sequence[Found]) -> Chart | None:
    sure = Counter(type_name(each["pii_type"]) for each in detections if each["confidence"] >= SURE)
    less = Counter(type_name(each["pii_type"]) for each in detections if each["confidence"] < SURE)
    labels = f"found with {percent(SURE)} and more", "less sure"
    return types_chart("Columns of each type", dict(sure), dict(less), labels)


def treatment_sections(records: RunRecords) -> list[Section]:
    """Of a transformation: what was done, what nobody decided, and what the written table still shows."""
    summary = records.summary
    treatments, pending = summary["treatments"], summary["pending"]
    done = [
        treatments_table(treatments) if treatments else Paragraph("No column was treated."),
        types_chart(
            "Columns of each type",
            dict(Counter(type_name(each["pii_type"]) for each in pending)),
            dict(Counter(type_name(each.get("pii_type")) or "no type" for each in treatments)),
            ("left as it is", "treated"),
        ),
        actions_of(tuple(treatments)) if treatments else None,
    ]  # fmt: skip
    return [section("What was done", done), _pending_section(pending), _remaining_section(summary)]


def treatments_table(treatments: Sequence[Found]) -> DataTable:
    """A line a column."""
    rows = tuple(
        (
            each["column"],
            type_name(each.get("pii_type")) or "nothing found",
            action_words(each),
            _number(each.get("rows")),
            each["because"],
        )
        for each in treatments
    )
    return DataTable("Treated columns", ("Column", "Type", "Action", "Cells", "Because of"), rows, frozenset({3}))


def keys_table(treatments: Sequence[Found]) -> DataTable | None:
    """Which key was used for which columns; an id tells nothing of its key."""
    columns: dict[str, list[str]] = {}
    for each in treatments:
        if each.get("key_id"):
            columns.setdefault(str(each["key_id"]), []).append(each["column"])
    rows = tuple((key_id, ", ".join(names)) for key_id, names in columns.items())
    return DataTable("Keys", ("Key", "Columns"), rows) if rows else None


def _pending_section(pending: Sequence[Found]) -> Section:
    if not pending:
        note = "Nothing: every finding has an action."
        return section("What was left as it is", [Paragraph(note)])
    rows = tuple(
        (each["column"], type_name(each["pii_type"]), how_sure(each["confidence"]), evidence(each) or "not told")
        for each in pending
    )
    note = (
        f"No rule and no profile says anything about {_columns(rows)} with personal data. Write a rule "
        "for each: with an action, or keep, which puts the decision on record."
    )
    table = DataTable("Findings without an action", ("Column", "Type", "How sure", "Evidence"), rows)
    return section("What was left as it is", [Paragraph(note), table])


def _remaining_section(summary: Mapping[str, Any]) -> Section:
    heading, remaining = "What the written table still shows", summary.get("remaining")
    if remaining is None:
        return section(heading, [Paragraph("The written table was not looked at again.")])
    if not remaining:
        return section(heading, [Paragraph("Looked at again, nothing in it looks like personal data.")])
    actions = actions_by_column(summary["treatments"])
    rows = tuple(
        (each["column"], type_name(each["pii_type"]), how_sure(each["confidence"]), cells(each),
         actions.get(each["column"], UNTOUCHED))
        for each in untreated_first(remaining, actions)
    )  # fmt: skip
    note = (
        f"The written table was looked at again. Of {_columns(rows)} the name or the values still look "
        "like personal data. That is as it should be where made-up values or parts of values stand there."
    )
    table = DataTable("Still found", ("Column", "Type", "How sure", "Cells", "After"), rows, frozenset({3}))
    return section(heading, [Paragraph(note), table])


def _number(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def _columns(rows: Sequence[tuple[str, ...]]) -> str:
    """How many columns the rows are about; free texts can hold several types."""
    return counted(len({row[0] for row in rows}), "column")
