import pytest

from anonspark.errors import RunCancelledError
from anonspark.pipelines import follow
from anonspark.pipelines.follow import STEPS, Follower, Step


class Clocks:
    """Wall and CPU seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.wall = 100.0
        self.cpu = 7.0

    def spend(self, wall: float, cpu: float = 0.0) -> None:
        self.wall += wall
        self.cpu += cpu


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    clocks = Clocks()
    monkeypatch.setattr(follow, "perf_counter", lambda: clocks.wall)
    monkeypatch.setattr(follow, "process_time", lambda: clocks.cpu)
    return clocks


def test_the_caller_is_told_of_every_step_and_of_news_within_it() -> None:
    told: list[Step] = []
    follower = Follower(told.append)
    follower.enter("search", "begins")
    follower.report("half way", 0.5)
    follower.enter("apply", "writes")
    assert told == [Step("search", "begins"), Step("search", "half way", 0.5), Step("apply", "writes")]


def test_each_step_is_measured_from_its_beginning_to_the_next(clocks: Clocks) -> None:
    follower = Follower()
    clocks.spend(1)
    follower.enter("read", "")
    clocks.spend(2, cpu=1)
    follower.enter("search", "")
    clocks.spend(4, cpu=3)
    follower.leave()
    clocks.spend(8, cpu=8)
    follower.enter("publish", "")
    clocks.spend(16)
    follower.leave()
    assert follower.timings() == {
        **dict.fromkeys(STEPS, 0.0),
        "read": 2.0,
        "search": 4.0,
        "search_cpu": 3.0,
        "publish": 16.0,
        "total": 31.0,
    }


def test_a_step_that_is_entered_twice_is_added_up(clocks: Clocks) -> None:
    follower = Follower()
    for _ in range(2):
        follower.enter("classes", "")
        clocks.spend(3)
    follower.leave()
    follower.leave()
    assert follower.timings()["classes"] == 6.0


def test_a_caller_who_says_stop_is_heard_before_a_step_and_within_it() -> None:
    told: list[Step] = []
    stop = False
    follower = Follower(told.append, lambda: stop)
    follower.enter("read", "")
    stop = True
    for news in (lambda: follower.report("news"), lambda: follower.enter("search", "")):
        with pytest.raises(RunCancelledError):
            news()
    assert told == [Step("read", "")]


def test_nothing_stops_a_run_that_is_published() -> None:
    told: list[Step] = []
    follower = Follower(told.append, lambda: True)
    follower.finish()
    follower.enter("publish", "recording")
    assert told == [Step("publish", "recording")]


def test_a_run_that_nobody_follows_runs() -> None:
    follower = Follower()
    follower.enter("read", "")
    follower.report("news", 1.0)
    follower.leave()
    assert set(follower.timings()) == {*STEPS, "search_cpu", "total"}
