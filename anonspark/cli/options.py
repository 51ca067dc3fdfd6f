"""The options that commands share, and what is made of them.

What a command does is imported when it is done, so that `--help` and a misspelt option are answered at once.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from anonspark.cli.execute import Command

Debug = Annotated[
    bool, typer.Option("--debug", help="Show tracebacks and Spark's own log; both can quote cells of the data.")
]
Master = Annotated[
    str | None, typer.Option("--master", metavar="M", help="Spark's master: local[4], spark://..., sc://...")
]
SparkConf = Annotated[
    list[str] | None, typer.Option("--spark-conf", metavar="K=V", help="A Spark setting; may be repeated.")
]

Config = Annotated[str, typer.Option("--config", metavar="FILE", help="The job file: a path or any URI.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="A.B[0]=YAML", help="Replace one value of the job file; may be repeated."),
]
RunId = Annotated[
    str | None,
    typer.Option("--run-id", metavar="ID", help="Name the run; one that is complete is told again, not repeated."),
]
SummaryFile = Annotated[
    Path | None,
    typer.Option("--summary", metavar="FILE", help="Write the summary as JSON there, of a failed run too."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout instead of tables.")]


def command_of(
    job: str,
    config: str,
    settings: Sequence[str] | None,
    run_id: str | None,
    summary: Path | None,
    as_json: bool,
    debug: bool,
    master: str | None,
    spark_conf: Sequence[str] | None,
) -> "Command":
    """What the options that all kinds of job have ask for."""
    from anonspark.cli.execute import Command

    return Command(
        job=job,
        config=config,
        settings=tuple(settings or ()),
        run_id=run_id,
        summary=summary,
        as_json=as_json,
        debug=debug,
        master=master,
        spark_conf=pairs_of(spark_conf or ()),
    )


def execute(command: "Command") -> NoReturn:
    """Run a job, and end with its exit code."""
    from anonspark.cli.execute import execute as run

    raise typer.Exit(run(command))


def pairs_of(settings: Sequence[str]) -> dict[str, str]:
    """Spark's settings, each written as key=value.

    Raises:
        BadParameter: One is not.
    """
    pairs = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            # A setting can be a secret, so that it is not repeated.
            raise typer.BadParameter("write a setting as key=value.", param_hint="--spark-conf")
        pairs[key.strip()] = value
    return pairs


def of_job_file(job: str, help_text: str) -> Callable[..., None]:
    """The command of a job that its file describes alone."""

    def command(
        config: Config,
        settings: Settings = None,
        run_id: RunId = None,
        summary: SummaryFile = None,
        as_json: AsJson = False,
        debug: Debug = False,
        master: Master = None,
        spark_conf: SparkConf = None,
    ) -> None:
        execute(command_of(job, config, settings, run_id, summary, as_json, debug, master, spark_conf))

    command.__doc__ = help_text
    return command


def require_one_source(tables: object, config: str | None, of_table: Mapping[str, object]) -> None:
    """Refuse a command that names no table, or one beside a job file.

    Raises:
        BadParameter: Saying what to leave out.
    """
    if bool(tables) == (config is not None):
        raise typer.BadParameter("name a TABLE, or a job file with --config.")
    if config is not None and any(value is not None for value in of_table.values()):
        raise typer.BadParameter("the job file says this; change its values with --set.", param_hint="--config")
