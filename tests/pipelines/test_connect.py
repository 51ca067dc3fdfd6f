"""The same run over Spark Connect, in a process of its own, as a classic and a Connect session exclude each other."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from anonspark.config.job import AnonymizeJob
from anonspark.pipelines.run import run
from tests.pipelines.patients import COLUMNS, job_in, multiset, patients, released, without_times, write_csv

pytestmark = pytest.mark.nightly

REPOSITORY = Path(__file__).parents[2]

ON_CONNECT = """
import json, sys, warnings
from pyspark.sql import SparkSession
from anonspark.config.job import AnonymizeJob
from anonspark.errors import AnonsparkError
from anonspark.io.jars import DELTA, cache_folder, jar_conf
from anonspark.io.session import ALWAYS, DELTA_CONF
from anonspark.pipelines.run import run

warnings.filterwarnings("ignore", "Failed to set")  # the server has been started with them
folder, jobs = sys.argv[1], json.load(sys.stdin)
builder = SparkSession.builder.remote("local[2]").config("spark.sql.warehouse.dir", folder + "/warehouse")
builder = builder.config("spark.sql.shuffle.partitions", "4")
for key, value in {**DELTA_CONF, **ALWAYS, **jar_conf([DELTA], cache_folder(), {})}.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
assert "connect" in type(spark).__module__
told = []
for job in jobs:
    stop_at, reached = job.pop("stop_at", None), []
    stop = lambda: stop_at in reached
    try:
        summary = run(
            AnonymizeJob.from_dict(job, folder), spark, tell=lambda step: reached.append(step.name), stop=stop
        )
        table = job["output"].get("table")
        told.append({**summary, "table_rows": spark.table(table).count() if table else None})
    except AnonsparkError as error:
        told.append({"error": type(error).__name__, "message": error.message, "code": error.exit_code})
print("TOLD" + json.dumps(told))
"""


WIDE_JOB: dict[str, Any] = {
    "version": 1,
    "job": "anonymize",
    "input": {"uri": "wide.csv", "format": "csv", "schema": {"age": "int"}},
    "output": {"uri": "out/released", "format": "delta"},
    "attributes": [
        {
            "name": "age",
            "type": "quasi_identifier",
            "hierarchy": {"kind": "intervals", "min": 0, "max": 100, "widths": [10, 50]},
        },
        {"name": "zip", "type": "quasi_identifier", "hierarchy": {"kind": "mask", "keep": [3, 1]}},
        {"name": "diagnosis", "type": "sensitive"},
    ],
    "privacy": [
        {"model": "k-anonymity", "k": 5},
        {"model": "l-diversity", "l": 2, "attribute": "diagnosis", "variant": "entropy"},
    ],
    "max_suppression": 0.05,
    "search": {"memory_mb": 1},
}


def write_wide(folder: Path) -> None:
    """50,000 rows with as many combinations, which are more than a megabyte holds."""
    rows = [[str(place % 100), f"{place // 100 % 500:05d}", "ABC"[place % 7 % 3]] for place in range(50_000)]
    write_csv(folder / "wide.csv", rows, ["age", "zip", "diagnosis"])


def on_connect(folder: Path, *jobs: dict[str, Any]) -> list[dict[str, Any]]:
    """What comes of jobs, one after the other in one Connect session: their summaries or errors."""
    ended = subprocess.run(
        [sys.executable, "-c", ON_CONNECT, str(folder)],
        input=json.dumps(jobs),
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "PYSPARK_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    (line,) = [line for line in ended.stdout.splitlines() if line.startswith("TOLD")]
    told: list[dict[str, Any]] = json.loads(line.removeprefix("TOLD"))
    return told


def job(**changes: Any) -> dict[str, Any]:
    """The job of the patients as plain data."""
    told: dict[str, Any] = json.loads(job_in(Path(), **changes).canonical())
    return told


def test_a_run_on_connect_makes_the_release_that_a_classic_session_makes(spark: SparkSession, tmp_path: Path) -> None:
    for name in ("classic", "connect"):
        write_csv(tmp_path / name / "patients.csv", patients())
    folder = tmp_path / "connect"
    odd = [name.replace("cost", "cost, in total") for name in COLUMNS]
    write_csv(folder / "odd.csv", patients(), odd)
    csv = {"uri": "out/released.csv", "format": "csv"}
    raw = {"uri": "odd.csv", "format": "csv"}
    table = {"output": {"table": "default.released"}, "metadata": {"uri": "meta"}}
    told = on_connect(
        folder,
        job(),
        job(output=csv),
        job(output={"uri": "out/parquet", "format": "parquet", "partition_by": ["zip"]}),
        job(input=raw, output={"uri": "out/odd"}),
        job(**table),
        job(**table),
        job(input={"uri": "nobody.csv", "format": "csv"}),
        job(input={"uri": "patients.csv", "format": "csv", "schema": {"zip": "int", "name": "int"}}),
        job(privacy=[{"model": "k-anonymity", "k": 500}]),
        job() | {"stop_at": "verify"},
    )
    expected = without_times(run(job_in(tmp_path / "classic"), spark))
    for summary in told[:6]:
        assert summary["status"] == "completed", summary
        assert {key: value for key, value in without_times(summary).items() if key != "table_rows"} == expected
    assert [summary["output"]["version"] for summary in told[:6]] == [0, None, None, 0, 0, 1]
    assert [summary["table_rows"] for summary in told[4:6]] == [len(patients())] * 2
    assert multiset(released(folder)) == multiset(released(tmp_path / "classic"))
    assert [(ended["error"], ended["code"]) for ended in told[6:]] == [
        ("LocationError", 2),
        ("MalformedCellsError", 2),
        ("NoReleaseError", 3),
        ("RunCancelledError", 130),
    ]
    assert told[6]["message"].endswith("nobody.csv does not exist.")


def test_classes_that_stay_on_the_cluster_of_a_connect_session(spark: SparkSession, tmp_path: Path) -> None:
    for name in ("classic", "connect"):
        write_wide(tmp_path / name)
    (told,) = on_connect(tmp_path / "connect", WIDE_JOB)
    assert told["status"] == "completed", told
    in_memory = {**WIDE_JOB, "search": {"memory_mb": 64}}
    expected = run(AnonymizeJob.from_dict(in_memory, str(tmp_path / "classic")), spark)
    assert (told["lattice"]["checker"], expected["lattice"]["checker"]) == ("cluster", "in_memory")
    for key in ("levels", "score", "suppressed", "metrics", "risk", "classes"):
        assert told[key] == expected[key]
    assert multiset(released(tmp_path / "connect")) == multiset(released(tmp_path / "classic"))
