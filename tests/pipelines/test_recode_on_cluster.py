"""Local recoding of combinations that do not fit the driver: the same release as in memory."""

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.errors import VerificationError
from anonspark.frames import recoding
from anonspark.io import outputs as outputs_module
from anonspark.io.stage import StagedFiles, read_staged
from anonspark.pipelines.run import run
from tests.pipelines.on_cluster import as_near, comparable, n_persisted, refuse_where
from tests.pipelines.patients import job_in, kept, multiset, patients, released, version, write_csv

pytestmark = pytest.mark.nightly  # a minute of every change; what it tests changes little

MONDRIAN, RELAXED_MONDRIAN = {"strategy": "mondrian"}, {"strategy": "mondrian", "recoding": "relaxed"}
STRICT, RELAXED = {"recoding": "strict"}, {"recoding": "relaxed"}
IN_ROUNDS, IN_ONE_PIECE = 7, 1 << 18
"""Raw classes that a worker takes: so few that large parts are split by rounds, or all of this table."""

PRIVACY = [
    {"model": "k-anonymity", "k": 3},
    {"model": "l-diversity", "l": 2, "attribute": "diagnosis"},
    {"model": "t-closeness", "t": 0.5, "attribute": "diagnosis"},
]

UNKNOWN_SEX = {"kind": "tree", "tree": {"any": ["F"]}, "unknown": "suppress"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the patients, most of them twice."""
    write_csv(tmp_path / "patients.csv", [*patients(), *patients()[:100]])
    return tmp_path


def both_ways(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The summaries of a run in memory and of one on the cluster, whose rows are the same."""
    job = job_in(folder, **changes)
    in_memory = run(job, spark)
    rows = multiset(released(folder))
    refuse_where(monkeypatch, "both")
    before = n_persisted(spark)
    on_cluster = run(job, spark)
    assert on_cluster["lattice"]["checker"] == "cluster"
    assert multiset(released(folder)) == rows
    assert n_persisted(spark) == before
    return comparable(in_memory), comparable(on_cluster)


@pytest.mark.parametrize(
    ("search", "most_a_worker"),
    [
        (MONDRIAN, IN_ROUNDS),
        (STRICT, IN_ROUNDS),
        (RELAXED, IN_ROUNDS),
        (RELAXED_MONDRIAN, IN_ROUNDS),
        (RELAXED_MONDRIAN, IN_ONE_PIECE),
        (STRICT, IN_ONE_PIECE),
    ],
    ids=str,
)
def test_the_release_is_that_of_memory(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, search: dict[str, str], most_a_worker: int
) -> None:
    monkeypatch.setattr(recoding, "MOST_A_WORKER", most_a_worker)
    in_memory, on_cluster = both_ways(spark, folder, monkeypatch, search=search, privacy=PRIVACY)
    assert on_cluster == as_near(in_memory)
    assert on_cluster["recoding"]["kind"] == search.get("recoding", "strict")


@pytest.mark.parametrize("most_a_worker", [IN_ROUNDS, IN_ONE_PIECE])
def test_unknown_values_and_dropped_rows_are_left_out(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, most_a_worker: int
) -> None:
    monkeypatch.setattr(recoding, "MOST_A_WORKER", most_a_worker)
    attributes = [
        {"name": "name", "type": "identifier"},
        {"name": "age", "type": "quasi_identifier"},
        {"name": "zip", "type": "quasi_identifier", "hierarchy": {"kind": "mask", "keep": [4, 3]}, "max_level": 2},
        {"name": "sex", "type": "quasi_identifier", "hierarchy": UNKNOWN_SEX},
        {"name": "diagnosis", "type": "sensitive"},
    ]
    in_memory, on_cluster = both_ways(
        spark,
        folder,
        monkeypatch,
        attributes=attributes,
        search=RELAXED,
        suppression="drop",
        max_suppression=0.7,
        metric="non_uniform_entropy",
    )
    assert on_cluster == as_near(in_memory)
    assert len(released(folder)) == len(kept(released(folder))) == 220 - on_cluster["suppressed"]


def test_the_risk_to_a_population_is_that_of_memory(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_csv(folder / "population.csv", [*patients(), *patients()])
    population = {"uri": "population.csv", "format": "csv"}
    in_memory, on_cluster = both_ways(spark, folder, monkeypatch, search=STRICT, population=population)
    assert on_cluster["risk"] == as_near(in_memory["risk"])


def one_more_raw_row(table: DataFrame) -> DataFrame:
    return table.withColumn("age", F.when(F.col("cost") == 5, "55").otherwise(F.col("age")))


def one_row_less(table: DataFrame) -> DataFrame:
    return table.limit(219)


@pytest.mark.parametrize("tamper", [one_more_raw_row, one_row_less], ids=lambda f: f.__name__)
def test_what_was_written_wrong_is_not_published(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, tamper: Any
) -> None:
    def tampered(spark: SparkSession, staged: StagedFiles) -> DataFrame:
        return tamper(read_staged(spark, staged))

    refuse_where(monkeypatch, "both")
    monkeypatch.setattr(outputs_module, "read_staged", tampered)
    with pytest.raises(VerificationError):
        run(job_in(folder, search=STRICT), spark)
    assert version(folder) is None
