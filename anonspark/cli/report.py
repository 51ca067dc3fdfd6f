"""`anonspark report`: what a run left behind, as one HTML file and as PDF."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from anonspark.cli.execute import UNEXPECTED_EXIT, set_up_logging, tell_error
from anonspark.errors import AnonsparkError, EnvironmentProblem, LocationError

if TYPE_CHECKING:
    from anonspark.io.metadata_tables import MetadataTables

LIBRARIES: Final = ("matplotlib", "reportlab")
"""What the extra `report` brings."""


@dataclass(frozen=True, slots=True)
class ReportCommand:
    """What a command line asks for.

    Attributes:
        run_id: The run.
        metadata: Where its metadata tables lie.
        output: Where the HTML goes.
        pdf: Where the PDF goes, if one is asked for.
        debug: Show tracebacks.
        master: Spark's, where the tables are not on this machine.
        spark_conf: On top of the profile's.
    """

    run_id: str
    metadata: str
    output: Path
    pdf: Path | None = None
    debug: bool = False
    master: str | None = None
    spark_conf: Mapping[str, str] = field(default_factory=dict)


def report(command: ReportCommand) -> int:
    """Write a report, say where it is, and return the exit code."""
    set_up_logging(command.debug)
    try:
        write_report(command)
    except Exception as error:  # noqa: BLE001  whatever goes wrong ends as one sentence and a code
        tell_error(error, command.debug)
        return error.exit_code if isinstance(error, AnonsparkError) else UNEXPECTED_EXIT
    for path in filter(None, (command.output, command.pdf)):
        typer.echo(f"report    {path}")
    return 0


def write_report(command: ReportCommand) -> None:
    """Read what a run left behind and write its report.

    Raises:
        EnvironmentProblem: The extra `report` is not installed.
        LocationError: The metadata cannot be read, or a file cannot be written.
        InputError: There is no such run, or it has not ended.
    """
    for path in filter(None, (command.output, command.pdf)):
        require_place(path)
    with libraries_named():
        from anonspark.report.content import document_of
        from anonspark.report.html import as_html

        if command.pdf is not None:
            from anonspark.report.pdf import as_pdf
    from anonspark.io.run_records import read_run, with_settings_of_solution

    tables = metadata_of(command)
    document = document_of(with_settings_of_solution(tables, read_run(tables, command.run_id)))
    contents = {command.output: as_html(document).encode()}
    if command.pdf is not None:
        contents[command.pdf] = as_pdf(document)
    for path, content in contents.items():
        write(path, content)


def metadata_of(command: ReportCommand) -> "MetadataTables":
    """The metadata tables; a Spark session is opened only for those of another machine.

    Raises:
        AnonsparkError: They cannot be reached.
    """
    from anonspark.io.run_records import is_of_this_machine, open_metadata

    if is_of_this_machine(command.metadata):
        return open_metadata(command.metadata)
    from anonspark.io.session import open_session

    spark = open_session(master=command.master, conf=command.spark_conf, uris=[command.metadata], debug=command.debug)
    return open_metadata(command.metadata, spark)


@contextmanager
def libraries_named() -> Iterator[None]:
    """Within the block a library of the extra that is not there is told with the way to it.

    Raises:
        EnvironmentProblem: One is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        library = str(error.name).partition(".")[0]
        if library not in LIBRARIES:
            raise
        raise EnvironmentProblem(
            f"Reports need {library}, which is not installed: pip install 'anonspark[report]'.", field="report"
        ) from error


def require_place(path: Path) -> None:
    """Refuse a file that could not be written, before anything is done.

    Raises:
        LocationError: It is a folder, or its folder is not there.
    """
    if path.is_dir():
        raise LocationError(f"The report {path} is a folder; name a file in it.", field="output")
    if not path.absolute().parent.is_dir():
        raise LocationError(f"The report {path} lies in a folder that does not exist; create it.", field="output")


def write(path: Path, content: bytes) -> None:
    """Write a file.

    Raises:
        LocationError: It cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise LocationError(f"The report {path} cannot be written: {error.strerror}.", field="output") from error
