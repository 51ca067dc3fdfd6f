"""The `anonspark` command: what can be asked of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from anonspark import __version__
from anonspark.cli.options import (
    AsJson,
    Config,
    Debug,
    Master,
    RunId,
    Settings,
    SparkConf,
    SummaryFile,
    command_of,
    execute,
    of_job_file,
    pairs_of,
    require_one_source,
)
from anonspark.cli.personal_data import personal_data

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help needs 0.2 s; boxes cost as much again
    pretty_exceptions_enable=False,  # they print local variables, which can hold cells
)

OF_JOB_FILES: Final = {
    "anonymize": """Write the least lossy release of a table.

A job file says which columns others may know, how they may be coarsened and which privacy models must hold.
""",
    "apply": """Release a table at the levels that an earlier run found.

Nothing is searched; classes that are unsafe in this table are suppressed, or the run is refused.
""",
    "validate": """Say whether a table satisfies privacy models, and where it does not.

The table is taken as it is. One that is not valid ends with exit code 3.
""",
    "measure": """Hold a release against its original.

What each column and the whole lost, how far distributions and associations moved, and whether a classifier still
predicts a column.
""",
}
"""What the commands do that need a job file and nothing else."""


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

    Exit codes: 0 done; 2 the input, the configuration or an argument is wrong; 3 the goal is not met, such as no safe
    release; 130 cancelled; 1 anything else.
    """


for name, help_text in OF_JOB_FILES.items():
    app.command(name)(of_job_file(name, help_text))


@app.command()
def risk(
    table: Annotated[
        str | None, typer.Argument(metavar="[TABLE]", help="A file to measure without a job file.", show_default=False)
    ] = None,
    config: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="The job file: a path or any URI.")
    ] = None,
    quasi_identifiers: Annotated[
        list[str] | None, typer.Option("--qi", metavar="A,B", help="TABLE's columns that others may know.")
    ] = None,
    suppress_value: Annotated[
        str | None,
        typer.Option("--suppress-value", metavar="V", help="What suppressed rows of TABLE hold, usually *."),
    ] = None,
    population_size: Annotated[
        int | None, typer.Option("--population-size", metavar="N", help="How many people TABLE could be about.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", metavar="P", help="Chance above which a record is at risk."),
    ] = None,
    settings: Settings = None,
    run_id: RunId = None,
    summary: SummaryFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Measure how easily the people of a table are found.

    A job file names the table and the columns that others may know, and its release, to see both side by side. For a
    first look TABLE and --qi do: the separator and the encoding of a CSV are guessed.
    """
    of_table = {
        "suppress_value": suppress_value,
        "population_size": population_size,
        "risk_threshold": threshold,
        "quasi_identifiers": quasi_identifiers or None,
    }
    require_one_source(table, config, of_table)
    command = command_of("risk", config or "", settings, run_id, summary, as_json, debug, master, spark_conf)
    execute(command if table is None else replace(command, tables=(table,), of_table=of_table))


app.add_typer(personal_data)


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

    raise typer.Exit(demonstrate(folder, debug=debug, master=master, spark_conf=pairs_of(spark_conf or ())))


@app.command()
def report(
    run_id: Annotated[str, typer.Option("--run", metavar="ID", help="The run, complete or failed.")],
    metadata: Annotated[
        str, typer.Option("--metadata", metavar="URI", help="Its metadata tables, _anonspark beside the output.")
    ],
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="Where the HTML goes.")] = Path(
        "report.html"
    ),
    pdf: Annotated[Path | None, typer.Option("--pdf", metavar="FILE", help="Write it as PDF there too.")] = None,
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Tell in one HTML file whether a release is safe, why, and what it cost.

    The file needs nothing else, and holds no value of the data. Metadata tables of this machine are read without Spark.
    """
    from anonspark.cli.report import ReportCommand
    from anonspark.cli.report import report as write

    command = ReportCommand(
        run_id=run_id,
        metadata=metadata,
        output=output,
        pdf=pdf,
        debug=debug,
        master=master,
        spark_conf=pairs_of(spark_conf or ()),
    )
    raise typer.Exit(write(command))


@app.command()
def plan(
    config: Config,
    settings: Settings = None,
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
    from anonspark.cli.plan import tell_plan

    command = command_of("anonymize", config, settings, None, None, as_json, debug, master, spark_conf)
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
    from anonspark.cli.explain import tell_explanation

    command = command_of("anonymize", metadata, None, None, None, as_json, debug, master, spark_conf)
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the arguments ask for, those of the process where none are given; ends with SystemExit."""
    app(args=arguments, prog_name="anonspark")
