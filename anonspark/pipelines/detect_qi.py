"""The job `detect-qi`: what each column of a table is to an attacker."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from anonspark.config.built_in_patterns import load_built_in
from anonspark.config.detect_qi import DetectQiJob
from anonspark.config.locations import resolve
from anonspark.config.patterns import read_patterns
from anonspark.config.pii_knowledge import load_knowledge
from anonspark.domain.arrays import CodeArray
from anonspark.domain.attribute_kinds import ColumnStatistics
from anonspark.domain.paths import parse_path
from anonspark.domain.patterns import ColumnPattern
from anonspark.domain.pii import ColumnFinding, ColumnProfile
from anonspark.errors import InputError
from anonspark.frames.column_statistics import ColumnCounts, count_columns, estimate_columns
from anonspark.frames.names import positions
from anonspark.io.failures import storage_errors
from anonspark.io.job_files import read_any_text
from anonspark.io.manifest import append_rows
from anonspark.io.tables import ReadTable, read_table
from anonspark.measures.singling_out import SinglingOut
from anonspark.pii.attributes import Known, judge
from anonspark.pii.match import find_pii
from anonspark.pii.profile import TableSample, collect_sample
from anonspark.pii.qi_ranking import Ranking, rank
from anonspark.pipelines.attempt import Attempt, Outcome, judge_malformed
from anonspark.vocabulary import Identity, SamplingMethod

Row = Mapping[str, Any]

ROWS: Final = 10_000
"""Of a sample."""

FIRST_ROUND: Final = 2_000
MOST_ROWS: Final = 128_000
"""Rows of the first and of the last round of an adaptive sample; each round draws twice as many as the one before."""

SAME_RANKING: Final = 0.95
"""Rankings are the same where their importances correlate as much."""

WEAK_EVIDENCE: Final = 0.45
"""Confidence from which on personal data in a column says what it is; no cell is changed for it."""

NEAR_THRESHOLD: Final = 0.03
"""A ratio of distinct values this near to the threshold is counted exactly: three deviations of its estimate."""

SEED: Final = 7


@dataclass(frozen=True, slots=True)
class Sampling:
    """How much was looked at.

    Attributes:
        rows: Of the last sample.
        rounds: Samples that were drawn.
        stable: Whether the last one ranked columns as the one before; None where only one was drawn.
    """

    rows: int
    rounds: int = 1
    stable: bool | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What was found, and on what."""

    ranking: Ranking
    sampling: Sampling


def detect_qi(job: DetectQiJob, attempt: Attempt) -> Outcome:
    """Look at a sample, count all rows where the job says so, and say what each column is.

    Raises:
        ColumnNotFoundError: The job names a column that the table does not have.
        ConfigurationError: The file of patterns is none.
        EmptyTableError: The table has no rows.
    """
    follower = attempt.follower
    follower.enter("read", "opening the input")
    known = read_known(job, attempt)
    source = read_table(attempt.spark, job.source())
    names = looked_at(job, source.table)
    with storage_errors(source.description):
        counts, n_rows = counted(job, source, names, attempt)
        decided = decide(job, source, names, counts, known, attempt)
    ranking = decided.ranking
    follower.enter("publish", "recording the run")
    with storage_errors(attempt.metadata_uri, "metadata"):
        append_rows(attempt.tables, "qi_detections", attempt.run_id, detection_rows(source.description, ranking))
    return Outcome(
        told={
            **told_of(ranking),
            "total_records": n_rows,
            "sampling": {"method": str(job.sampling_method), **asdict(decided.sampling)},
        },
        warnings=[*ranking.warnings, *sampling_warnings(decided.sampling)],
        input_rows=n_rows,
        input_version=source.version,
    )


def read_known(job: DetectQiJob, attempt: Attempt) -> Known:
    """What the job says of columns, and the patterns."""
    custom: tuple[ColumnPattern, ...] = ()
    if job.patterns is not None:
        uri = resolve(job.patterns, job.base)
        custom = read_patterns(read_any_text(attempt.spark, uri, "file of patterns", "patterns"), uri)
    return Known(load_built_in(), job.known_identifiers, job.known_sensitive, custom, job.uniqueness_threshold)


