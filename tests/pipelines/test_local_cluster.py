"""The same job on two workers in processes of their own: nothing may live in the driver's process alone."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.pipelines.patients import job_dict, multiset, patients, released, without_times, write_csv

pytestmark = pytest.mark.nightly

MASTERS = ("local[2]", "local-cluster[2,1,1024]")


def run_on(master: str, folder: Path, search: dict[str, Any]) -> dict[str, Any]:
    """The summary of the patients' job on a master, by the command line."""
    folder.mkdir()
    write_csv(folder / "patients.csv", patients())
    (folder / "job.yaml").write_text(json.dumps(job_dict() | {"search": search}), encoding="utf-8")
    command = [sys.executable, "-c", "from anonspark.cli.main import main; main()", "anonymize", "--json"]
    command += ["--config", str(folder / "job.yaml"), "--run-id", "one", "--master", master]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    summary: dict[str, Any] = json.loads(ended.stdout)
    return summary


@pytest.mark.parametrize("search", [{}, {"strategy": "mondrian"}], ids=["auto", "mondrian"])
def test_two_workers_release_what_one_process_releases(
    spark: SparkSession, tmp_path: Path, search: dict[str, Any]
) -> None:
    found = []
    for number, master in enumerate(MASTERS):
        folder = tmp_path / str(number)
        summary = without_times(run_on(master, folder, search))
        parts = {part: summary[part] for part in ("rows", "suppressed", "levels", "score", "classes", "risk")}
        found.append((parts, multiset(released(folder))))
    assert found[0] == found[1]
