import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from deltalake import DeltaTable

from anonspark.cli.interrupt import run_until_interrupted
from anonspark.sample import write_sample


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_work_that_nobody_interrupts_returns_or_raises_as_it_is() -> None:
    assert run_until_interrupted(lambda stop: stop(), cancel=press_ctrl_c) is False
    with pytest.raises(ZeroDivisionError):
        run_until_interrupted(lambda stop: 1 / stop(), cancel=press_ctrl_c)


def test_after_ctrl_c_the_work_is_told_to_stop_and_cancelled_until_it_has_ended() -> None:
    cancelled = threading.Semaphore(0)

    def work(stop: Callable[[], bool]) -> bool:
        press_ctrl_c()
        # The first call comes too early for what starts right after it.
        return all(cancelled.acquire(timeout=30) for _ in range(2)) and stop()

    assert run_until_interrupted(work, cancel=cancelled.release) is True


def test_afterwards_ctrl_c_does_what_it_did_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    run_until_interrupted(lambda stop: stop(), cancel=press_ctrl_c)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.spark
def test_ctrl_c_during_a_spark_job_ends_with_130_and_leaves_nothing_but_its_record(tmp_path: Path) -> None:
    job = write_sample(tmp_path)
    arguments = ["anonymize", "--config", str(job), "--run-id", "r1", "--summary", str(tmp_path / "s.json")]
    command = [sys.executable, "-c", "from anonspark.cli.main import main; main()", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stderr is not None
        before = next(line for line in process.stderr if line.startswith(("classes", "Error")))
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the JVM too
        after = process.stderr.read()
    assert before.startswith("classes")
    assert process.returncode == 130
    assert after == "Error: The run was cancelled; nothing was published.\n"
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["status"] == "cancelled"
    assert set(DeltaTable(tmp_path / "_anonspark/runs").to_pandas()["state"]) == {"running", "cancelled"}
    assert not (tmp_path / "released").exists()
