"""F16: cancelling a run while Spark works stops that work, and publishes nothing."""

import threading
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.errors import RunCancelledError
from anonspark.pipelines import release as release_module
from anonspark.pipelines.apply import apply
from anonspark.pipelines.run import run, stop_spark_work
from tests.jvm import is_connect, jvm_of
from tests.pipelines.patients import job_in, multiset, released, states, version

A_ROW_MS = 20_000
"""A hundred such rows take longer than anyone waits; what was stopped ends after one."""


def active_jobs(spark: SparkSession) -> int:
    """Jobs of Spark that run at this moment."""
    return len(jvm_of(spark).sparkContext.statusTracker().getActiveJobsIds())


def test_a_run_that_is_cancelled_while_spark_writes_stops_at_once_and_leaves_the_old_release(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(job_in(folder), spark, run_id="before")
    before = multiset(released(folder))

    def slowly(table: DataFrame, *given: object) -> DataFrame:
        sleep = F.java_method(F.lit("java.lang.Thread"), F.lit("sleep"), F.lit(A_ROW_MS).cast("long"))
        return apply(table, *given).withColumn("diagnosis", sleep)

    monkeypatch.setattr(release_module, "apply", slowly)
    stopped, over = threading.Event(), threading.Event()

    def press_stop() -> None:
        while not list((folder / "out/released").glob("anonspark-r1/*/_temporary")):
            if over.wait(0.05):
                return
        stopped.set()
        while not over.wait(0.5):  # a job that starts right after the others were stopped is stopped the next time
            stop_spark_work(spark, "r1")

    other = threading.Thread(target=press_stop)
    other.start()
    try:
        with pytest.raises(RunCancelledError):
            run(job_in(folder, metric="precision"), spark, run_id="r1", stop=stopped.is_set)
    finally:
        over.set()
        other.join()
    assert is_connect(spark) or active_jobs(spark) == 0
    assert (version(folder), multiset(released(folder))) == (0, before)
    assert states(folder, "r1") == ["running", "cancelled"]
    assert not list((folder / "out/released").glob("anonspark-r1/**/*.parquet"))
