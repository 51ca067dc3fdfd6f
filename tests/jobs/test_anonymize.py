"""`spark-submit jobs/anonymize.py`, once for real."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyspark
import pytest
from pyspark.sql import SparkSession

from tests.pipelines.patients import job_dict, patients, released, write_csv

ROOT = Path(__file__).parents[2]


@pytest.fixture
def jars(spark: SparkSession) -> str:
    """The jars that the tests' own session was started with."""
    return spark.conf.get("spark.jars")


def test_spark_submit_runs_the_job_and_hands_on_its_exit_code(jars: str, tmp_path: Path) -> None:
    write_csv(tmp_path / "patients.csv", patients())
    (tmp_path / "job.yaml").write_text(json.dumps(job_dict()), encoding="utf-8")

    def submit(*arguments: str) -> subprocess.CompletedProcess[str]:
        home = Path(pyspark.__file__).parent
        options = ["--master", "local[1]", "--jars", jars, "--driver-memory", "1g"]
        for setting in ("spark.ui.enabled=false", "spark.driver.host=127.0.0.1", "spark.sql.shuffle.partitions=1"):
            options += ["--conf", setting]
        job = [str(ROOT / "jobs/anonymize.py"), "--config", str(tmp_path / "job.yaml"), *arguments]
        environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            [str(home / "bin/spark-submit"), *options, *job],
            cwd=tmp_path,
            env=environment | {"SPARK_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )

    done = submit("--json")
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)["rows"] == len(released(tmp_path)) == len(patients())
    refused = submit("--set", "privacy[0].k=0")
    assert refused.returncode == 2
    assert "privacy[0].k" in refused.stdout + refused.stderr  # spark-submit puts both on one stream
