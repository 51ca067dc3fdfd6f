"""The commands about personal data: find it, treat it, take it back, forget it."""

import sys
from dataclasses import replace
from typing import Annotated, Final

import typer

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
    require_one_source,
)

personal_data = typer.Typer(rich_markup_mode=None)

OF_JOB_FILES: Final = {
    "transform-pii": """Mask, hash, encrypt, replace or leave out the personal data of a table.

A job file says what is done with which type of it or which column, or names a regulation that does. What was
written is looked at again before anybody sees it.
""",
    "detokenize": """Put the values back that tokens stand for.

Whoever has the vault and its key may; every use is audited. The output holds personal data in plain.
""",
    "decrypt": """Put the values back that were encrypted.

Whoever has the key may; every use is audited. The output holds personal data in plain.
""",
    "rotate-keys": """Encrypt again with a new key what an older one encrypted.

In a token vault, whose tokens stay, or in columns of a table. One that was interrupted goes on where it stopped.
""",
}
"""What the commands do that need a job file and nothing else."""


@personal_data.command("detect-pii")
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
    require_one_source(tables, config, of_table)
    command = command_of("detect-pii", config or "", settings, run_id, summary, as_json, debug, master, spark_conf)
    execute(replace(command, tables=tuple(tables), of_table=of_table) if tables else command)


@personal_data.command("detect-qi")
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
    require_one_source(table, config, of_table)
    command = command_of("detect-qi", config or "", settings, run_id, summary, as_json, debug, master, spark_conf)
    execute(command if table is None else replace(command, tables=(table,), of_table=of_table))


for name, help_text in OF_JOB_FILES.items():
    personal_data.command(name)(of_job_file(name, help_text))


@personal_data.command()
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
    command = command_of("erase", config, settings, run_id, summary, as_json, debug, master, spark_conf)
    lines = tuple(sys.stdin.read().splitlines()) if subjects_from_stdin or values_from_stdin else None
    execute(replace(command, lines=lines, lines_are_persons=subjects_from_stdin))
