"""Where everything came from and went, with which settings, and what to be warned of."""

from collections.abc import Iterator, Mapping
from typing import Any

from anonspark.io.run_records import RunRecords
from anonspark.report.document import DataTable, Facts, Paragraph, Quotation, Section, section
from anonspark.report.numbers import duration, moment
from anonspark.report.settings import as_yaml, leaves_values_out

STEPS = {
    "read": "opening the input",
    "classes": "counting equivalence classes",
    "search": "searching the lattice",
    "apply": "writing the release",
    "verify": "measuring the written release",
    "publish": "publishing and recording",
    "total": "in all",
}
"""What a step of a run does."""


def warnings_section(records: RunRecords) -> Section:
    """What the run warned of."""
    found = records.summary.get("warnings", ())
    return section("Warnings", [Paragraph(text) for text in found] or [Paragraph("None.")])


def settings_section(records: RunRecords) -> Section:
    """The job file with its defaults."""
    note = "The job with its defaults written out; what is null is left out."
    if leaves_values_out(records.config):
        note += " Values of columns (categories of trees and orders, literals of conditions) are not shown."
    return section("The job file", [Paragraph(note), Quotation("The job file", as_yaml(records.config))])


def run_section(records: RunRecords) -> Section:
    """The run's identity, places, versions and times."""
    return section("The run", [Facts("The run", tuple(_identity(records))), _times(records.summary), _files(records)])


def _identity(records: RunRecords) -> Iterator[tuple[str, str]]:
    run = records.run
    yield "Run", run.run_id
    yield "State", f"{run.state}" + (f", attempt {run.attempt}" if run.attempt > 1 else "")
    yield "Started", moment(records.started)
    yield "Ended", moment(run.at)
    yield "Input", _place(run.input_uri, run.input_version)
    if run.output_uri is not None:
        yield "Output", _place(run.output_uri, run.output_version)
    metadata = records.summary.get("metadata")
    if metadata:
        yield "Metadata", metadata["uri"]
    yield "Versions", f"anonspark {run.engine_version}, Spark {run.spark_version}"
    yield "Settings (SHA-256)", run.config_hash


def _place(uri: str | None, version: int | None) -> str:
    return f"{uri}" + ("" if version is None else f", version {version}")


def _times(summary: Mapping[str, Any]) -> DataTable | None:
    times = summary.get("timings_s", {})
    rows = tuple((words, duration(times[step])) for step, words in STEPS.items() if times.get(step))
    return DataTable("Times", ("Step", "Took"), rows, frozenset({1})) if rows else None


def _files(records: RunRecords) -> DataTable | None:
    rows = tuple(records.solution.get("hierarchy_files", {}).items())
    return DataTable("Hierarchy files", ("File", "SHA-256"), rows) if rows else None
