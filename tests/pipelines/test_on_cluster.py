"""A run whose combinations stay on the cluster against the same run in memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.config.job import AnonymizeJob
from anonspark.domain.policy import Policy, QuasiIdentifier
from anonspark.errors import NoReleaseError, TooManyClassesError, VerificationError
from anonspark.frames import aggregate
from anonspark.frames.checker import ClusterChecker
from anonspark.io import outputs as outputs_module
from anonspark.io.stage import StagedFiles, read_staged
from anonspark.models.k_anonymity import KAnonymity
from anonspark.pipelines.anonymize import anonymize
from anonspark.pipelines.follow import Follower
from anonspark.pipelines.run import run
from anonspark.vocabulary import Suppression
from tests.pipelines.on_cluster import comparable, n_persisted, refuse_where
from tests.pipelines.patients import COLUMNS, N_ROWS, job_in, multiset, patients, released, version, write_csv
from tests.pipelines.scans import executions_so_far, rows_scanned

CLOSENESS = [
    {"model": "k-anonymity", "k": 4},
    {"model": "t-closeness", "t": 0.3, "attribute": "diagnosis", "distance": "equal"},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the patients."""
    write_csv(tmp_path / "patients.csv", patients())
    return tmp_path


@pytest.fixture
def too_many(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on, no combinations fit the driver."""

    def start() -> None:
        def refuse(*_: object) -> None:
            raise TooManyClassesError("They do not fit.")

        monkeypatch.setattr(aggregate, "_collected", refuse)

    return start


def both_ways(
    spark: SparkSession, folder: Path, too_many: Callable[[], None], **changes: Any
) -> tuple[dict[str, Any], list[tuple[str, ...]]]:
    """The summary and the rows of a run on the cluster, after they were compared with those of a run in memory."""
    expected = comparable(run(job_in(folder, **changes), spark))
    rows = multiset(released(folder))
    too_many()
    summary = run(job_in(folder, **changes), spark, run_id="on the cluster")
    assert comparable(summary) == expected
    assert multiset(released(folder)) == rows
    return summary, rows


PARTLY_UNKNOWN = {
    "metric": "discernibility",
    "max_suppression": 0.7,
    "attributes": [
        {"name": "name", "type": "identifier"},
        {"name": "zip", "type": "quasi_identifier", "hierarchy": {"kind": "mask", "keep": [4, 3, 1]}},
        {
            "name": "sex",
            "type": "quasi_identifier",
            "hierarchy": {"kind": "tree", "tree": {"any": ["F"]}, "unknown": "suppress"},
        },
        {"name": "diagnosis", "type": "sensitive"},
    ],
}


WHOLE_RELEASE = {
    "privacy": [
        {"model": "average-risk", "threshold": 0.08},
        {"model": "population-uniqueness", "threshold": 0.0, "population_size": 1000},
    ],
    "max_suppression": 0.2,
}


@pytest.mark.parametrize(
    "changes",
    [{"privacy": CLOSENESS}, PARTLY_UNKNOWN, WHOLE_RELEASE],
    ids=["closeness", "unknown values", "whole release"],
)
def test_a_run_on_the_cluster_publishes_what_a_run_in_memory_does_and_frees_everything(
    spark: SparkSession, folder: Path, too_many: Callable[[], None], changes: dict[str, Any]
) -> None:
    before = n_persisted(spark)
    summary, _ = both_ways(spark, folder, too_many, **changes)
    assert summary["lattice"]["checker"] == "cluster"
    assert summary["lattice"]["jobs"] > 0
    assert n_persisted(spark) == before
    sizes = DeltaTable(folder / "out/_anonspark/class_histogram").to_pandas().query("run_id == 'on the cluster'")
    of_input, of_release = (sizes.query(f"subject == '{subject}'") for subject in ("input", "release"))
    assert (of_input["class_size"] * of_input["classes"]).sum() == N_ROWS
    assert (of_release["class_size"] * of_release["classes"]).sum() == N_ROWS - summary["suppressed"]


def test_the_input_is_read_twice_and_once_only_for_counting(
    spark: SparkSession, folder: Path, too_many: Callable[[], None]
) -> None:
    too_many()
    since = executions_so_far(spark)
    run(job_in(folder), spark)
    header = 1
    assert rows_scanned(spark, since)["Scan csv"] == 2 * N_ROWS + header


def test_classes_of_the_chosen_node_that_do_not_fit_the_driver_are_joined_on_the_cluster(
    spark: SparkSession, folder: Path, too_many: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run(job_in(folder, privacy=CLOSENESS), spark)
    rows = multiset(released(folder))
    too_many()
    monkeypatch.setattr(ClusterChecker, "classes_at", lambda *_: None)
    for suppression in Suppression:
        summary = run(job_in(folder, privacy=CLOSENESS, suppression=str(suppression)), spark)
        assert comparable(summary) == comparable(expected)
        if suppression is Suppression.MASK:
            assert multiset(released(folder)) == rows
        else:
            assert len(released(folder)) == N_ROWS - summary["suppressed"]


def one_raw_row(table: DataFrame) -> DataFrame:
    return table.limit(N_ROWS - 1).union(table.limit(1).withColumn("zip", F.lit("69401")))


def one_row_less(table: DataFrame) -> DataFrame:
    return table.limit(N_ROWS - 1)


def one_name_shown(table: DataFrame) -> DataFrame:
    return table.withColumn("name", F.when(F.col("cost") == 5, "Name 5").otherwise(F.col("name")))


def another_diagnosis(table: DataFrame) -> DataFrame:
    return table.withColumn("diagnosis", F.lit("C18"))


@pytest.mark.parametrize(
    "tamper", [one_raw_row, one_row_less, one_name_shown, another_diagnosis], ids=lambda f: f.__name__
)
def test_what_was_written_wrong_is_not_published(
    spark: SparkSession,
    folder: Path,
    too_many: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    tamper: Callable[[DataFrame], DataFrame],
) -> None:
    def tampered(spark: SparkSession, staged: StagedFiles) -> DataFrame:
        return tamper(read_staged(spark, staged))

    too_many()
    monkeypatch.setattr(outputs_module, "read_staged", tampered)
    before = n_persisted(spark)
    with pytest.raises(VerificationError):
        run(job_in(folder), spark)
    assert version(folder) is None
    assert n_persisted(spark) == before


def test_the_nearest_miss_is_told_as_in_memory(spark: SparkSession, folder: Path, too_many: Callable[[], None]) -> None:
    job = job_in(folder, privacy=[{"model": "k-anonymity", "k": 500}])
    with pytest.raises(NoReleaseError) as in_memory:
        run(job, spark)
    too_many()
    before = n_persisted(spark)
    with pytest.raises(NoReleaseError) as on_cluster:
        run(job, spark)
    assert on_cluster.value.nearest_miss == in_memory.value.nearest_miss
    assert on_cluster.value.message == in_memory.value.message
    assert n_persisted(spark) == before


def test_the_lazy_release_of_a_notebook_outlives_what_was_kept_for_the_search(
    spark: SparkSession, too_many: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = spark.createDataFrame(pd.DataFrame(patients(), columns=COLUMNS))
    policy = Policy(tuple(QuasiIdentifier(name) for name in ("zip", "sex")), (KAnonymity(4),), max_suppression=0.1)
    expected = multiset(anonymize(table, policy, Follower())[0].toPandas())
    too_many()
    monkeypatch.setattr(ClusterChecker, "classes_at", lambda *_: None)
    before = n_persisted(spark)
    lazy, solution = anonymize(table, policy, Follower())
    assert n_persisted(spark) == before
    assert multiset(lazy.toPandas()) == expected
    assert solution.release.kept_on_cluster


def population_job(folder: Path) -> AnonymizeJob:
    return job_in(folder, population={"uri": "population.csv", "format": "csv"})


@pytest.mark.parametrize("where", ["both", "input", "population"])
def test_the_population_is_counted_wherever_it_and_the_input_are(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    write_csv(folder / "population.csv", [*patients(), *patients()[::2]])
    expected = comparable(run(population_job(folder), spark))
    refuse_where(monkeypatch, where)
    summary = comparable(run(population_job(folder), spark))
    for subject, risk in expected["risk"].items():
        found = summary["risk"][subject]
        for attacker in ("prosecutor", "journalist"):
            assert found[attacker] == pytest.approx(risk[attacker])
        assert found["marketer"] == pytest.approx(risk["marketer"])
    assert summary["levels"] == expected["levels"]


@pytest.mark.nightly
def test_adult_in_a_megabyte_is_released_as_in_memory(
    spark: SparkSession, adult: dict[str, Any], tmp_path: Path
) -> None:
    found = []
    for memory_mb, checker in ((2048, "in_memory"), (1, "cluster")):
        folder = tmp_path / checker
        summary = run(AnonymizeJob.from_dict({**adult, "search": {"memory_mb": memory_mb}}, base=str(folder)), spark)
        assert summary["lattice"]["checker"] == checker
        found.append((comparable({**summary, "metadata": None}), multiset(released(folder))))
    assert found[0] == found[1]
