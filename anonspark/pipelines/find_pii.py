"""What a table that is to be treated holds: looked for, or taken from an earlier run of `detect-pii`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from anonspark.config.detect_pii import DetectPiiJob
from anonspark.domain.pii import ColumnFinding
from anonspark.domain.pii_knowledge import Knowledge
from anonspark.errors import InputError
from anonspark.io.failures import storage_errors
from anonspark.io.tables import ReadTable
from anonspark.pii.cells import places_of
from anonspark.pii.match import find_pii
from anonspark.pii.profile import collect_sample
from anonspark.pipelines.attempt import Attempt
from anonspark.pipelines.detect_pii import detections_in_texts, estimated, in_order
from anonspark.pipelines.detections import Detection
from anonspark.pipelines.release import same_place
from anonspark.vocabulary import DataKind, DetectionMethod

IN_TEXTS = (DetectionMethod.FREE_TEXT, DetectionMethod.ENTITIES)
"""Findings of parts of texts."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known of a table.

    Attributes:
        kinds: Of the values of every path that can be treated, in the order of the table.
        detections: What was found.
    """

    kinds: Mapping[str, DataKind]
    detections: Sequence[Detection]

    @property
    def findings(self) -> list[ColumnFinding]:
        """What was found, without counts."""
        return [detection.finding for detection in self.detections]

    @property
    def free_text(self) -> frozenset[str]:
        """Columns of which only parts of the texts were found."""
        return frozenset(finding.column for finding in self.findings if finding.method in IN_TEXTS)


def look_into(table: ReadTable, job: DetectPiiJob, knowledge: Knowledge) -> Looked:
    """Decide types on a sample, and look inside all texts where the job asks for it; a pass or two over the table."""
    sample = collect_sample(table.flagged, sample_size=job.sample_size)
    findings = find_pii(sample.profiles, knowledge, threshold=job.confidence_threshold, types=job.types)
    detections = estimated(sample, findings, knowledge)
    if job.deep_scan:
        detections += detections_in_texts(table, sample, findings, job, knowledge)
    kinds = {profile.path: profile.kind for profile in sample.profiles}
    return Looked(kinds, in_order(detections, sample))


def recorded(table: ReadTable, run_id: str, attempt: Attempt) -> Looked:
    """What a run of `detect-pii` found in a table; nothing is read but its record.

    Raises:
        InputError: There is no such record of this table.
    """
    with storage_errors(attempt.metadata_uri, "metadata"):
        rows = attempt.tables.rows_of("pii_detections", run_id)
    of_table = [row for row in rows if same_place(row["table_uri"], table.description)]
    if not of_table:
        found = f"found nothing in {table.description}, or looked at another table" if rows else "has recorded nothing"
        raise InputError(
            f"Run '{run_id}' {found} (metadata: {attempt.metadata_uri}); name a run of detect-pii over the input with "
            "the same metadata.uri, or leave detections out.",
            field="detections",
        )
    evidence = (f"found by run {run_id}",)
    detections = [
        Detection(
            ColumnFinding(row["column"], row["pii_type"], row["confidence"], DetectionMethod(row["method"]), evidence),
            row["instances"],
            row["instances"],
            is_exact=False,
        )
        for row in of_table
    ]
    kinds = {str(place.path): place.kind for place in places_of(table.table.schema)}
    known = set(kinds)
    # Paths within JSON texts are in no schema.
    kinds |= {each.finding.column: DataKind.TEXT for each in detections if each.finding.column not in known}
    return Looked(kinds, detections)
