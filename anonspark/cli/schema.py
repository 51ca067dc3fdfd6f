"""`anonspark schema`: the JSON Schema of job files."""

import json
from pathlib import Path

import typer

from anonspark.config.schema import job_schema
from anonspark.errors import LocationError


def tell_schema(output: Path | None) -> int:
    """Print the schema or write it to a file; returns the exit code."""
    text = json.dumps(job_schema(), indent=2)
    if output is None:
        typer.echo(text)
        return 0
    try:
        output.write_text(f"{text}\n", encoding="utf-8", newline="\n")
    except OSError:
        typer.echo(f"Error: the schema cannot be written to {output}; name a file in a folder that exists.", err=True)
        return LocationError.exit_code
    return 0
