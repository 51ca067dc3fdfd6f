"""The records of a run -> its report, whether a release came of it or not."""

from collections.abc import Mapping
from typing import Any

from anonspark.errors import InputError
from anonspark.io.run_records import RunRecords
from anonspark.report.document import DataTable, Document, Facts, Section, section
from anonspark.report.generalization_section import cost_section, generalization_section
from anonspark.report.glossary import glossary_section
from anonspark.report.numbers import counted, moment, percent
from anonspark.report.provenance_section import run_section, settings_section, warnings_section
from anonspark.report.risk_section import models_section, models_table, risk_section, sizes_section
from anonspark.report.search_section import alternatives_section, search_section
from anonspark.report.verdict import columns_by_role, key_facts, verdict
from anonspark.report.wording import level_words
from anonspark.vocabulary import AttributeRole, RunState

REPORTED = "anonymize"
"""The job that there are reports of."""


def document_of(records: RunRecords) -> Document:
    """The report of a run that has ended.

    Raises:
        InputError: It has not ended, or is no anonymization.
    """
    run = records.run
    if run.job != REPORTED:
        raise InputError(f"Run '{run.run_id}' is a run of {run.job}; reports are of {REPORTED} runs.", field="run")
    if run.state is RunState.RUNNING:
        raise InputError(
            f"Run '{run.run_id}' has not ended: it began at {moment(run.at)} and goes on, or its driver was killed. "
            "Ask again when it has ended; a run that was killed is taken up by running it again under its id.",
            field="run",
        )
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
        risk_section(records),
        generalization_section(records),
        cost_section(records),
        *([] if sizes is None else [sizes]),
        search_section(records),
        alternatives_section(records),
        settings_section(records),
        run_section(records),
        warnings_section(records),
        glossary_section(),
    ]


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
