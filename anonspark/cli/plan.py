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
    set_up_logging,
    speaks_json_only,
    tell_error,
    uris_of,
)
from anonspark.cli.interrupt import run_until_interrupted
from anonspark.cli.progress import following
from anonspark.cli.show_plan import show_plan
from anonspark.config.load import load_job
from anonspark.errors import AnonsparkError, GoalNotMetError, InputError, RunCancelledError
from anonspark.io.job_files import is_local, read_local_text, read_text
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
    local = is_local(command.config)
    if local:
        job = load_job(read_local_text(command.config), command.config, command.settings)
    # Only now: a job file with faults is told so before pyspark is loaded.
    from anonspark.io.session import open_session
    from anonspark.pipelines.plan import make_plan
    from anonspark.pipelines.run import stop_spark_work

    tell(Step("start", "opening a Spark session"))
    uris = uris_of(job) if local else [command.config]
    spark = open_session(master=command.master, conf=command.spark_conf, uris=uris, debug=command.debug)
    if not local:
        job = load_job(read_text(spark, command.config), command.config, command.settings)
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
