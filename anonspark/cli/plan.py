"""`anonspark plan`: a dry run, and what it found."""

import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any
from uuid import uuid4

import typer
from rich.console import Console

from anonspark.cli.execute import (
    UNEXPECTED_EXIT,
    Command,
    open_job,
    set_up_logging,
    speaks_json_only,
    tell_error,
)
from anonspark.cli.interrupt import run_until_interrupted
from anonspark.cli.progress import following
from anonspark.cli.show_plan import show_plan
from anonspark.config.job import AnonymizeJob
from anonspark.errors import AnonsparkError, GoalNotMetError, InputError, RunCancelledError
from anonspark.pipelines.follow import Step, silent


def tell_plan(command: Command, sample: int | None) -> int:
    """Make the plan of a job, tell it, and return the exit code."""
    set_up_logging(command.debug)
    try:
        with nullcontext(silent) if speaks_json_only(command) else following(Console(stderr=True)) as tell:
            made = plan_job(command, sample, tell)
    # Whatever goes wrong ends as one sentence and a code; Ctrl-C is no Exception.
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001
        ended = RunCancelledError() if isinstance(error, KeyboardInterrupt) else error
        if not speaks_json_only(command):
            tell_error(ended, command.debug)
        if command.as_json and isinstance(ended, InputError | GoalNotMetError):
            typer.echo(json.dumps(problems_of(ended), indent=2))
        return ended.exit_code if isinstance(ended, AnonsparkError) else UNEXPECTED_EXIT
    if command.as_json:
        typer.echo(json.dumps(made, indent=2))
    else:
        show_plan(made)
    return int(made["exit_code"])


def plan_job(command: Command, sample: int | None, tell: Callable[[Step], None]) -> Mapping[str, Any]:
    """Read the job file, open the session and look at what the job would use.

    Raises:
        AnonsparkError: See `errors.py`.
    """
    job, spark, _ = open_job(command, tell)
    if not isinstance(job, AnonymizeJob):
        raise TypeError("a plan is made of anonymize jobs, which the command asks for")
    from anonspark.pipelines.plan import make_plan
    from anonspark.pipelines.run import stop_spark_work

    plan_id = str(uuid4())
    return run_until_interrupted(
        lambda stop: make_plan(job, spark, sample=sample, plan_id=plan_id, tell=tell, stop=stop).to_dict(),
        cancel=lambda: stop_spark_work(spark, plan_id),
    )


def problems_of(error: InputError | GoalNotMetError) -> dict[str, Any]:
    """A plan that came no further than a fault."""
    from anonspark.pipelines.faults import Faults

    faults = Faults()
    with faults.caught():
        raise error
    return {"problems": faults.told(), "exit_code": faults.exit_code}
