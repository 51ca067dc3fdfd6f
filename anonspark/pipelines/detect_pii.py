"""The job `detect-pii`: which columns of tables hold personal data, of which types, and how much of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from anonspark.config.detect_pii import DetectPiiJob, faults_of_profile, faults_of_types
from anonspark.config.locations import resolve
from anonspark.config.pii_knowledge import load_knowledge
from anonspark.config.problems import path_text
from anonspark.config.profiles import load_profiles
from anonspark.domain.paths import parse_path
from anonspark.domain.pii import ColumnFinding, ColumnProfile, ComplianceProfile
from anonspark.domain.pii_knowledge import Knowledge
from anonspark.domain.sources import TableSource
from anonspark.errors import ConfigurationError
from anonspark.io.failures import storage_errors
from anonspark.io.job_files import read_any_text
from anonspark.io.manifest import append_rows
from anonspark.io.tables import ReadTable, read_table
from anonspark.pii.cells import Place
from anonspark.pii.count import count_instances
from anonspark.pii.deep_scan import FindSpans, FoundInText, count_in_texts, text_places
from anonspark.pii.entities import TYPES as ENTITY_TYPES
from anonspark.pii.entities import load_analyzer, spans_with_names
from anonspark.pii.free_text import spans_of
from anonspark.pii.instances import estimated_cells, shape_of
from anonspark.pii.masked import sample_of
from anonspark.pii.match import find_pii
from anonspark.pii.profile import TableSample, collect_sample
from anonspark.pipelines.attempt import Attempt, Outcome, judge_malformed, named_in_errors
from anonspark.pipelines.detections import (
    DetectedTable,
    Detection,
    compliance_part,
    detection_rows,
    regulations_part,
    table_part,
)
from anonspark.vocabulary import DetectionMethod


def detect_pii(job: DetectPiiJob, attempt: Attempt) -> Outcome:
    """Look at every table, and hold what was found against a regulation where the job names one.

    Raises:
        ConfigurationError: A type or a profile that nobody knows, or a file of one's own that is none.
        MalformedCellsError: Rows are malformed, and the job does not say to leave them out.
    """
    attempt.follower.enter("read", "reading what is known of personal data")
    knowledge, profile = read_knowledge(job, attempt)
    tables = [
        detect_in(source, field, job, knowledge, attempt)
        for source, field in zip(job.sources(), job.fields(), strict=True)
    ]
    attempt.follower.enter("publish", "recording the run")
    with storage_errors(attempt.metadata_uri, "metadata"):
        append_rows(attempt.tables, "pii_detections", attempt.run_id, detection_rows(tables))
    told: dict[str, Any] = {"tables": [table_part(table) for table in tables]}
    if profile is not None:
        told |= compliance_part(tables, profile, knowledge.catalogue)
    told["regulations"] = regulations_part(tables, knowledge.catalogue)
    return Outcome(
        told=told,
        warnings=[warning for table in tables for warning in table.warnings],
        input_rows=sum(table.rows for table in tables) if counts_all(job) else None,
        input_version=tables[0].version,
    )


def counts_all(job: DetectPiiJob) -> bool:
    """Whether every row is looked at; a deep scan does, whatever the size of the sample that types are decided on."""
    return job.sample_size is None or job.deep_scan


def read_knowledge(job: DetectPiiJob, attempt: Attempt) -> tuple[Knowledge, ComplianceProfile | None]:
    """All types, those of the job's own files among them, and the job's profile.

    Raises:
        LocationError: A file cannot be read.
        ConfigurationError: It is none of its kind, or the job names a type or a profile that nobody knows.
    """

    def texts(uris: Sequence[str], what: str, field: str) -> list[str]:
        return [read_any_text(attempt.spark, resolve(uri, job.base), what, field) for uri in uris]

    knowledge = load_knowledge(texts(job.knowledge, "file of types", "knowledge"))
    profiles = load_profiles(knowledge.catalogue, texts(job.profiles, "file of a profile", "profiles"))
    faults = [*faults_of_types(job.types or (), knowledge.catalogue.types)]
    if job.profile is not None:
        faults += faults_of_profile(job.profile, profiles)
    if faults:
        raise ConfigurationError([(path_text(path), sentence) for path, sentence in faults])
    return knowledge, None if job.profile is None else profiles[job.profile]


def detect_in(
    source: TableSource, field: str, job: DetectPiiJob, knowledge: Knowledge, attempt: Attempt
) -> DetectedTable:
    """Decide the types on a sample, then count; one pass for the counts and one for a deep scan."""
    follower = attempt.follower
    follower.enter("read", f"opening {source.name}")
    with named_in_errors(field):
        table = read_table(attempt.spark, source)
    with named_in_errors(field), storage_errors(table.description, field):
        follower.enter("sample", f"looking at a sample of {source.name}")
        sample = collect_sample(table.flagged, sample_size=job.sample_size)
        findings = find_pii(sample.profiles, knowledge, threshold=job.confidence_threshold, types=job.types)
        if counts_all(job):
            follower.enter("count", f"counting {len(findings)} columns with personal data over all rows")
            rows, malformed, detections = counted(table, sample, findings, knowledge)
        else:
            rows, malformed, detections = sample.rows, sample.malformed, estimated(sample, findings, knowledge)
        if job.deep_scan:
            follower.enter("deep_scan", f"looking inside the texts of {source.name}")
            detections += detections_in_texts(table, sample, findings, job, knowledge)
        warnings = judge_malformed(source, malformed, rows or 1)
    if not rows:
        warnings.append(f"{source.name} has no rows; its columns were judged by their names and types alone.")
    return DetectedTable(source, rows, len(sample.places), in_order(detections, sample), warnings, table.version)


def counted(
    table: ReadTable, sample: TableSample, findings: Sequence[ColumnFinding], knowledge: Knowledge
) -> tuple[int, Mapping[str, int], list[Detection]]:
    """Rows, malformed ones by what is wrong, and the findings with their cells over all rows."""
    shapes = [shape_of(finding, knowledge) for finding in findings]
    places = places_by_path(sample)
    asked = [(places[finding.column], shape) for finding, shape in zip(findings, shapes, strict=True)]
    found = count_instances(table.flagged, asked, empty=knowledge.empty)
    detections = [
        Detection(with_sample(finding, sample, shape), cells, cells, is_exact=True)
        for finding, shape, cells in zip(findings, shapes, found.cells, strict=True)
    ]
    return found.rows, found.malformed, detections


def estimated(sample: TableSample, findings: Sequence[ColumnFinding], knowledge: Knowledge) -> list[Detection]:
    """The findings with their cells among the rows of the sample."""
    profiles = profiles_by_path(sample)
    detections = []
    for finding in findings:
        shape = shape_of(finding, knowledge)
        cells = estimated_cells(profiles[finding.column], finding, shape)
        detections.append(Detection(with_sample(finding, sample, shape), cells, cells, is_exact=False))
    return detections


def detections_in_texts(
    table: ReadTable,
    sample: TableSample,
    findings: Sequence[ColumnFinding],
    job: DetectPiiJob,
    knowledge: Knowledge,
) -> list[Detection]:
    """What is within the texts of columns that are not personal data as a whole; one pass over all rows."""
    decided = {finding.column for finding in findings}
    places = [place for place in text_places(sample.places) if str(place.path) not in decided]
    found = count_in_texts(table.flagged, places, finder(job), threshold=job.confidence_threshold)
    catalogue = knowledge.catalogue
    wanted = [
        each
        for each in found
        if each.path not in decided
        and each.pii_type in catalogue.types
        and (job.types is None or any(catalogue.covers(wider, each.pii_type) for wider in job.types))
    ]
    return [Detection(finding_in_text(each, job), each.instances, each.cells, is_exact=True) for each in wanted]


def finder(job: DetectPiiJob) -> FindSpans:
    """What finds personal data in texts; it is sent to the executors.

    Raises:
        EnvironmentProblem: The job asks for a language model that is not installed here.
    """
    if job.ner is None:
        return partial(spans_of, threshold=job.confidence_threshold)
    load_analyzer(job.ner)  # a fault is told here in its own words, not by a worker that dies
    return spans_with_names(job.ner, threshold=job.confidence_threshold)


def finding_in_text(found: FoundInText, job: DetectPiiJob) -> ColumnFinding:
    """One type within the texts of a place, as a finding."""
    texts = "1 text" if found.cells == 1 else f"{found.cells:,} texts"
    told = [f"{found.instances:,} found in {texts}"]
    if found.whole:
        told.append(f"{found.whole:,} of these texts {'is' if found.whole == 1 else 'are'} nothing else")
    by_model = job.ner is not None and found.pii_type in ENTITY_TYPES.values()
    return ColumnFinding(
        column=found.path,
        pii_type=found.pii_type,
        confidence=round(found.score, 4),
        method=DetectionMethod.ENTITIES if by_model else DetectionMethod.FREE_TEXT,
        evidence=tuple(told),
    )


def with_sample(finding: ColumnFinding, sample: TableSample, shape: str | None) -> ColumnFinding:
    """The finding with a masked value of its column."""
    return replace(finding, sample=sample_of(profiles_by_path(sample)[finding.column], shape))


def profiles_by_path(sample: TableSample) -> dict[str, ColumnProfile]:
    """The profiles of a sample."""
    return {profile.path: profile for profile in sample.profiles}


def places_by_path(sample: TableSample) -> dict[str, Place]:
    """Where the cells of each profile lie."""
    return {profile.path: place for profile, place in zip(sample.profiles, sample.places, strict=True)}


def in_order(detections: Sequence[Detection], sample: TableSample) -> list[Detection]:
    """In the order of the table's columns; a path that the sample did not show comes last of its column."""
    columns = list(dict.fromkeys(place.path.column for place in sample.places))
    order = {profile.path: index for index, profile in enumerate(sample.profiles)}

    def place(detection: Detection) -> tuple[int, int]:
        path = detection.finding.column
        return columns.index(parse_path(path).column), order.get(path, len(order))

    return sorted(detections, key=place)
