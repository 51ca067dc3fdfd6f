"""How a table stands with a regulation: its score, what is wrong, and which of its types were found."""

from collections import Counter
from collections.abc import Sequence

from anonspark.io.run_records import RunRecords
from anonspark.report.document import DataTable, Facts, Paragraph, Section, section
from anonspark.report.numbers import counted, listed
from anonspark.report.privacy_words import SEVERITIES, Found, profile_name, type_name
from anonspark.vocabulary import Severity

HOW_IT_IS_COUNTED = (
    "The score is 100 x (1 - unresolved / detected), rounded down, where a critical finding counts 3, a warning 1 and "
    "an info 0. A table is called compliant if no critical finding is unresolved. This is about what was found; it "
    "does not say that nothing else is in the table, and it is no legal advice."
)


def compliances(records: RunRecords) -> list[tuple[str, str | None, Found]]:
    """What it is about, the profile, and how it stands: of the run, or of each of its tables."""
    summary = records.summary
    told = [
        (table["uri"], table.get("profile") or summary.get("profile"), table["compliance"])
        for table in summary.get("tables", ())
        if table.get("compliance")
    ]
    if summary.get("compliance"):
        told.insert(0, ("", summary.get("profile"), summary["compliance"]))
    return told


def compliance_sections(records: RunRecords) -> list[Section]:
    """A section a regulation, or a table; one sentence where no profile was named."""
    found = compliances(records)
    if not found:
        note = "No profile was named, so nothing is said about a regulation; write profile: hipaa or another one."
        return [section("Compliance", [Paragraph(note)])]
    return [_section(*each) for each in found]


def severity_counts(compliance: Found) -> str:
    """How many violations of each severity count.

    >>> severity_counts({"violations": [{"severity": "critical"}, {"severity": "warning", "unresolved": False}]})
    '1 critical'
    >>> severity_counts({"violations": [{"severity": "info"}]})
    'nothing critical and no warning'
    """
    counts = Counter(each["severity"] for each in _counting(compliance))
    parts = [f"{counts[Severity.CRITICAL]:,} critical"] if counts[Severity.CRITICAL] else []
    parts += [counted(counts[Severity.WARNING], "warning")] if counts[Severity.WARNING] else []
    return listed(parts) if parts else "nothing critical and no warning"


def standing(profile: str | None, compliance: Found) -> str:
    """Score and verdict in a phrase."""
    verdict = "compliant" if compliance["compliant"] else "not compliant"
    left = severity_counts(compliance)
    return f"{profile_name(profile)} score {compliance['score']} of 100, {verdict}: {left} left"


def _counting(compliance: Found) -> list[Found]:
    return [each for each in compliance["violations"] if each.get("unresolved", True) and each["severity"] != "info"]


def _section(about: str, profile: str | None, compliance: Found) -> Section:
    name = profile_name(profile)
    heading = f"Compliance with {name}" + (f": {about}" if about else "")
    violations = compliance["violations"]
    facts = Facts(
        f"How it stands with {name}",
        (
            ("Score", f"{compliance['score']} of 100"),
            ("Verdict", "compliant" if compliance["compliant"] else "not compliant"),
            ("Left", severity_counts(compliance)),
        ),
    )
    counting = [each for each in violations if each["severity"] != "info"]
    outside = [each for each in violations if each["severity"] == "info"]
    return section(
        heading,
        [
            facts,
            _violations(counting) if counting else Paragraph(f"Nothing that {name} asks for is left."),
            _coverage(compliance, name),
            _outside(outside, name) if outside else None,
            Facts("Severities", tuple((str(severity), words) for severity, words in SEVERITIES.items())),
            Paragraph(HOW_IT_IS_COUNTED),
        ],
    )


def _violations(violations: Sequence[Found]) -> DataTable:
    rows = tuple(
        (
            each["column"],
            each["severity"] if each.get("unresolved", True) else f"{each['severity']}, treated",
            each["sentence"],
            each["advice"],
        )
        for each in violations
    )
    return DataTable("Violations", ("Column", "Severity", "What is wrong", "What to do"), rows)


def _outside(violations: Sequence[Found], name: str) -> DataTable:
    rows = tuple((each["column"], type_name(each["pii_type"])) for each in violations)
    return DataTable(f"Left, and outside {name}", ("Column", "Type"), rows)


def _coverage(compliance: Found, name: str) -> DataTable | None:
    rows = tuple(
        (
            type_name(each["pii_type"]),
            f"{each['columns']:,}",
            f"{each['columns'] - each['unresolved']:,}",
            f"{each['unresolved']:,}",
        )
        for each in compliance.get("coverage", ())
    )
    headers = ("Type of the profile, with its kinds", "Columns", "Resolved", "Left")
    return DataTable(f"The types of {name}", headers, rows, frozenset({1, 2, 3})) if rows else None
