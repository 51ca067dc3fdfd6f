"""How a caller follows and stops a run."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter, process_time

from anonspark.errors import RunCancelledError

STEPS = ("read", "classes", "search", "apply", "verify", "gate", "publish")


@dataclass(frozen=True, slots=True)
class Step:
    """Where a run is.

    Attributes:
        name: One of `STEPS`, or one of the kind of job's own.
        message: What is known by now, in counts and names.
        share: Of the step, in [0, 1]; None where nobody can tell.
    """

    name: str
    message: str
    share: float | None = None


def silent(step: Step) -> None:
    """Follow nothing."""


def never() -> bool:
    """Do not stop."""
    return False


class Follower:
    """Tells the caller where a run is, stops it when the caller says so, and measures its steps."""

    def __init__(self, tell: Callable[[Step], None] = silent, stop: Callable[[], bool] = never) -> None:
        """Take the progress callback, and the check that is asked before and within every step."""
        self._tell, self._stop = tell, stop
        self._step, self._since, self._cpu_since = "", perf_counter(), process_time()
        self._began = self._since
        self.seconds: dict[str, float] = dict.fromkeys((*STEPS, "search_cpu"), 0.0)

    def enter(self, name: str, message: str) -> None:
        """A step begins, and the one before ends.

        Raises:
            RunCancelledError: The caller stops the run.
        """
        self.leave()
        self._step = name
        self.report(message)

    def report(self, message: str, share: float | None = None) -> None:
        """News within a step.

        Raises:
            RunCancelledError: The caller stops the run.
        """
        if self._stop():
            raise RunCancelledError
        self._tell(Step(self._step, message, share))

    def is_stopped(self) -> bool:
        """Whether the caller has stopped the run."""
        return self._stop()

    def finish(self) -> None:
        """From here on nothing stops the run: what is published cannot be cancelled any more."""
        self._stop = never

    def leave(self) -> None:
        """The step is over."""
        now, cpu = perf_counter(), process_time()
        if self._step:
            self.seconds[self._step] = self.seconds.get(self._step, 0.0) + now - self._since
        if self._step == "search":
            self.seconds["search_cpu"] += cpu - self._cpu_since
        self._step, self._since, self._cpu_since = "", now, cpu

    def timings(self) -> dict[str, float]:
        """Seconds by step, and in all since the run began."""
        return {**self.seconds, "total": perf_counter() - self._began}
