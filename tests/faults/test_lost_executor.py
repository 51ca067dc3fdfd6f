"""F5 and F6: a worker that is killed while it works, and tasks that run twice, change nothing in a release."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyspark
import pytest
from pyspark.sql import SparkSession

from tests.faults.killed import command, driver, files_that_no_version_names, wait_until
from tests.pipelines.patients import COLUMNS, job_dict, multiset, patients, released, version

pytestmark = pytest.mark.nightly

N_COPIES = 400
CLUSTER = ("--master", "local-cluster[2,1,1024]")
MANY_TASKS = ("--spark-conf", "spark.sql.files.maxPartitionBytes=16k", "--spark-conf", "spark.sql.shuffle.partitions=8")
SPECULATION = {
    "spark.speculation": "true",
    "spark.speculation.interval": "10ms",
    "spark.speculation.multiplier": "1.01",
    "spark.speculation.quantile": "0.05",
    "spark.speculation.minTaskRuntime": "1ms",
    "spark.speculation.efficiency.enabled": "false",
}


@pytest.fixture
def scene(spark: SparkSession, tmp_path: Path) -> Path:
    """A table of many tasks, and its job."""
    rows = [(row[0], int(str(row[1])), *row[2:5], place) for place, row in enumerate(patients() * N_COPIES)]
    table = spark.createDataFrame(rows, "name string, age int, zip string, sex string, diagnosis string, cost int")
    assert table.columns == COLUMNS
    table.repartition(24).write.parquet(str(tmp_path / "raw"))
    for name in ("calm", "disturbed"):
        (tmp_path / name).mkdir()
        job = job_dict(input={"uri": "../raw", "format": "parquet"})
        (tmp_path / name / "job.json").write_text(json.dumps(job), encoding="utf-8")
    return tmp_path


def executors_of(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes of the group that are executors."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (place / "cmdline").read_bytes()
            group = os.getpgid(int(place.name))
        except OSError:
            continue
        if group == process.pid and b"CoarseGrainedExecutorBackend" in arguments:
            found.append(int(place.name))
    return found


def told(folder: Path) -> dict[str, Any]:
    """What the summary says that must not depend on who did the work."""
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return {part: summary[part] for part in ("rows", "suppressed", "levels", "score", "classes", "metrics", "risk")}


def finish(process: subprocess.Popen[bytes], folder: Path) -> None:
    assert process.wait(600) == 0, (folder / "driver.log").read_text(encoding="utf-8")[-2000:]


def arguments(folder: Path, *more: str) -> list[str]:
    return command("anonymize", folder, "one", "--summary", str(folder / "summary.json"), *MANY_TASKS, *more)


def require_alike(scene: Path) -> None:
    calm, disturbed = scene / "calm", scene / "disturbed"
    assert told(disturbed) == told(calm)
    assert multiset(released(disturbed)) == multiset(released(calm))
    assert version(disturbed) == 0
    assert files_that_no_version_names(disturbed / "out/released") == []


@pytest.mark.parametrize("stage", ["counting", "writing"])
def test_a_release_is_the_same_where_an_executor_was_killed(scene: Path, stage: str) -> None:
    with driver(arguments(scene / "calm"), scene / "calm") as process:
        finish(process, scene / "calm")
    folder = scene / "disturbed"
    with driver(arguments(folder, *CLUSTER), folder) as process:
        signs = {"counting": "out/_anonspark/runs/_delta_log/*.json", "writing": "out/released/**/_temporary"}
        wait_until(lambda: process.poll() is not None or any(folder.glob(signs[stage])))
        wait_until(lambda: process.poll() is not None or bool(executors_of(process)))
        if stage == "counting":
            time.sleep(1)
        victim = executors_of(process)[0]
        os.kill(victim, signal.SIGKILL)
        finish(process, folder)
    require_alike(scene)


@pytest.fixture
def two_hosts(tmp_path: Path) -> Iterator[str]:
    """The master of a cluster with workers at two addresses: Spark runs no second copy of a task on the same host."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    master = f"spark://127.0.0.1:{port}"
    started = [str(Path(pyspark.__file__).parent / "bin/spark-class")]
    worker = ["org.apache.spark.deploy.worker.Worker", "--cores", "1", "--memory", "1g", "--webui-port", "0"]
    with ExitStack() as held:
        for name, words in {
            "master": ["org.apache.spark.deploy.master.Master", "--port", port, "--webui-port", "0"],
            "worker1": [*worker, "--work-dir", str(tmp_path / "work1"), master],
            "worker2": [*worker, "--work-dir", str(tmp_path / "work2"), master],
        }.items():
            folder = tmp_path / name
            folder.mkdir()
            host = "127.0.0.2" if name == "worker2" else "127.0.0.1"
            held.enter_context(driver([*started, *words, "--host", host], folder))
        yield master


def test_tasks_that_run_twice_write_no_row_and_no_file_twice(scene: Path, two_hosts: str) -> None:
    with driver(arguments(scene / "calm"), scene / "calm") as process:
        finish(process, scene / "calm")
    folder = scene / "disturbed"
    log = folder / "events"
    log.mkdir()
    events_as_text = {"spark.eventLog.enabled": "true", "spark.eventLog.compress": "false"}
    conf = SPECULATION | events_as_text | {"spark.eventLog.dir": log.as_uri(), "spark.executor.memory": "1g"}
    more = [word for key, value in conf.items() for word in ("--spark-conf", f"{key}={value}")]
    with driver(arguments(folder, "--master", two_hosts, *more), folder) as process:
        finish(process, folder)
    events = "".join(path.read_text(encoding="utf-8") for path in log.rglob("events_*"))
    assert len(re.findall(r'"Event":"SparkListenerTaskStart".*"Speculative":true', events)) > 0
    require_alike(scene)
