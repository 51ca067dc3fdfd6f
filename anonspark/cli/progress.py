"""Where a run is, on stderr: one bar on a terminal, else a line a step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from anonspark.pipelines.follow import STEPS, Step


@contextmanager
def following(console: Console) -> Iterator[Callable[[Step], None]]:
    """A function that shows each step; a bar is gone when the block ends."""
    if not console.is_terminal:
        yield line_a_step()
        return
    # The messages are no markup: a name in brackets would vanish, and [/] would be an error.
    text = TextColumn("{task.description}", markup=False)
    with Progress(BarColumn(bar_width=24), TimeElapsedColumn(), text, console=console, transient=True) as bar:
        task = bar.add_task("", total=len(STEPS))
        yield lambda step: bar.update(task, completed=steps_done(step), description=f"{step.name}: {step.message}")


def steps_done(step: Step) -> float:
    """How much of the run lies behind, in steps.

    >>> steps_done(Step("search", "", 0.5))
    2.5
    """
    return (STEPS.index(step.name) if step.name in STEPS else 0) + (step.share or 0.0)


def line_a_step() -> Callable[[Step], None]:
    """A function that prints a line when a step begins, and nothing of what happens within it."""
    last = ""

    def tell(step: Step) -> None:
        nonlocal last
        if step.name != last:
            typer.echo(f"{step.name}: {step.message}", err=True)
        last = step.name

    return tell
