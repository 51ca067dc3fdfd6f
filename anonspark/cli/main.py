"""The `anonspark` command: what can be asked of it.

What a command does is imported when it is done, so that `--help` and a misspelt option are answered at once.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from anonspark import __version__

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help needs 0.2 s; boxes cost as much again
    pretty_exceptions_enable=False,  # they print local variables, which can hold cells
)

Debug = Annotated[
    bool, typer.Option("--debug", help="Show tracebacks and Spark's own log; both can quote cells of the data.")
]
Master = Annotated[
    str | None, typer.Option("--master", metavar="M", help="Spark's master: local[4], spark://..., sc://...")
]
SparkConf = Annotated[
    list[str] | None, typer.Option("--spark-conf", metavar="K=V", help="A Spark setting; may be repeated.")
]


def show_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        typer.echo(f"anonspark {__version__}")
        raise typer.Exit


@app.callback()
def anonspark(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Release tables of personal data so that nobody in them can be found, on Apache Spark.

    Exit codes: 0 done; 2 the input, the configuration or an argument is wrong; 3 the data cannot be released as asked;
    130 cancelled; 1 anything else.
    """


@app.command()
def anonymize(
    config: Annotated[str, typer.Option("--config", metavar="FILE", help="The job file: a path or any URI.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="A.B[0]=YAML", help="Replace one value of the job file; may be repeated."),
    ] = None,
    run_id: Annotated[
        str | None,
        typer.Option("--run-id", metavar="ID", help="Name the run; one that is complete is told again, not repeated."),
    ] = None,
    summary: Annotated[
        Path | None,
        typer.Option("--summary", metavar="FILE", help="Write the summary as JSON there, of a failed run too."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON on stdout instead of tables.")
    ] = False,
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Write the least lossy release of a table.

    A job file says which columns others may know, how they may be coarsened and which privacy models must hold.
    """
    from anonspark.cli.execute import Command, execute

    command = Command(
        config=config,
        settings=tuple(settings or ()),
        run_id=run_id,
        summary=summary,
        as_json=as_json,
        debug=debug,
        master=master,
        spark_conf=_pairs(spark_conf or ()),
    )
    raise typer.Exit(execute(command))


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where the sample and its release go.")] = Path(
        "anonspark-demo"
    ),
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Anonymize a hospital's made-up patients.

    The sample of 20,000, its hierarchies, its job file and its release go into a folder of their own.
    """
    from anonspark.cli.demo import demonstrate

    raise typer.Exit(demonstrate(folder, debug=debug, master=master, spark_conf=_pairs(spark_conf or ())))


@app.command()
def plan(
    config: Annotated[str, typer.Option("--config", metavar="FILE", help="The job file: a path or any URI.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="A.B[0]=YAML", help="Replace one value of the job file; may be repeated."),
    ] = None,
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", min=1, help="Look at the first N rows only, and guess.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the plan as JSON on stdout instead of tables.")
    ] = False,
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Tell what a job will do, what that will cost and everything that is wrong with it.

    Nothing is written, and the input is read once. Ends with 2 if the job or its data is wrong, with 3 if no release is
    possible.
    """
    from anonspark.cli.execute import Command
    from anonspark.cli.plan import tell_plan

    command = Command(
        config=config,
        settings=tuple(settings or ()),
        as_json=as_json,
        debug=debug,
        master=master,
        spark_conf=_pairs(spark_conf or ()),
    )
    raise typer.Exit(tell_plan(command, sample))


@app.command()
def explain(
    run: Annotated[str, typer.Option("--run", metavar="ID", help="The run that made the release.")],
    metadata: Annotated[str, typer.Option("--metadata", metavar="URI", help="Where its metadata tables lie.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the explanation as JSON on stdout instead of tables.")
    ] = False,
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Tell why a run released what it did.

    What fails one level lower, which generalizations come next, and why records are suppressed. The input is read once
    more, and nothing is written.
    """
    from anonspark.cli.execute import Command
    from anonspark.cli.explain import tell_explanation

    command = Command(config=metadata, as_json=as_json, debug=debug, master=master, spark_conf=_pairs(spark_conf or ()))
    raise typer.Exit(tell_explanation(command, run))


@app.command()
def schema(
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write it there instead of on stdout.")
    ] = None,
) -> None:
    """Print the JSON Schema of job files, for editors.

    A job file that begins with `# yaml-language-server: $schema=FILE` is completed, explained and checked by it.
    """
    from anonspark.cli.schema import tell_schema

    raise typer.Exit(tell_schema(output))


def _pairs(settings: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            # A setting can be a secret, so that it is not repeated.
            raise typer.BadParameter("write a setting as key=value.", param_hint="--spark-conf")
        pairs[key.strip()] = value
    return pairs


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the arguments ask for, those of the process where none are given; ends with SystemExit."""
    app(args=arguments, prog_name="anonspark")
