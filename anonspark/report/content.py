"""The records of a run -> its report, whether a release came of it or not."""

from collections.abc import Mapping
from typing import Any

from anonspark.errors import InputError
from anonspark.io.run_records import RunRecords
from anonspark.report.document import DataTable, Document, Facts, Paragraph, Section, section
from anonspark.report.generalization_section import cost_section, generalization_section
from anonspark.report.glossary import glossary_section
from anonspark.report.numbers import counted, moment, percent
from anonspark.report.privacy_document import FOUND, TREATED, privacy_document
from anonspark.report.provenance_section import run_section, settings_section, warnings_section
from anonspark.report.risk_section import models_section, models_table, risk_section, sizes_section
from anonspark.report.search_section import alternatives_section, search_section
from anonspark.report.verdict import columns_by_role, key_facts, verdict
from anonspark.report.wording import level_words
from anonspark.vocabulary import AttributeRole, RunState

SEARCHED, APPLIED = "anonymize", "apply"
"""The jobs that release a table so that nobody in it is found."""


def document_of(records: RunRecords) -> Document:
    """The report of a run that has ended.

    Raises:
        InputError: It has not ended, or released nothing that it could be about.
    """
    run = records.run
    if run.job not in (SEARCHED, APPLIED, FOUND, TREATED):
        sentence = f"is a run of {run.job}; reports are of {SEARCHED}, {APPLIED}, {FOUND} and {TREATED} runs."
        raise InputError(f"Run '{run.run_id}' {sentence}", field="run")
    releases = run.job in (SEARCHED, APPLIED)
    if releases and run.state is RunState.COMPLETED and not records.summary.get("rows"):
        raise InputError(f"Run '{run.run_id}' had nothing new to release, so there is nothing to report.", field="run")
    if run.state is RunState.RUNNING:
        raise InputError(
            f"Run '{run.run_id}' has not ended: it began at {moment(run.at)} and goes on, or its driver was killed. "
            "Ask again when it has ended; a run that was killed is taken up by running it again under its id.",
            field="run",
        )
    if not releases:
        return privacy_document(records)
    good = run.state is RunState.COMPLETED
    found = _release_sections(records) if good else _failure_sections(records)
    return Document(
        title="Anonymization report" if good else "Anonymization report: no release",
        subtitle=f"Run {run.run_id}, {moment(run.at)}",
        verdict=verdict(records),
        good=good,
        key_facts=key_facts(records),
        sections=tuple(found),
    )


def _release_sections(records: RunRecords) -> list[Section]:
    sizes = sizes_section(records)
    return [
        models_section(records),
        *union_sections(records),
        risk_section(records),
        generalization_section(records),
        cost_section(records),
        *([] if sizes is None else [sizes]),
        *([search_section(records), alternatives_section(records)] if records.run.job == SEARCHED else []),
        settings_section(records),
        run_section(records),
        warnings_section(records),
        glossary_section(),
    ]


def union_sections(records: RunRecords) -> list[Section]:
    """Of an append: what the records that were released before and the new ones come to together."""
    union, source = records.summary.get("union"), records.summary.get("source", {})
    if union is None:
        return []
    classes = union["classes"]
    facts = [
        ("Released before", counted(union["rows_released_before"], "row")),
        ("New", counted(records.summary["rows"], "row")),
        ("Shown together", counted(union["records"], "record")),
        ("Equivalence classes together", f"{classes['kept']:,}"),
        ("Smallest class", counted(classes["smallest"], "record")),
    ]
    if source.get("from_version") is not None:
        facts.append(("Versions of the input", f"{source['from_version']} to {source['to_version']}"))
    note = Paragraph(
        "The models hold for old and new records together; classes and the risk after are those of both. Losses are "
        "those of the new records. Who compares versions of the release sees which rows are new."
    )
    return [section("What it was appended to", [Facts("The union", tuple(facts)), note])]


def _failure_sections(records: RunRecords) -> list[Section]:
    miss = records.summary.get("nearest_miss")
    nearest = [_nearest_section(records, miss)] if miss else []
    return [*nearest, _asked_section(records), settings_section(records), run_section(records), glossary_section()]


def _nearest_section(records: RunRecords, miss: Mapping[str, Any]) -> Section:
    """How near the search came, and what would have to be allowed."""
    facts = Facts(
        "The nearest node",
        (
            ("Would suppress", counted(miss["suppressed"], "record")),
            ("Allowed", counted(miss["limit"], "record")),
            ("Way out", f"max_suppression of at least {miss['max_suppression']} ({percent(miss['max_suppression'])}), "
             "weaker models, or higher levels where max_level forbids them"),
        ),
    )  # fmt: skip
    settings = columns_by_role(records, AttributeRole.QUASI_IDENTIFIER)
    rows = tuple(
        (name, f"{level}", level_words(settings.get(name, {}), level)) for name, level in miss["levels"].items()
    )
    table = DataTable("Its levels", ("Quasi-identifier", "Level", "What that means"), rows, frozenset({1}))
    return section("How near it came", [facts, table])


def _asked_section(records: RunRecords) -> Section:
    """Which models were to hold, and for which columns."""
    models, most = records.config.get("privacy", ()), records.config.get("max_suppression", 0.0)
    roles = tuple(
        (name, role.replace("_", "-"))
        for role in (AttributeRole.QUASI_IDENTIFIER, AttributeRole.SENSITIVE, AttributeRole.IDENTIFIER)
        for name in columns_by_role(records, role)
    )
    return section(
        "What was asked",
        [
            models_table(models) if models else None,
            DataTable("Columns", ("Column", "Role"), roles) if roles else None,
            Facts("Suppression", (("Suppressed at most", f"{percent(most)} of the records"),)),
        ],
    )
