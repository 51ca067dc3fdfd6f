"""Whole jobs against an S3 server: the command line, Spark's S3A, the driver's own way to the bucket, the lease."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.pipelines.patients import COLUMNS, N_ROWS, classes, job_dict, kept, patients
from tests.pipelines.s3_server import BUCKET, REPOSITORY, SECRET, S3Server, Terminal, s3_server, terminal

SEXES = "F;known;*\nM;known;*\n;unknown;*\n"
"""A hierarchy file; the empty field is null."""

nightly = pytest.mark.nightly


@pytest.fixture(scope="module")
def running() -> Iterator[S3Server]:
    """The server that all tests share."""
    with s3_server() as server:
        yield server


@pytest.fixture
def server(running: S3Server) -> S3Server:
    """A bucket with the patients and the hierarchy of their sexes, and nothing else."""
    running.forget_everything()
    rows = pd.DataFrame(patients(), columns=COLUMNS)
    running.put("data/patients.csv", rows.to_csv(index=False, lineterminator="\n"))
    running.put("hierarchies/sex.csv", SEXES)
    return running


@pytest.fixture(scope="module")
def shell(running: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """The process that all tests share; it lives through them in one Spark session."""
    with terminal(tmp_path_factory.mktemp("shell"), running.spark_conf()) as shell:
        yield shell


def job(**changes: Any) -> dict[str, Any]:
    """The job of the patients as a file of the bucket's folder `jobs` says it."""
    hierarchy = {"kind": "csv", "uri": "../hierarchies/sex.csv"}
    attributes = [
        each | ({"hierarchy": hierarchy} if each["name"] == "sex" else {}) for each in job_dict()["attributes"]
    ]
    places = {
        "input": job_dict()["input"] | {"uri": f"s3://{BUCKET}/data/patients.csv"},
        "output": {"uri": f"s3a://{BUCKET}/out/released", "format": "delta"},
    }
    return job_dict(attributes=attributes, **{**places, **changes})


def put_job(server: S3Server, name: str = "job.yaml", **changes: Any) -> str:
    """Write the job into the bucket; its URI."""
    server.put(f"jobs/{name}", json.dumps(job(**changes)))
    return f"s3a://{BUCKET}/jobs/{name}"