def looked_at(job: DetectQiJob, table: DataFrame) -> list[str]:
    """The columns to decide about.

    Raises:
        ColumnNotFoundError: A column that the job names is not there.
        InputError: None is left.
    """
    positions(table, [*job.known_identifiers, *job.known_sensitive, *job.ignore_columns])
    names = [name for name in table.columns if name not in job.ignore_columns]
    if not names:
        raise InputError("ignore_columns leaves out every column of the table.", field="ignore_columns")
    return names


def counted(
    job: DetectQiJob, source: ReadTable, names: Sequence[str], attempt: Attempt
) -> tuple[Mapping[str, ColumnCounts], int | None]:
    """Nulls and distinct values over all rows where the job wants that: one pass, two where ratios are close."""
    if job.sampling_method is not SamplingMethod.FULL:
        return {}, None
    attempt.follower.enter("count", "counting the values of every column")
    counts = estimate_columns(source.table, names)
    close = [name for name in names if is_close(counts[name], job.uniqueness_threshold)]
    exact = count_columns(source.table, close) if close else {}
    return {**counts, **exact}, counts[names[0]].rows


def is_close(counts: ColumnCounts, threshold: float) -> bool:
    """Whether an estimate is too near to the threshold to decide."""
    filled = counts.rows - counts.nulls
    return bool(filled) and abs(counts.distinct / filled - threshold) <= NEAR_THRESHOLD


def decide(
    job: DetectQiJob,
    source: ReadTable,
    names: Sequence[str],
    counts: Mapping[str, ColumnCounts],
    known: Known,
    attempt: Attempt,
) -> Decided:
    """The ranking on one sample, or on samples that grow until it stays."""
    if job.sampling_method is not SamplingMethod.ADAPTIVE:
        sample = drawn(job, source, ROWS, attempt)
        return Decided(ranked(job, sample, names, counts, known), Sampling(sample.rows))
    before: Ranking | None = None
    rows, rounds = FIRST_ROUND, 0
    while True:
        sample, rounds = drawn(job, source, rows, attempt), rounds + 1
        ranking = ranked(job, sample, names, counts, known)
        stable = before is not None and are_alike(before, ranking)
        if stable or sample.rows < rows or rows >= MOST_ROWS:
            return Decided(ranking, Sampling(sample.rows, rounds, stable or sample.rows < rows))
        before, rows = ranking, 2 * rows


def drawn(job: DetectQiJob, source: ReadTable, rows: int, attempt: Attempt) -> TableSample:
    """A sample of well-formed rows.

    Raises:
        EmptyTableError: There are none.
    """
    attempt.follower.enter("sample", f"looking at {rows:,} rows")
    sample = collect_sample(source.flagged, sample_size=rows)
    judge_malformed(job.source(), sample.malformed, sample.rows)
    return sample


def ranked(
    job: DetectQiJob, sample: TableSample, names: Sequence[str], counts: Mapping[str, ColumnCounts], known: Known
) -> Ranking:
    """What each column is, as one sample and the counts tell."""
    profiles = {name: profile for name in names if (profile := profile_of(sample, name)) is not None}
    findings = strongest(find_pii(sample.profiles, load_knowledge(), threshold=WEAK_EVIDENCE))
    cells = {name: sample.columns.get(name) for name in profiles}
    statistics = {name: statistics_of(profiles[name], cells[name], counts.get(name)) for name in profiles}
    verdicts = {name: judge(profiles[name], statistics[name], findings.get(name), known) for name in profiles}
    codes = {name: codes_of(column) for name, column in cells.items() if column is not None}
    return rank(
        verdicts,
        statistics,
        codes,
        job.mode,
        np.random.default_rng(SEED),
        cumulative_importance_threshold=job.cumulative_importance_threshold,
        max_quasi_identifiers=job.max_quasi_identifiers,
    )


def profile_of(sample: TableSample, name: str) -> ColumnProfile | None:
    """The values of a column, or the first ones within a nested one, under the name of the column."""
    places = zip(sample.places, sample.profiles, strict=True)
    found = next((profile for place, profile in places if place.path.column == name), None)
    return None if found is None else replace(found, path=name)


