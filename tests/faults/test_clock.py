"""F14: a clock that jumps makes no run happen twice and publishes nothing without a lease."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from anonspark.errors import InputError, RunConflictError
from anonspark.io.lease import TTL_S
from anonspark.pipelines import release as release_module
from anonspark.pipelines.follow import STEPS, Step
from anonspark.pipelines.run import run
from tests.pipelines.patients import N_ROWS, job_in, released, states, version
from tests.pipelines.test_append import append_in, bring, day, first_in

NOON = 1_800_000_000.0
DAY_S = 86_400.0


class Clock:
    """Seconds since 1970, which jump whenever a step begins."""

    def __init__(self, jump_s: Callable[[str], float], now: float = NOON) -> None:
        self.now, self.jump_s, self.step = now, jump_s, ""

    def __call__(self) -> float:
        return self.now

    def tell(self, step: Step) -> None:
        if step.name != self.step:
            self.step = step.name
            self.now += self.jump_s(step.name)


def once(step: str, jump_s: float) -> Callable[[str], float]:
    return lambda name: jump_s if name == step else 0.0


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("jump_s", [-DAY_S, TTL_S / 2], ids=["a day back", "half a lease ahead"])
def test_a_clock_that_goes_back_or_a_little_ahead_disturbs_no_run(
    spark: SparkSession, folder: Path, step: str, jump_s: float
) -> None:
    clock = Clock(once(step, jump_s))
    first = run(job_in(folder), spark, run_id="r1", clock=clock, tell=clock.tell)
    assert clock.now == NOON + jump_s
    assert run(job_in(folder), spark, run_id="r1", clock=clock) == first
    assert version(folder) == 0
    assert len(released(folder)) == N_ROWS
    assert states(folder, "r1") == ["running", "completed"]


@pytest.mark.parametrize("step", [step for step in STEPS if step != "publish"])
def test_a_clock_that_goes_a_day_ahead_ends_the_lease_and_the_run_comes_again(
    spark: SparkSession, folder: Path, step: str
) -> None:
    clock = Clock(once(step, DAY_S))
    with pytest.raises(RunConflictError, match="lost its lease"):
        run(job_in(folder), spark, run_id="r1", clock=clock, tell=clock.tell)
    assert version(folder) is None
    assert run(job_in(folder), spark, run_id="r1", clock=clock)["output"]["version"] == 0
    assert states(folder, "r1") == ["running", "failed", "running", "completed"]


def test_an_append_adds_what_is_new_though_the_clock_went_back_since_the_last_one(
    spark: SparkSession, tmp_path: Path
) -> None:
    bring(spark, tmp_path, day(0))
    run(first_in(tmp_path), spark, run_id="first", clock=lambda: NOON)
    bring(spark, tmp_path, day(1))
    run(append_in(tmp_path), spark, run_id="day-1", clock=lambda: NOON - DAY_S)
    bring(spark, tmp_path, day(2))
    summary = run(append_in(tmp_path), spark, run_id="day-2", clock=lambda: NOON - DAY_S / 2)
    assert summary["source"] == {"from_version": 1, "to_version": 2, "rows": 40}
    assert sorted(released(tmp_path)["cost"]) == list(range(N_ROWS))


def test_an_append_stops_at_one_that_died_though_the_clock_went_back_in_between(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(spark, tmp_path, day(0))
    run(first_in(tmp_path), spark, run_id="first", clock=lambda: NOON)
    bring(spark, tmp_path, day(1))
    with monkeypatch.context() as patch:
        patch.setattr(release_module, "record_solution", lambda *_: (_ for _ in ()).throw(RuntimeError("died")))
        with pytest.raises(RuntimeError):
            run(append_in(tmp_path), spark, run_id="tuesday", clock=lambda: NOON - DAY_S)
    with pytest.raises(InputError, match="'tuesday' has published"):
        run(append_in(tmp_path), spark, run_id="wednesday", clock=lambda: NOON - DAY_S / 2)
    assert sorted(released(tmp_path)["cost"]) == list(range(80))
