"""What does each kind of job."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from anonspark.config.apply import ApplyJob
from anonspark.config.detect_pii import DetectPiiJob
from anonspark.config.job import AnonymizeJob
from anonspark.config.job_file import JobFile
from anonspark.config.measure import MeasureJob
from anonspark.config.recover import DecryptJob, DetokenizeJob
from anonspark.config.risk import RiskJob
from anonspark.config.transform_pii import TransformPiiJob
from anonspark.config.validate import ValidateJob
from anonspark.config.vault_jobs import EraseJob, RotateKeysJob
from anonspark.pipelines.anonymize_attempt import AnonymizeAttempt
from anonspark.pipelines.apply_attempt import ApplyAttempt
from anonspark.pipelines.attempt import Attempt, Outcome
from anonspark.pipelines.detect_pii import detect_pii
from anonspark.pipelines.erase import erase
from anonspark.pipelines.measure import MeasureAttempt
from anonspark.pipelines.open_columns import decrypt_table, detokenize_table
from anonspark.pipelines.risk import measure_table_risk
from anonspark.pipelines.rotate_keys import rotate_keys
from anonspark.pipelines.transform_pii import TransformPiiAttempt
from anonspark.pipelines.validate import validate_table

Pipeline = Callable[[Any, Attempt], Outcome]
"""From a job of one kind and an attempt at it to what the attempt came to."""

PIPELINES: Final[Mapping[type[JobFile], Pipeline]] = MappingProxyType(
    {
        AnonymizeJob: lambda job, attempt: AnonymizeAttempt(job, attempt).complete(),
        ApplyJob: lambda job, attempt: ApplyAttempt(job, attempt).complete(),
        DecryptJob: decrypt_table,
        DetectPiiJob: detect_pii,
        DetokenizeJob: detokenize_table,
        EraseJob: erase,
        MeasureJob: lambda job, attempt: MeasureAttempt(job, attempt).complete(),
        RiskJob: measure_table_risk,
        RotateKeysJob: rotate_keys,
        TransformPiiJob: lambda job, attempt: TransformPiiAttempt(job, attempt).complete(),
        ValidateJob: validate_table,
    }
)
"""By the class of the job file."""


def complete(job: JobFile, attempt: Attempt) -> Outcome:
    """What the job's kind does, from reading to its rows in the metadata tables."""
    for kind, pipeline in PIPELINES.items():
        if isinstance(job, kind):
            return pipeline(job, attempt)
    raise TypeError(f"no pipeline does jobs of kind {job.job}")
