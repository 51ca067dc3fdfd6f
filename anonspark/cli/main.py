"""The `anonspark` command: what can be asked of it.

What a command does is imported when it is done, so that `--help` and a misspelt option are answered at once.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from anonspark import __version__

if TYPE_CHECKING:
    from anonspark.cli.execute import Command

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

    Exit codes: 0 done; 2 the input, the configuration or an argument is wrong; 3 the goal is not met, such as no safe
    release; 130 cancelled; 1 anything else.
    """


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


@app.command()
def anonymize(
    config: Config,
    settings: Settings = None,
    run_id: RunId = None,
    summary: SummaryFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Write the least lossy release of a table.

    A job file says which columns others may know, how they may be coarsened and which privacy models must hold.
    """
    _execute(_command("anonymize", config, settings, run_id, summary, as_json, debug, master, spark_conf))


@app.command()
def apply(
    config: Config,
    settings: Settings = None,
    run_id: RunId = None,
    summary: SummaryFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Release a table at the levels that an earlier run found.

    Nothing is searched; classes that are unsafe in this table are suppressed, or the run is refused.
    """
    _execute(_command("apply", config, settings, run_id, summary, as_json, debug, master, spark_conf))


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
    if (table is None) == (config is None):
        raise typer.BadParameter("name a TABLE with --qi, or a job file with --config.")
    if config is not None and any(value is not None for value in of_table.values()):
        raise typer.BadParameter("the job file says this; change its values with --set.", param_hint="--config")
    command = _command("risk", config or "", settings, run_id, summary, as_json, debug, master, spark_conf)
    _execute(command if table is None else replace(command, tables=(table,), of_table=of_table))


@app.command("detect-pii")
def detect_pii(
    tables: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TABLE]...", help="Files to look at without a job file.", show_default=False),
    ] = None,
    config: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="The job file: a path or any URI.")
    ] = None,
    types: Annotated[
        list[str] | None, typer.Option("--types", metavar="A,B", help="The types to look for; all by default.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="A regulation to hold the findings against: hipaa.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option("--threshold", metavar="P", help="Confidence below which nothing is reported, 0.8.")
    ] = None,
    sample_size: Annotated[
        int | None, typer.Option("--sample-size", metavar="N", help="Look at N rows and estimate; at all by default.")
    ] = None,
    deep_scan: Annotated[bool, typer.Option("--deep-scan", help="Look inside the texts of every row too.")] = False,
    settings: Settings = None,
    run_id: RunId = None,
    summary: SummaryFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Find personal data in tables.

    Which columns hold which types of it, how sure that is and why, and how many cells. A job file names the tables; for
    a first look TABLEs do: the separator and the encoding of a CSV are guessed.
    """
    of_table = {
        "types": types or None,
        "profile": profile,
        "confidence_threshold": threshold,
        "sample_size": sample_size,
        "deep_scan": deep_scan or None,
    }
    if bool(tables) == (config is not None):
        raise typer.BadParameter("name TABLEs, or a job file with --config.")
    if config is not None and any(value is not None for value in of_table.values()):
        raise typer.BadParameter("the job file says this; change its values with --set.", param_hint="--config")
    command = _command("detect-pii", config or "", settings, run_id, summary, as_json, debug, master, spark_conf)
    _execute(replace(command, tables=tuple(tables), of_table=of_table) if tables else command)


@app.command("detect-qi")
def detect_qi(
    table: Annotated[
        str | None, typer.Argument(metavar="[TABLE]", help="A file to look at without a job file.", show_default=False)
    ] = None,
    config: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="The job file: a path or any URI.")
    ] = None,
    mode: Annotated[
        str | None, typer.Option("--mode", metavar="M", help="auto, ml or heuristic; auto by default.")
    ] = None,
    sampling_method: Annotated[
        str | None, typer.Option("--sampling", metavar="S", help="fast, full or adaptive; fast by default.")
    ] = None,
    settings: Settings = None,
    run_id: RunId = None,
    summary: SummaryFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Find out which columns identify people.

    Each column is a direct identifier, a quasi-identifier, sensitive, or none of these, and why. A job file names the
    table; for a first look TABLE does: the separator and the encoding of a CSV are guessed.
    """
    of_table = {"mode": mode, "sampling_method": sampling_method}
    if (table is None) == (config is None):
        raise typer.BadParameter("name a TABLE, or a job file with --config.")
    if config is not None and any(value is not None for value in of_table.values()):
        raise typer.BadParameter("the job file says this; change its values with --set.", param_hint="--config")
    command = _command("detect-qi", config or "", settings, run_id, summary, as_json, debug, master, spark_conf)
    _execute(command if table is None else replace(command, tables=(table,), of_table=of_table))


@app.command()
def validate(
    config: Config,
    settings: Settings = None,
    run_id: RunId = None,
    summary: SummaryFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Say whether a table satisfies privacy models, and where it does not.

    The table is taken as it is. One that is not valid ends with exit code 3.
    """
    _execute(_command("validate", config, settings, run_id, summary, as_json, debug, master, spark_conf))


@app.command()
def measure(
    config: Config,
    settings: Settings = None,
    run_id: RunId = None,
    summary: SummaryFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Hold a release against its original.

    What each column and the whole lost, how far distributions and associations moved, and whether a classifier still
    predicts a column.
    """
    _execute(_command("measure", config, settings, run_id, summary, as_json, debug, master, spark_conf))


@app.command()
def detokenize(
    config: Config,
    settings: Settings = None,
    run_id: RunId = None,
    summary: SummaryFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Put the values back that tokens stand for.

    Whoever has the vault and its key may; every use is audited. The output holds personal data in plain.
    """
    _execute(_command("detokenize", config, settings, run_id, summary, as_json, debug, master, spark_conf))


@app.command()
def decrypt(
    config: Config,
    settings: Settings = None,
    run_id: RunId = None,
    summary: SummaryFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Put the values back that were encrypted.

    Whoever has the key may; every use is audited. The output holds personal data in plain.
    """
    _execute(_command("decrypt", config, settings, run_id, summary, as_json, debug, master, spark_conf))


@app.command()
def rotate_keys(
    config: Config,
    settings: Settings = None,
    run_id: RunId = None,
    summary: SummaryFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Encrypt again with a new key what an older one encrypted.

    In a token vault, whose tokens stay, or in columns of a table. One that was interrupted goes on where it stopped.
    """
    _execute(_command("rotate-keys", config, settings, run_id, summary, as_json, debug, master, spark_conf))


@app.command()
def erase(
    config: Config,
    subjects_from_stdin: Annotated[
        bool, typer.Option("--subjects-from-stdin", help="Read the persons from standard input, one a line.")
    ] = False,
    values_from_stdin: Annotated[
        bool, typer.Option("--values-from-stdin", help="Read the values from standard input, one a line.")
    ] = False,
    settings: Settings = None,
    run_id: RunId = None,
    summary: SummaryFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Make a token vault forget persons or values.

    The job file names a table of them; a few can come on standard input, so that they are in no file and in no list of
    processes. What was released stays, and nobody can take it back to them.
    """
    if subjects_from_stdin and values_from_stdin:
        raise typer.BadParameter("read either persons or values from standard input.")
    if run_id is not None and (subjects_from_stdin or values_from_stdin):
        # A run that is complete is told again: other lines under its id would seem to be erased.
        raise typer.BadParameter("what comes on standard input is in no record; leave --run-id out.")
    command = _command("erase", config, settings, run_id, summary, as_json, debug, master, spark_conf)
    lines = tuple(sys.stdin.read().splitlines()) if subjects_from_stdin or values_from_stdin else None
    _execute(replace(command, lines=lines, lines_are_persons=subjects_from_stdin))


@app.command()
def transform_pii(
    config: Config,
    settings: Settings = None,
    run_id: RunId = None,
    summary: SummaryFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Mask, hash, encrypt, replace or leave out the personal data of a table.

    A job file says what is done with which type of it or which column, or names a regulation that does. What was
    written is looked at again before anybody sees it.
    """
    _execute(_command("transform-pii", config, settings, run_id, summary, as_json, debug, master, spark_conf))


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
        spark_conf=_pairs(spark_conf or ()),
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

    command = _command("anonymize", config, settings, None, None, as_json, debug, master, spark_conf)
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

    command = _command("anonymize", metadata, None, None, None, as_json, debug, master, spark_conf)
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


def _command(
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
        spark_conf=_pairs(spark_conf or ()),
    )


def _execute(command: "Command") -> NoReturn:
    """Run a job, and end with its exit code."""
    from anonspark.cli.execute import execute

    raise typer.Exit(execute(command))


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