def places_of_secret(server: S3Server, folder: Path) -> list[str]:
    """Objects of the bucket and local files that hold the secret, in their bytes or their decoded rows."""
    objects = [key for key, content in server.objects().items() if SECRET.encode() in content]
    tables = {key.partition("/_delta_log")[0] for key in server.objects() if "/_delta_log/" in key}
    rows = [table for table in tables if SECRET in server.frame(table).to_csv()]
    files = [path for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    return [*objects, *rows, *map(str, files)]


def test_a_job_on_s3_is_published_there_once_and_leaves_nothing_beside(server: S3Server, shell: Terminal) -> None:
    ended = shell.anonymize(put_job(server), "--run-id", "r1")
    assert ended.code == 0, ended.shown

    table = server.frame("out/released")
    assert list(table.columns) == COLUMNS
    assert (len(table), set(table["name"])) == (N_ROWS, {"*"})
    assert classes(table).size().min() >= 4
    assert classes(table)["diagnosis"].nunique(dropna=False).min() >= 2
    assert ended.summary["suppressed"] == N_ROWS - len(kept(table))
    assert ended.summary["output"] == {"uri": f"s3a://{BUCKET}/out/released", "version": 0}

    last = server.frame("out/_anonspark/runs").query("state == 'completed'").iloc[0]
    assert (last["run_id"], last["output_version"], json.loads(last["summary"])) == ("r1", 0, ended.summary)
    assert dict(server.frame("out/_anonspark/solutions").iloc[0]["levels"]) == ended.summary["levels"]
    risk = server.frame("out/_anonspark/risk").query("subject == 'release' and measure == 'highest'")
    assert ended.summary["risk"]["release"]["prosecutor"]["highest"] in set(risk["value"])
    copy = f"out/_anonspark/hierarchies/{sha256(SEXES.encode()).hexdigest()}.csv"

    before = server.objects()
    assert before[copy] == SEXES.encode()
    files = {f"out/released/{uri.partition('/out/released/')[2]}" for uri in server.table("out/released").file_uris()}
    assert {key for key in before if key.startswith("out/released/") and "/_delta_log/" not in key} == files
    tables = {"runs", "solutions", "lattice_nodes", "class_histogram", "risk", "utility"}
    assert {key.split("/")[2] for key in before if key.startswith("out/_anonspark/")} == tables | {
        "data_docs",
        "hierarchies",
        "leases",
    }
    assert ended.summary["quality"]["docs"] == f"s3a://{BUCKET}/out/_anonspark/data_docs/r1/index.html"
    assert b"Passed." in before["out/_anonspark/data_docs/r1/index.html"]
    assert [key for key in before if not key.startswith(("data/", "hierarchies/", "jobs/", "out/"))] == []
    assert SECRET not in ended.shown
    assert places_of_secret(server, shell.folder) == []

    again = shell.anonymize(put_job(server), "--run-id", "r1")
    assert (again.code, again.summary) == (0, ended.summary)
    assert server.objects() == before


@nightly
def test_one_csv_object_is_replaced_on_s3(server: S3Server, shell: Terminal) -> None:
    config = put_job(server, output={"uri": f"s3://{BUCKET}/out/released.csv", "format": "csv"})
    for k in (4, 9):
        ended = shell.anonymize(config, "--set", f"privacy[0].k={k}")
        assert ended.code == 0, ended.shown
        assert ended.summary["output"] == {"uri": f"s3a://{BUCKET}/out/released.csv", "version": None}
        table = pd.read_csv(io.BytesIO(server.objects("out/released.csv")["out/released.csv"]), dtype=str)
        assert (len(table), list(table.columns)) == (N_ROWS, COLUMNS)
        assert classes(table).size().min() >= k
        beside = [key for key in server.objects("out/") if not key.startswith("out/_anonspark/")]
        assert beside == ["out/released.csv"]
        assert [key for key in server.objects("out/_anonspark/") if "/staged/" in key] == []
    assert places_of_secret(server, shell.folder) == []


@nightly
def test_a_folder_of_parquet_files_is_complete_or_refused_on_s3(server: S3Server, shell: Terminal) -> None:
    config = put_job(server, output={"uri": f"s3a://{BUCKET}/out/parquet", "format": "parquet"})
    assert shell.anonymize(config).code == 0
    before = server.objects("out/parquet")
    assert "out/parquet/_SUCCESS" in before
    refused = shell.anonymize(config)
    assert (refused.code, refused.summary["error"]["field"]) == (2, "output.uri")
    assert "is not empty" in refused.sentence
    assert server.objects("out/parquet") == before


@nightly
@pytest.mark.parametrize(
    ("prefix", "field"),
    [
        ("out/", "output"),
        ("out/_anonspark/runs/", "metadata"),
        ("out/released/anonspark-", "output"),
        ("out/released/_delta_log/", "output"),
    ],
)
def test_a_bucket_that_refuses_to_be_written_keeps_the_release_it_has(
    server: S3Server, shell: Terminal, prefix: str, field: str
) -> None:
    config = put_job(server)
    assert shell.anonymize(config).code == 0
    before, keys = server.frame("out/released"), list(server.objects("out/released/"))
    server.deny("s3:PutObject", prefix)
    refused = shell.anonymize(config, "--set", "privacy[0].k=9")
    server.allow_all()
    assert (refused.code, refused.summary["error"]["field"]) == (2, field), refused.shown
    named = {"metadata": f"s3a://{BUCKET}/out/_anonspark", "output": f"s3a://{BUCKET}/out/released"}[field]
    assert refused.sentence == (
        f"{named} refuses access; check the permissions there and the credentials that Spark was given for it."
    )
    assert SECRET not in refused.shown
    assert server.table("out/released").version() == 0
    assert server.frame("out/released").equals(before)
    assert list(server.objects("out/released/")) == keys


@nightly
def test_what_cannot_be_read_on_s3_is_told_in_one_sentence(server: S3Server, shell: Terminal) -> None:
    def refused(**changes: Any) -> str:
        ended = shell.anonymize(put_job(server, **changes))
        assert ended.code == 2, ended.shown
        return ended.sentence

    raw = job_dict()["input"]
    no_bucket, no_key = "s3a://no-such-bucket/patients.csv", f"s3a://{BUCKET}/data/nobody.csv"
    assert refused(input=raw | {"uri": no_bucket}) == f"{no_bucket} does not exist."
    assert refused(input=raw | {"uri": no_key}) == f"{no_key} does not exist."
    ended = shell.anonymize(f"s3a://{BUCKET}/jobs/none.yaml")
    assert (ended.code, ended.sentence) == (2, f"The job file s3a://{BUCKET}/jobs/none.yaml does not exist.")
    config = put_job(server)
    server.deny("s3:GetObject", "data/")
    ended = shell.anonymize(config)
    assert (ended.code, ended.summary["error"]["field"]) == (2, "input")
    assert "patients.csv refuses access" in ended.sentence


@nightly
def test_a_wrong_key_is_told_in_one_sentence(server: S3Server, shell: Terminal) -> None:
    config = put_job(server)
    (shell.folder / "job.yaml").write_text(json.dumps(job()).replace("../hierarchies", f"s3a://{BUCKET}/hierarchies"))
    server.demand_keys(True)
    remote = shell.anonymize(config)
    local = shell.anonymize("job.yaml")
    for ended in (remote, local):
        assert ended.code == 2, ended.shown
        assert "refuses access; check the permissions there and the credentials" in ended.sentence
        assert SECRET not in ended.shown


@nightly
def test_a_server_that_is_not_there_is_told_in_one_sentence(server: S3Server, tmp_path: Path) -> None:
    with terminal(tmp_path, server.spark_conf(endpoint="http://127.0.0.1:9")) as shell:
        ended = shell.anonymize(put_job(server), "--debug")  # with Spark's own log
    assert ended.code == 2, ended.shown
    assert "cannot be reached" in ended.sentence
    assert "Traceback" in ended.shown
    assert SECRET not in ended.shown


WAITING = """
import sys
from anonspark.config.load import load_job
from anonspark.io.job_files import read_text
from anonspark.io.session import open_session
from anonspark.pipelines.run import run

def wait(step):
    if step.name == "apply":
        print("writing", flush=True)
        sys.stdin.readline()

conf = dict(pair.split("=", 1) for pair in sys.argv[2:])
spark = open_session(master="local[2]", conf=conf, uris=[sys.argv[1]])
run(load_job(read_text(spark, sys.argv[1]), sys.argv[1]), spark, run_id="first", tell=wait)
"""
"""A run that stops before it writes until it is told to go on."""


@nightly
def test_of_two_runs_at_once_the_second_is_turned_away(server: S3Server, shell: Terminal) -> None:
    config = put_job(server)
    pairs = [f"{key}={value}" for key, value in server.spark_conf().items()]
    first = subprocess.Popen(
        [sys.executable, "-c", WAITING, config, *pairs],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert first.stdout is not None
    assert first.stdin is not None
    assert first.stdout.readline() == "writing\n"
    second = shell.anonymize(config, "--run-id", "second")
    assert (second.code, second.summary["error"]["type"]) == (1, "RunConflictError")
    assert second.sentence == f"Run first is writing s3a://{BUCKET}/out/released; start again when it has ended."
    first.communicate("go on\n", timeout=300)
    assert first.returncode == 0
    assert server.table("out/released").version() == 0
    third = shell.anonymize(config, "--run-id", "second")
    assert (third.code, server.table("out/released").version()) == (0, 1)