def strongest(findings: Sequence[ColumnFinding]) -> Mapping[str, ColumnFinding]:
    """The surest finding of each column, also of what lies within it."""
    by_confidence = sorted(findings, key=lambda each: each.confidence)
    return {parse_path(each.column).column: each for each in by_confidence}


def statistics_of(
    profile: ColumnProfile, cells: pa.ChunkedArray | None, counts: ColumnCounts | None
) -> ColumnStatistics:
    """Of all rows where these were counted, else of the sample."""
    sizes = np.array(profile.counts, dtype=np.float64)
    shares = sizes / sizes.sum() if len(sizes) else sizes
    lengths = np.array([len(value) for value in profile.values], dtype=np.float64)
    distinct = len(profile.values) if cells is None else int(pc.count_distinct(cells, mode="only_valid").as_py())
    return ColumnStatistics(
        profile.path,
        profile.kind,
        profile.cells if counts is None else counts.rows,
        profile.nulls if counts is None else counts.nulls,
        distinct if counts is None else counts.distinct,
        float(-(shares * np.log2(shares)).sum()),
        float((shares * lengths).sum()),
    )


def codes_of(cells: pa.ChunkedArray) -> CodeArray:
    """A number from 0 for each value; null is one more value."""
    encoded = pc.dictionary_encode(cells.combine_chunks(), null_encoding="encode")
    codes: CodeArray = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    return codes


def are_alike(one: Ranking, other: Ranking) -> bool:
    """Whether two samples came to the same columns in nearly the same order."""
    if set(one.quasi_identifiers) != set(other.quasi_identifiers):
        return False
    first = np.array([each.importance_score for each in one.attributes])
    second = np.array([each.importance_score for each in other.attributes])
    if not first.any() or not second.any():
        return bool(first.any() == second.any())
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second))) >= SAME_RANKING


def told_of(ranking: Ranking) -> dict[str, Any]:
    """The summary's part about columns; no value of the table."""
    model = ranking.model
    return {
        "quasi_identifiers": list(ranking.quasi_identifiers),
        "direct_identifiers": named(ranking, Identity.DIRECT),
        "sensitive_attributes": named(ranking, Identity.SENSITIVE),
        "non_sensitive_attributes": named(ranking, Identity.NONE),
        "attributes": [
            {
                "name": each.name,
                "classification": str(each.classification),
                "importance_score": each.importance_score,
                "confidence": each.confidence,
                "reasoning": list(each.reasoning),
                "unique_ratio": each.unique_ratio,
            }
            for each in ranking.attributes
        ],
        "detection_method": str(ranking.method),
        "identifying_set": list(ranking.identifying_set),
        **({} if model is None else model_parts(model)),
    }


def model_parts(model: SinglingOut) -> dict[str, Any]:
    """How well the model does: what the published client reads, and what else is known."""
    return {
        "model_metrics": {
            "accuracy": model.accuracy,
            "hamming_loss": 1 - model.accuracy,
            "is_reliable": model.is_reliable,
            "training_samples": model.training_samples,
        },
        "model_details": {
            "precision": model.precision,
            "recall": model.recall,
            "f1": model.f1,
            "roc_auc": model.roc_auc,
        },
    }


def named(ranking: Ranking, identity: Identity) -> list[str]:
    """The columns of one classification, in the order of the table."""
    return [each.name for each in ranking.attributes if each.classification is identity]


def detection_rows(table_uri: str, ranking: Ranking) -> Iterator[Row]:
    """One row a column."""
    for each in ranking.attributes:
        yield {
            "table_uri": table_uri,
            "column": each.name,
            "classification": str(each.classification),
            "score": each.importance_score,
            "reason": "; ".join(each.reasoning),
        }


def sampling_warnings(sampling: Sampling) -> list[str]:
    """What must be known of a ranking that did not settle."""
    if sampling.stable is not False:
        return []
    return [f"The ranking of columns still changed between the last samples; {sampling.rows:,} rows were looked at."]
