"""The records of a run that looked for personal data, or treated it -> its report."""

from collections.abc import Sequence

from anonspark.io.run_records import RunRecords
from anonspark.report.document import Document, Facts, Section
from anonspark.report.numbers import counted, moment
from anonspark.report.privacy_compliance import compliance_sections, compliances, severity_counts, standing
from anonspark.report.privacy_findings import findings_sections, keys_table, treatment_sections
from anonspark.report.privacy_words import KEPT, Found, profile_name
from anonspark.report.provenance_section import run_section, settings_section, warnings_section
from anonspark.report.verdict import failure
from anonspark.vocabulary import RunState

FOUND, TREATED = "detect-pii", "transform-pii"
"""The jobs that these reports are about."""

TITLES = {FOUND: "Personal data report", TREATED: "Privacy report"}

FOOTER = "No value of the data is in this report; samples are masked."

TERMS = (
    ("How sure", "from 0% to 100%: what the column's name, its values and the columns beside it say together."),
    ("Cells", "values that hold the type; about, where they were estimated from a sample."),
    ("Masked sample", "the shape of one value, with nothing of it that names anybody."),
    ("Type, kind", "a type covers its kinds: what is said about phone holds for us phone too."),
    ("Profile", "the types that a regulation is about, and what is done with them unless a rule says otherwise."),
    ("Key", "the id of a key, never the key: it tells which one is needed to turn values back."),
)
"""Words of these reports."""


def privacy_document(records: RunRecords) -> Document:
    """The report of a privacy run that has ended."""
    run = records.run
    good = run.state is RunState.COMPLETED
    return Document(
        title=TITLES[run.job] if good else f"{TITLES[run.job]}: no result",
        subtitle=f"Run {run.run_id}, {moment(run.at)}",
        verdict=_verdict(records) if good else _failure(records),
        good=good,
        key_facts=_key_facts(records),
        sections=tuple(_sections(records) if good else [settings_section(records), run_section(records), _terms()]),
        failed="No result",
        footer=FOOTER,
    )


def _failure(records: RunRecords) -> str:
    """Why there is no result."""
    told = failure(records)
    return told if records.run.job == TREATED else told.replace("Nothing was released", "Nothing was found out", 1)


def _sections(records: RunRecords) -> list[Section]:
    about = findings_sections(records) if records.run.job == FOUND else treatment_sections(records)
    return [
        *about,
        *compliance_sections(records),
        *_keys_section(records),
        settings_section(records),
        run_section(records),
        warnings_section(records),
        _terms(),
    ]


def _keys_section(records: RunRecords) -> list[Section]:
    table = keys_table(records.summary.get("treatments", ()))
    return [] if table is None else [Section("Keys", (table,))]


def _terms() -> Section:
    return Section("How to read this", (Facts("Terms", TERMS),))


def _verdict(records: RunRecords) -> str:
    summary = records.summary
    stand = "; ".join(standing(profile, found) for _, profile, found in compliances(records)[:1])
    regulation = f" {stand}." if stand else ""
    if records.run.job == TREATED:
        kept = columns_of([each for each in summary["treatments"] if each["action"] == KEPT])
        done, left = columns_of(summary["treatments"]) - kept, columns_of(summary["pending"])
        waiting = f"; {counted(left, 'column')} with personal data stayed as {'it is' if left == 1 else 'they are'}"
        rest = waiting if left else "; no finding is without an action"
        by_rule = f", {kept:,} kept on purpose" if kept else ""
        return f"{counted(done, 'column')} of {counted(summary['rows'], 'row')} treated{by_rule}{rest}.{regulation}"
    detections = [(table["uri"], each) for table in summary["tables"] for each in table["detections"]]
    tables = len(summary["tables"])
    if not detections:
        return f"No personal data was found in {counted(tables, 'table')}.{regulation}"
    columns = len({(uri, each["column"]) for uri, each in detections})
    types = len({each["pii_type"] for _, each in detections})
    hold = "holds" if columns == 1 else "hold"
    return (
        f"{counted(columns, 'column')} of {counted(tables, 'table')} {hold} personal data of "
        f"{counted(types, 'type')}.{regulation}"
    )


def columns_of(found: Sequence[Found]) -> int:
    """How many columns something is said about; free texts can hold several types."""
    return len({each["column"] for each in found})


def _key_facts(records: RunRecords) -> Facts:
    summary = records.summary
    if records.run.state is not RunState.COMPLETED:
        return Facts("In short", (("State", str(records.run.state)),))
    if records.run.job == TREATED:
        changed = [each for each in summary["treatments"] if each["action"] != KEPT]
        pairs = [
            ("Rows", f"{summary['rows']:,}"),
            ("Columns treated", f"{columns_of(changed):,}"),
            ("Left as they are", f"{columns_of(summary['pending']):,}"),
        ]
        if summary.get("remaining") is not None:
            pairs.append(("Still found", f"{columns_of(summary['remaining']):,}"))
    else:
        detections = [(table["uri"], each) for table in summary["tables"] for each in table["detections"]]
        pairs = [
            ("Tables", f"{len(summary['tables']):,}"),
            ("Rows looked at", f"{sum(table['rows_scanned'] for table in summary['tables']):,}"),
            ("Columns with personal data", f"{len({(uri, each['column']) for uri, each in detections}):,}"),
            ("Types", f"{len({each['pii_type'] for _, each in detections}):,}"),
        ]
    for _, profile, found in compliances(records)[:1]:
        verdict = "compliant" if found["compliant"] else "not compliant"
        pairs += [(profile_name(profile), f"{found['score']} of 100, {verdict}"), ("Left", severity_counts(found))]
    return Facts("In short", tuple(pairs))
