"""F8: a disk that is full fails the run with a reason; the release stays, and with more room the run completes."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deltalake import DeltaTable

from tests.faults.killed import command, driver, wait_until
from tests.pipelines.patients import COLUMNS, job_dict, multiset, patients, released, version, write_csv

pytestmark = pytest.mark.nightly

CANARY = "CANARY-7431"
Small = Callable[[str], Path]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Small]:
    """Mounts a disk of the given size; skipped where that is not allowed."""
    mounted: list[Path] = []

    def mount(size: str) -> Path:
        place = tmp_path / f"disk{len(mounted)}"
        place.mkdir()
        if (
            os.geteuid() != 0
            or subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True, check=False
            ).returncode
        ):
            pytest.skip("mounting a small disk is not allowed here")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path) -> Path:
    """Write until nothing more fits; the file that takes the room."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(1 << 20))
            except OSError:
                return filler


def wide_patients(n_rows: int) -> list[list[str | None]]:
    """Patients with long names of diagnoses, none of which is like another: they do not compress."""
    rows = [list(row) for _ in range(n_rows // 120 + 1) for row in patients()][:n_rows]
    for place, row in enumerate(rows):
        row[3] = f"{CANARY} {os.urandom(400).hex()}" if place else row[3]
        row[5] = str(place)
    return rows


def ended(folder: Path, run_id: str, *more: str) -> tuple[int, dict[str, object], str]:
    """Exit code, summary and what was printed of the job in a folder."""
    summary = folder / f"{run_id}.json"
    arguments = command("anonymize", folder, run_id, "--summary", str(summary), *more)
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=600, check=False)
    return done.returncode, json.loads(summary.read_text(encoding="utf-8")), done.stdout + done.stderr


def write_job(folder: Path, source: str, output: Path) -> None:
    job = job_dict(
        input={"uri": source, "format": "csv", "schema": {"age": "int", "cost": "int"}},
        output={"uri": str(output / "out/released"), "format": "delta"},
        attributes=[each for each in job_dict()["attributes"] if each["name"] in ("name", "age", "zip")],
        privacy=[{"model": "k-anonymity", "k": 4}],
    )
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")


def test_an_output_that_is_full_keeps_its_release_until_there_is_room(tmp_path: Path, small_disk: Small) -> None:
    disk = small_disk("6m")
    write_csv(tmp_path / "few.csv", patients(), COLUMNS)
    write_job(tmp_path, "few.csv", disk)
    assert ended(tmp_path, "before")[0] == 0
    before = multiset(released(disk))

    write_csv(tmp_path / "many.csv", wide_patients(12_000), COLUMNS)
    write_job(tmp_path, "many.csv", disk)
    code, summary, said = ended(tmp_path, "r1")
    assert code in (1, 2)
    assert summary["status"] == "failed"
    assert [line for line in said.splitlines() if line.startswith("Error: ")] == [
        f"Error: file://{disk / 'out/released'} has no space left."
    ]
    assert CANARY not in said + json.dumps(summary)
    assert (version(disk), multiset(released(disk))) == (0, before)
    assert not list((disk / "out/released").glob("anonspark-r1/**/*.parquet"))

    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
    code, summary, said = ended(tmp_path, "r1")
    assert (code, summary["status"]) == (0, "completed"), said
    assert version(disk) == 1
    assert len(released(disk)) == 12_000
    runs = DeltaTable(disk / "out/_anonspark/runs").to_pandas().query("run_id == 'r1'")
    assert list(runs.sort_values("at")["state"])[-1] == "completed"


def test_a_full_disk_for_shuffles_fails_the_run_and_publishes_nothing(tmp_path: Path, small_disk: Small) -> None:
    disk = small_disk("1g")
    write_csv(tmp_path / "many.csv", wide_patients(12_000), COLUMNS)
    write_job(tmp_path, "many.csv", tmp_path)
    # Every long text is a combination of its own, and each is shuffled.
    job = json.loads((tmp_path / "job.json").read_text(encoding="utf-8"))
    job["attributes"].append({"name": "sex", "type": "quasi_identifier", "hierarchy": {"kind": "mask", "keep": [1]}})
    (tmp_path / "job.json").write_text(json.dumps(job), encoding="utf-8")
    summary = tmp_path / "summary.json"
    on_disk = ("--summary", str(summary), "--spark-conf", f"spark.local.dir={disk}")
    leases = tmp_path / "out/_anonspark/leases/released"
    with driver(command("anonymize", tmp_path, "r1", *on_disk), tmp_path) as process:
        # Spark itself has written by then what it needs to start.
        wait_until(lambda: process.poll() is not None or any(leases.glob("*.json")))
        filler = fill(disk)
        code = process.wait(600)
    said = (tmp_path / "driver.log").read_text(encoding="utf-8")
    assert code in (1, 2)
    assert "has no space left" in said
    assert json.loads(summary.read_text(encoding="utf-8"))["status"] == "failed"
    assert CANARY not in said + summary.read_text(encoding="utf-8")
    assert version(tmp_path) is None

    filler.unlink()
    code, told, said = ended(tmp_path, "r1", "--spark-conf", f"spark.local.dir={disk}")
    assert (code, told["status"]) == (0, "completed"), said
    assert len(released(tmp_path)) == 12_000
