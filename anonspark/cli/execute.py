"""One job from the command line: its file, its session, its run, what is printed and with which code it ends."""

import json
import logging
import os
import traceback
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import typer
from rich.console import Console

from anonspark.cli.interrupt import run_until_interrupted
from anonspark.cli.on_a_table import job_on_tables
from anonspark.cli.progress import following
from anonspark.cli.show import show_summary
from anonspark.config.job_file import JobFile
from anonspark.config.load import JOBS, load_job
from anonspark.errors import AnonsparkError, GoalNotMetError, LocationError, RunCancelledError, sentence_of
from anonspark.io.job_files import is_local, read_local_text, read_text
from anonspark.pipelines.follow import Step, silent

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from anonspark.pipelines.summary import Summary

UNEXPECTED_EXIT: Final = 1

LOGGERS_OF_OTHERS: Final = ("py4j", "pyspark")
"""They tell Spark's own sentences, which can quote cells; silent without `--debug`."""


@dataclass(frozen=True, slots=True)
class Command:
    """What a command line asks for.

    Attributes:
        job: Which kind of job: `anonymize`, `risk`, ...
        config: Path or URI of the job file; empty where there is none.
        settings: `a.b[0]=yaml`, in order.
        run_id: Names the run; a new one where not given.
        summary: Where the summary goes as JSON.
        as_json: Print the summary instead of tables.
        debug: Show tracebacks and logs, which can quote cells.
        master: Spark's, instead of the profile's.
        spark_conf: On top of the profile's.
        tables: Paths or URIs of the tables that the job is about, where there is no job file.
        of_table: What the job file would say of them; None for what it would not.
    """

    job: str
    config: str
    settings: tuple[str, ...] = ()
    run_id: str | None = None
    summary: Path | None = None
    as_json: bool = False
    debug: bool = False
    master: str | None = None
    spark_conf: Mapping[str, str] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    of_table: Mapping[str, Any] = field(default_factory=dict)


def execute(command: Command, show: Callable[[Mapping[str, Any]], None] | None = None) -> int:
    """Run a job, tell what came of it, and return the exit code.

    Args:
        command: What to do.
        show: Prints the summary of a run that is complete; the result tables where not given.
    """
    set_up_logging(command.debug)
    run_id = command.run_id or str(uuid4())
    try:
        require_folder(command.summary)
        with nullcontext(silent) if speaks_json_only(command) else following(Console(stderr=True)) as tell:
            summary = run_job(command, run_id, tell)
    # Whatever goes wrong ends as one sentence and a code; Ctrl-C is no Exception.
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001
        ended = RunCancelledError() if isinstance(error, KeyboardInterrupt) else error
        if not speaks_json_only(command):
            tell_error(ended, command.debug)
        tell_summary(command, lambda: summary_of_failure(run_id, command.job, ended))
        return ended.exit_code if isinstance(ended, AnonsparkError) else UNEXPECTED_EXIT
    if not tell_summary(command, lambda: summary):
        return LocationError.exit_code
    if not command.as_json:
        (show or show_summary)(summary)
    # The only goal that a complete run can miss.
    return 0 if summary.get("is_valid", True) else GoalNotMetError.exit_code


def run_job(command: Command, run_id: str, tell: Callable[[Step], None]) -> "Summary":
    """Read the job file, open the session and run.

    Raises:
        AnonsparkError: See `errors.py`.
    """
    job, spark, doubts = open_job(command, tell)
    from anonspark.pipelines.run import run, stop_spark_work

    summary = run_until_interrupted(
        lambda stop: run(job, spark, run_id=run_id, tell=tell, stop=stop),
        cancel=lambda: stop_spark_work(spark, run_id),
    )
    return {**summary, "warnings": [*doubts, *summary["warnings"]]} if doubts else summary


def open_job(command: Command, tell: Callable[[Step], None]) -> "tuple[JobFile, SparkSession, tuple[str, ...]]":
    """Read the job file and open the session with the connectors of its URIs; third comes what is doubtful.

    The connectors are chosen when Spark starts: a job file that Spark itself has to read brings those of its own URI.

    Raises:
        AnonsparkError: See `errors.py`.
    """
    job, doubts = job_before_spark(command)
    # Only now: a job file with faults is told so before pyspark is loaded.
    from anonspark.io.session import open_session

    tell(Step("start", "opening a Spark session"))
    spark = open_session(
        master=command.master,
        conf=command.spark_conf,
        uris=[command.config] if job is None else job.uris(),
        debug=command.debug,
    )
    return (read_job(command, read_text(spark, command.config)) if job is None else job), spark, doubts


def job_before_spark(command: Command) -> tuple[JobFile | None, tuple[str, ...]]:
    """The job, unless only Spark reaches its file, and what is doubtful about a table without a job file.

    Raises:
        AnonsparkError: The file or the table is not there, or the job has faults.
    """
    if command.tables:
        text, doubts = job_on_tables(command.job, command.tables, command.of_table)
        return read_job(command, text), doubts
    return (read_job(command, read_local_text(command.config)) if is_local(command.config) else None), ()


def read_job(command: Command, text: str) -> JobFile:
    """The job of a file, of the kind that the command is for.

    Raises:
        ConfigurationError: Every fault at once.
    """
    return load_job(text, command.config, command.settings, kind=JOBS[command.job])


def speaks_json_only(command: Command) -> bool:
    """Whether nothing but the summary may be printed: spark-submit puts what goes to stderr on stdout too."""
    return command.as_json and not command.debug and "PYSPARK_GATEWAY_PORT" in os.environ


def require_folder(summary: Path | None) -> None:
    """Refuse a summary that could not be written once the work is done.

    Raises:
        LocationError: It is a folder, or its folder is not there.
    """
    if summary is not None and summary.is_dir():
        raise LocationError(f"--summary {summary} is a folder; name a file in it.", field="summary")
    if summary is not None and not summary.absolute().parent.is_dir():
        raise LocationError(f"--summary {summary} lies in a folder that does not exist; create it.", field="summary")


def tell_error(error: Exception, debug: bool) -> None:
    """One sentence on stderr, with `--debug` after the traceback."""
    if debug:
        typer.echo("".join(traceback.format_exception(error)), err=True)
    typer.echo(f"Error: {sentence_of(error)}", err=True)


def tell_summary(command: Command, summary: "Callable[[], Summary]") -> bool:
    """Write and print the summary where that was asked for; returns whether its file could be written."""
    if command.summary is None and not command.as_json:
        return True
    text = json.dumps(summary(), indent=2)
    if command.as_json:
        typer.echo(text)
    if command.summary is not None:
        try:
            command.summary.write_text(f"{text}\n", encoding="utf-8")
        except OSError:
            typer.echo(f"Error: the summary cannot be written to {command.summary}.", err=True)
            return False
    return True


def summary_of_failure(run_id: str, job: str, error: BaseException) -> "Summary":
    """The summary of a run that failed, also where it failed before it began."""
    from anonspark.pipelines.summary import failed_summary

    return failed_summary(run_id, job, error)


def set_up_logging(debug: bool) -> None:
    """Warnings of ours on stderr, with `--debug` everything; others are kept quiet without it."""
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    logging.getLogger("anonspark").setLevel(logging.DEBUG if debug else logging.WARNING)
    for name in LOGGERS_OF_OTHERS:
        logging.getLogger(name).setLevel(logging.WARNING if debug else logging.CRITICAL)
