"""Ctrl-C during a run: the run goes on in another thread, which the main one tells to stop.

Spark's own handler asks the JVM to cancel everything over the connection that waits for an answer at that moment; the
connection is lost, and with it the way to record the run, give the lease back and delete what was staged.
"""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from typing import Final, TypeVar

Result = TypeVar("Result")

LOOK_AGAIN_S: Final = 0.5
"""How long Ctrl-C waits to be heard. A job that starts right after the others were stopped is stopped the next time."""


def run_until_interrupted(work: Callable[[Callable[[], bool]], Result], cancel: Callable[[], None]) -> Result:
    """What the work returns or raises; after Ctrl-C it is told to stop and waited for.

    Args:
        work: Takes the check that says whether to stop.
        cancel: Stops the Spark work that is under way; called again until the work has ended.
    """
    interrupted = Event()
    with heard_by(interrupted), ThreadPoolExecutor(1, "run") as pool:
        running = pool.submit(work, interrupted.is_set)
        while not is_over(running):
            if interrupted.is_set():
                cancel()
        return running.result()


def is_over(running: "Future[Result]") -> bool:
    """Whether the work has ended; waits a moment for it."""
    try:
        running.exception(LOOK_AGAIN_S)
    except TimeoutError:
        return False
    return True


@contextmanager
def heard_by(interrupted: Event) -> Iterator[None]:
    """Within the block Ctrl-C sets the event and does nothing else."""
    if current_thread() is not main_thread():  # only the main one takes signals
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
