"""`anonspark explain`: why a run released what it did."""

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
)
from anonspark.cli.interrupt import run_until_interrupted
from anonspark.cli.progress import following
from anonspark.cli.show_explanation import show_explanation
from anonspark.errors import AnonsparkError, RunCancelledError
from anonspark.pipelines.follow import Step, silent


def tell_explanation(command: Command, run_id: str) -> int:
    """Explain a run, tell it, and return the exit code; the command's `config` is where the metadata tables lie."""
    set_up_logging(command.debug)
    try:
        with nullcontext(silent) if speaks_json_only(command) else following(Console(stderr=True)) as tell:
            told = explain_run(command, run_id, tell)
    # Whatever goes wrong ends as one sentence and a code; Ctrl-C is no Exception.
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001
        ended = RunCancelledError() if isinstance(error, KeyboardInterrupt) else error
        if not speaks_json_only(command):
            tell_error(ended, command.debug)
        return ended.exit_code if isinstance(ended, AnonsparkError) else UNEXPECTED_EXIT
    if command.as_json:
        typer.echo(json.dumps(told, indent=2))
    else:
        show_explanation(told)
    return 0


def explain_run(command: Command, run_id: str, tell: Callable[[Step], None]) -> Mapping[str, Any]:
    """Read what the run left behind, open a session and explain it.

    Metadata tables of this machine are read before Spark starts, which then brings the connectors of the run's input.

    Raises:
        AnonsparkError: See `errors.py`.
    """
    from anonspark.io.failures import storage_errors
    from anonspark.io.run_records import is_of_this_machine, open_metadata, read_run
    from anonspark.io.session import open_session
    from anonspark.io.uris import normalize_uri
    from anonspark.pipelines.explain import explain, job_of
    from anonspark.pipelines.run import stop_spark_work

    uri = normalize_uri(command.config)
    uris, spark = [uri], None
    if not is_of_this_machine(uri):
        spark = open_session(master=command.master, conf=command.spark_conf, uris=uris, debug=command.debug)
    with storage_errors(uri, "metadata"):
        records = read_run(open_metadata(uri, spark), run_id)
    if spark is None:
        uris += job_of(records).uris()
        tell(Step("start", "opening a Spark session"))
        spark = open_session(master=command.master, conf=command.spark_conf, uris=uris, debug=command.debug)
    session, explain_id = spark, str(uuid4())
    return run_until_interrupted(
        lambda stop: explain(records, session, uri, explain_id=explain_id, tell=tell, stop=stop).to_dict(),
        cancel=lambda: stop_spark_work(session, explain_id),
    )
