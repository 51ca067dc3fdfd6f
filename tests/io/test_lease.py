"""A table has one writer; who lost the lease cannot commit."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from anonspark.errors import EnvironmentProblem, RunConflictError
from anonspark.io.lease import (
    LeaseRecord,
    acquire,
    encode,
    lease,
    lease_holder,
    this_process,
)
from anonspark.io.lease_store import FileLeases, LeaseStore, S3Leases
from anonspark.io.object_store import Storage

ELSEWHERE = "another-host/pid:[1]/1"


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, str]]:
    """A bucket of a local S3 server, as options of a Storage."""
    import boto3

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    options = {
        "aws_endpoint_url": f"http://{host}:{port}",
        "aws_access_key_id": "testing",
        "aws_secret_access_key": "testing",
        "aws_region": "us-east-1",
        "aws_virtual_hosted_style_request": "false",
    }
    client = boto3.client(
        "s3",
        endpoint_url=options["aws_endpoint_url"],
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    client.create_bucket(Bucket="lake")
    yield options
    server.stop()


@pytest.fixture(params=["file", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """A place for the lease of one test."""
    if request.param == "file":
        return Storage(str(tmp_path / "leases" / "adult"))
    return Storage(f"s3://lake/{tmp_path.name}/leases/adult", request.getfixturevalue("bucket"))


def store_of(storage: Storage) -> LeaseStore:
    return FileLeases(storage.uri) if storage.scheme == "file" else S3Leases(storage)


def test_a_number_is_taken_once(storage: Storage) -> None:
    store = store_of(storage)
    assert store.create(1, b"mine")
    assert not store.create(1, b"yours")
    assert store.read(1) == b"mine"
    assert store.read(2) is None


def test_the_second_writer_is_told_which_run_is_writing(storage: Storage) -> None:
    clock = Clock()
    with lease(storage, "out/adult", "first", clock):
        assert lease_holder(storage, "out/adult", clock) == "first"
        with (
            pytest.raises(RunConflictError, match="Run first is writing out/adult"),
            lease(storage, "out/adult", "second", clock),
        ):
            pass
    assert lease_holder(storage, "out/adult", clock) is None


def test_a_lease_that_was_given_back_is_free_and_its_number_goes_up(storage: Storage) -> None:
    clock = Clock()
    with lease(storage, "out/adult", "first", clock) as first:
        first.check()
    with lease(storage, "out/adult", "second", clock) as second:
        second.check()
        assert second.fence == first.fence + 1
    with pytest.raises(RunConflictError, match="lost its lease"):
        first.check()


def test_a_holder_that_slept_past_its_lease_is_fenced_off(storage: Storage) -> None:
    clock = Clock()
    sleeper = acquire(store_of(storage), "out/adult", "sleeper", clock, ttl_s=10)
    clock.now += 11
    awake = acquire(store_of(storage), "out/adult", "awake", clock, ttl_s=10)
    sleeper.renew()
    with pytest.raises(RunConflictError, match="lost its lease"):
        sleeper.check()
    sleeper.give_back()
    awake.check()
    assert lease_holder(storage, "out/adult", clock) == "awake"


def test_a_holder_that_slept_may_go_on_only_after_it_renewed(storage: Storage) -> None:
    clock = Clock()
    sleeper = acquire(store_of(storage), "out/adult", "sleeper", clock, ttl_s=10)
    clock.now += 11
    with pytest.raises(RunConflictError, match="lost its lease"):
        sleeper.check()
    sleeper.renew()
    sleeper.check()


def test_a_run_on_another_machine_keeps_its_lease_until_it_runs_out(storage: Storage) -> None:
    clock = Clock()
    store_of(storage).create(4, encode(LeaseRecord(4, "far", clock.now + 10, ELSEWHERE)))
    with pytest.raises(RunConflictError, match="Run far"):
        acquire(store_of(storage), "out/adult", "near", clock, ttl_s=10)
    clock.now += 10
    assert acquire(store_of(storage), "out/adult", "near", clock, ttl_s=10).fence == 5


def test_a_run_killed_on_this_machine_frees_the_table_at_once(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    process = f"{this_process().rpartition('/')[0]}/{ended.pid}"
    store = FileLeases(str(tmp_path / "adult"))
    store.create(1, encode(LeaseRecord(1, "killed", time.time() + 3600, process)))
    assert acquire(store, "out/adult", "next", time.time, ttl_s=10).fence == 2


def test_of_many_writers_at_once_one_gets_the_lease(storage: Storage) -> None:
    start = threading.Barrier(8)

    def attempt(number: int) -> int:
        store = store_of(storage)
        start.wait()
        try:
            return acquire(store, "out/adult", f"r{number}", time.time, ttl_s=60).fence
        except RunConflictError:
            return 0

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(attempt, range(8))) == [0] * 7 + [1]


def test_a_thread_renews_the_lease_while_the_run_works(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path / "adult"))
    with lease(storage, "out/adult", "slow", time.time, ttl_s=0.3) as held:
        time.sleep(1)
        held.check()
        with pytest.raises(RunConflictError, match="Run slow"):
            acquire(FileLeases(storage.uri), "out/adult", "other", time.time, ttl_s=1)


def test_renewing_survives_a_storage_that_fails_for_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = iter([True, True])

    def flaky(store: FileLeases, fence: int, body: bytes) -> None:
        if next(failures, False):
            raise OSError
        original(store, fence, body)

    original = FileLeases.rewrite
    monkeypatch.setattr(FileLeases, "rewrite", flaky)
    with lease(Storage(str(tmp_path / "adult")), "out/adult", "r1", time.time, ttl_s=0.6) as held:
        before = held.record.expires_at
        time.sleep(0.9)
        assert held.record.expires_at > before


def test_an_error_in_the_block_gives_the_lease_back(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path / "adult"))
    with pytest.raises(ValueError, match="boom"), lease(storage, "out/adult", "r1", time.time):
        raise ValueError("boom")
    assert lease_holder(storage, "out/adult", time.time) is None


def test_stores_that_exclude_commits_themselves_need_no_lease() -> None:
    azure = Storage("abfss://c@account.dfs.core.windows.net/out")
    with lease(azure, "out", "r1", time.time) as held:
        held.check()
        assert held.fence == 0


def test_a_storage_that_only_spark_reaches_is_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    with lease(None, "hdfs:/out", "r1", time.time) as held:
        held.check()
    assert "one run writes at a time" in caplog.text


def test_a_missing_boto3_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(EnvironmentProblem, match=r"pip install 'anonspark\[s3\]'"):
        S3Leases(Storage("s3://lake/leases/adult"))
