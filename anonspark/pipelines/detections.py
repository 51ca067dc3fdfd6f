"""What `detect-pii` tells of its tables: their part of the summary and their rows in the metadata."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from anonspark.config.profiles import load_profiles
from anonspark.domain.pii import ColumnFinding, ComplianceProfile, PiiCatalogue
from anonspark.domain.sources import TableSource
from anonspark.pii.compliance import evaluate, standings
from anonspark.pipelines.record import Row
from anonspark.vocabulary import DetectionMethod


@dataclass(frozen=True, slots=True)
class Detection:
    """A finding with how much there is of it.

    Attributes:
        finding: What was found, with a masked sample.
        instances: Cells, or within free text places in texts, that are such data; of the rows that were looked at.
        cells: That hold some.
        is_exact: Whether every row was looked at.
    """

    finding: ColumnFinding
    instances: int
    cells: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class DetectedTable:
    """What was found in one table.

    Attributes:
        source: The table.
        rows: That were looked at.
        columns: Columns and paths that were looked at.
        detections: In the order of the table's columns.
        warnings: What became of malformed rows, and whether there were no rows.
        version: Of a Delta table.
    """

    source: TableSource
    rows: int
    columns: int
    detections: Sequence[Detection]
    warnings: Sequence[str]
    version: int | None

    @property
    def findings(self) -> list[ColumnFinding]:
        """What was found, without counts."""
        return [detection.finding for detection in self.detections]


def table_part(table: DetectedTable) -> dict[str, Any]:
    """A table in the summary."""
    return {
        "uri": table.source.name,
        "rows_scanned": table.rows,
        "columns_analyzed": table.columns,
        "detections": [detection_part(detection) for detection in table.detections],
    }


def detection_part(detection: Detection) -> dict[str, Any]:
    """A finding in the summary."""
    finding = detection.finding
    part = {
        "column": finding.column,
        "pii_type": finding.pii_type,
        "confidence": round(finding.confidence, 4),
        "method": str(finding.method),
        "instances": detection.instances if detection.is_exact else None,
        "instances_estimated": None if detection.is_exact else detection.instances,
        "sample": finding.sample,
        "evidence": list(finding.evidence),
    }
    if finding.method in (DetectionMethod.FREE_TEXT, DetectionMethod.ENTITIES):
        part["cells"] = detection.cells
    return part


def compliance_part(
    tables: Sequence[DetectedTable], profile: ComplianceProfile, catalogue: PiiCatalogue
) -> dict[str, Any]:
    """How the tables stand with a regulation, nothing being treated yet.

    Of several tables each violation names its own; what counts only beside a person needs that person in its table.
    """
    each = [evaluate(table.findings, (), profile, catalogue) for table in tables]
    if len(each) == 1:
        return {"profile": profile.id, "compliance": each[0].to_dict()}
    together = evaluate([finding for table in tables for finding in table.findings], (), profile, catalogue)
    violations = [
        {"table": table.source.name, **violation}
        for table, found in zip(tables, each, strict=True)
        for violation in found.to_dict()["violations"]
    ]
    compliant = all(found.compliant for found in each)
    told = {**together.to_dict(), "compliant": compliant, "violations": violations}
    return {"profile": profile.id, "compliance": told}


def regulations_part(tables: Sequence[DetectedTable], catalogue: PiiCatalogue) -> list[dict[str, Any]]:
    """How the tables stand with each of the shipped profiles, a row each; nothing being treated yet."""
    findings = [finding for table in tables for finding in table.findings]
    return standings(findings, (), load_profiles(catalogue), catalogue)


def detection_rows(tables: Sequence[DetectedTable]) -> Iterator[Row]:
    """One a finding; `instances` is of the rows that were scanned."""
    for table in tables:
        for detection in table.detections:
            finding = detection.finding
            yield {
                "table_uri": table.source.name,
                "column": finding.column,
                "pii_type": finding.pii_type,
                "confidence": finding.confidence,
                "method": str(finding.method),
                "instances": detection.instances,
                "rows_scanned": table.rows,
            }
