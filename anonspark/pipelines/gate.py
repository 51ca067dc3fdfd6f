"""The quality gate of a run: when it is asked for, what its failure does, and where its page goes."""

import json
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from pyspark.sql import DataFrame, SparkSession

from anonspark.config.release_job import ReleaseJob
from anonspark.domain.policy import Policy
from anonspark.domain.release import Release
from anonspark.domain.written import WrittenFacts
from anonspark.errors import EnvironmentProblem, QualityGateError
from anonspark.frames.casts import MALFORMED
from anonspark.io.failures import storage_errors
from anonspark.io.object_store import Storage, reachable_storage
from anonspark.quality.gate import INSTALL, GateResult, failed_names, is_installed, load, run_gate
from anonspark.quality.requirements import requirements
from anonspark.vocabulary import QualityGate

DATA_DOCS: Final = "data_docs"
"""The folder below the metadata's that holds one folder a run."""

PAGE: Final = "index.html"

IF_FAILED: Final = {
    QualityGate.FAIL: "Nothing was published.",
    QualityGate.WARN: "The release was published nevertheless, since the job file says quality: warn.",
}

VALIDATION: Final = "validation.json"


@dataclass(slots=True)
class Gate:
    """The gate of one run.

    Attributes:
        spark: The session, for the settings of its storage.
        run_id: Whose release it is.
        target: What the release is called.
        metadata_uri: The folder below which the page goes.
        kind: What a failure does; OFF where nothing is to be judged.
        part: What the summary tells; None before the gate has run.
        warnings: What a caller has to know.
        loading: What `prepare` has begun.
    """

    spark: SparkSession
    run_id: str
    target: str
    metadata_uri: str
    kind: QualityGate
    part: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)
    loading: Future[None] | None = None

    @property
    def is_asked(self) -> bool:
        """Whether there is something to judge."""
        return self.kind is not QualityGate.OFF

    @property
    def folder(self) -> str:
        """Where the page and the result of this run are."""
        return f"{self.metadata_uri}/{DATA_DOCS}/{quote(self.run_id, safe='')}"

    def prepare(self) -> None:
        """Load Great Expectations while Spark writes and counts, when nothing else is for this process to do."""
        if self.is_asked:
            worker = ThreadPoolExecutor(1)
            self.loading = worker.submit(load)
            worker.shutdown(wait=False)

    def judge(self, facts: WrittenFacts, policy: Policy, chosen: Release, raw: DataFrame, written: DataFrame) -> None:
        """Hold a release against its expectations and write down what came of it.

        Args:
            facts: What was counted in the written release.
            policy: What was asked.
            chosen: What was computed.
            raw: The input.
            written: The release as it was read back.

        Raises:
            QualityGateError: An expectation does not hold, and that is to stop the run.
        """
        if self.loading is not None:
            wait([self.loading])
        expected = requirements(facts, policy, chosen, column_types(raw), column_types(written))
        result = run_gate(expected, f"Quality gate of {self.target}, run {self.run_id}", IF_FAILED[self.kind])
        self.part = {
            "passed": result.passed,
            "expectations": result.expectations,
            "failed": list(result.failed),
            "docs": self.keep(result),
        }
        if result.passed:
            return
        if self.kind is QualityGate.FAIL:
            raise QualityGateError(self.part)
        self.warnings.append(failed_sentence(self.part))

    def keep(self, result: GateResult) -> str | None:
        """Write the page and Great Expectations' result; returns the page's URI, None where only Spark can write."""
        with storage_errors(self.metadata_uri, "metadata"):
            storage = reachable_storage(self.spark, self.folder)
            if storage is None:
                self.warnings.append(f"The quality gate's page was not written: only Spark reaches {self.folder}.")
                return None
            storage.write(VALIDATION, result.validation.encode())
            storage.write(PAGE, result.page.encode())
        return f"{self.folder}/{PAGE}"

    def recall(self) -> None:
        """Take what an earlier attempt of this run found, which had published before it was interrupted."""
        if not self.is_asked:
            return
        with storage_errors(self.metadata_uri, "metadata"):
            storage = reachable_storage(self.spark, self.folder)
            known = None if storage is None else _validation(storage)
        if known is None:
            self.warnings.append("The quality gate ran in an earlier attempt of this run; what it found is not known.")
            return
        failed = failed_names(known)
        self.part = {
            "passed": not failed,
            "expectations": len(known["results"]),
            "failed": failed,
            "docs": f"{self.folder}/{PAGE}",
        }
        if failed:
            self.warnings.append(failed_sentence(self.part))


def gate_of(job: ReleaseJob, spark: SparkSession, run_id: str, target: str, metadata_uri: str) -> Gate:
    """The gate that a job asks for; without Great Expectations one that only warns, unless the job insists.

    Raises:
        EnvironmentProblem: The job file itself says `quality: fail`, and there is nothing to judge with.
    """
    gate = Gate(spark, run_id, target, metadata_uri, job.quality)
    if not gate.is_asked or is_installed():
        return gate
    if job.quality is QualityGate.FAIL and "quality" in job.model_fields_set:
        raise EnvironmentProblem(
            f"quality: fail needs great-expectations, which is not installed: {INSTALL}, or set quality: off.",
            field="quality",
        )
    gate.kind = QualityGate.OFF
    gate.warnings.append(
        f"The quality gate did not run: great-expectations is not installed. {INSTALL} brings it; quality: off "
        "silences this."
    )
    return gate


def failed_sentence(part: Mapping[str, Any]) -> str:
    """The warning about a failed gate, in names of columns and models."""
    return QualityGateError(part).message.replace("nothing was published", "and the release was published")


def column_types(table: DataFrame) -> dict[str, str]:
    """The type of each column, as Spark's `simpleString` prints it, without marks of rows."""
    return {each.name: each.dataType.simpleString() for each in table.schema.fields if each.name != MALFORMED}


def _validation(storage: Storage) -> dict[str, Any] | None:
    """Great Expectations' result of an earlier attempt."""
    if VALIDATION not in storage.children():
        return None
    with storage.files().open_input_stream(VALIDATION) as stream:
        found: dict[str, Any] = json.loads(stream.read())
    return found
