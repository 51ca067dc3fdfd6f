"""On S3 a commit is a conditional put: two drivers cannot both win."""

import io
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.config import Config
from pyspark.sql.types import LongType, StructField, StructType

from anonspark.domain.sources import TableTarget
from anonspark.errors import RunConflictError
from anonspark.io.delta_log import Published, delta_table, release_label, released
from anonspark.io.manifest import RunRow, begin_run, last_state
from anonspark.io.metadata_tables import DriverTables
from anonspark.io.object_store import Storage
from anonspark.io.publish import commit_files
from anonspark.io.stage import StagedFiles
from anonspark.vocabulary import RunState

SCHEMA = StructType([StructField("id", LongType())])
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
TARGET = TableTarget(uri="s3a://lake/out")


def unfenced() -> None:
    """No lease is taken in these tests."""


@pytest.fixture
def bucket() -> Iterator[Storage]:
    """An empty bucket of a local S3 server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # A process of its own: the Delta library keeps the interpreter's lock while it waits for an answer.
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    options = {
        "aws_endpoint_url": f"http://127.0.0.1:{port}",
        "aws_access_key_id": "testing",
        "aws_secret_access_key": "testing",
        "aws_region": "us-east-1",
        "aws_allow_http": "true",
        "aws_virtual_hosted_style_request": "false",
        "aws_conditional_put": "etag",
    }
    client(options).create_bucket(Bucket="lake")
    yield Storage("s3://lake/out", options)
    server.terminate()
    server.wait()


def client(options: dict[str, str]):
    return boto3.client(
        "s3",
        endpoint_url=options["aws_endpoint_url"],
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        region_name="us-east-1",
        config=Config(retries={"max_attempts": 20, "mode": "standard"}, connect_timeout=5),  # the server is starting
    )


def staged(storage: Storage, run_id: str, ids: list[int], epoch: int = 0) -> StagedFiles:
    """A release of these ids as Spark would have staged it."""
    file = io.BytesIO()
    pq.write_table(pa.table({"id": ids}), file)
    key = f"out/anonspark-{run_id}/1/part-0.parquet"
    client(storage.options_dict()).put_object(Bucket="lake", Key=key, Body=file.getvalue())
    return StagedFiles(TARGET, run_id, f"s3a://lake/out/anonspark-{run_id}/1", SCHEMA, epoch)


def ids(storage: Storage) -> list[int]:
    return sorted(delta_table(storage).to_pyarrow_table()["id"].to_pylist())


def test_the_server_refuses_to_put_a_key_that_exists(bucket: Storage) -> None:
    s3 = client(bucket.options_dict())
    s3.put_object(Bucket="lake", Key="k", Body=b"1", IfNoneMatch="*")
    with pytest.raises(s3.exceptions.ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="lake", Key="k", Body=b"2", IfNoneMatch="*")


def test_a_release_is_published_and_replaced(bucket: Storage) -> None:
    commit_files(staged(bucket, "r1", [1, 2]), bucket, None, unfenced, release_label("r1"))
    commit_files(staged(bucket, "r2", [3], epoch=1), bucket, delta_table(bucket), unfenced, release_label("r2", 7))
    table = delta_table(bucket)
    assert ids(bucket) == [3]
    assert (released(table, "r1"), released(table, "r2")) == (Published(0), Published(1, 7))


def test_of_many_first_publishes_at_once_one_creates_the_table(bucket: Storage) -> None:
    attempts = [staged(bucket, f"r{n}", [n]) for n in range(4)]

    def attempt(release: StagedFiles) -> bool:
        try:
            commit_files(release, bucket, None, unfenced, release_label(release.run_id))
        except RunConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(attempt, attempts))
    assert won.count(True) == 1
    assert ids(bucket) == [won.index(True)]


def test_staged_files_are_listed_and_deleted(bucket: Storage) -> None:
    staged(bucket, "r1", [1])
    staged(bucket, "r2", [1])
    assert sorted(bucket.children()) == ["anonspark-r1", "anonspark-r2"]
    bucket.delete("anonspark-r1")
    bucket.delete("anonspark-r1")
    assert bucket.children() == ["anonspark-r2"]


def test_the_run_record_is_kept_in_a_bucket(bucket: Storage) -> None:
    tables = DriverTables(replace(bucket, uri="s3://lake/meta"))
    started = begin_run(tables, RunRow("r1", "anonymize", RunState.RUNNING, NOON, config_hash="abc"))
    assert last_state(tables, "r1") == started
