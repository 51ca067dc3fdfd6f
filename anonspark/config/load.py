"""The text of a job file -> the job, or every fault of it at once."""

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import ValidationError

from anonspark.config.fields import Path, Problem, shown
from anonspark.config.job import AnonymizeJob
from anonspark.config.locations import folder_of
from anonspark.config.overrides import override
from anonspark.config.plain import Data
from anonspark.config.problems import path_text, problems_of
from anonspark.config.text import Document, read_text
from anonspark.errors import ConfigurationError, did_you_mean

JOBS: Final[Mapping[str, type[AnonymizeJob]]] = {"anonymize": AnonymizeJob}
"""The job file of each value of `job`."""

REQUIRED: Final = {
    "version": "write version: 1.",
    "job": f"write one of {', '.join(JOBS)}.",
    "input": "name the table to read: {uri: ..., format: ...} or {table: ...}.",
    "output": "name the table to write: {uri: ..., format: ...} or {table: ...}.",
}
"""Keys of a file that a notebook may leave out, and what to write."""


def load_job(text: str, source: str, overrides: Sequence[str] = ()) -> AnonymizeJob:
    """The job that a YAML or JSON text describes.

    Args:
        text: The file's content.
        source: Its path or URI: relative URIs are seen from there, and messages name it.
        overrides: `a.b[0]=yaml`, in order; each replaces one value.

    Raises:
        ConfigurationError: Every fault at once, each with its line and path.
    """
    document = read_text(text)
    if document.problems and document.data is None:
        raise _error(document.problems, (), document, (), source)
    data, set_paths, refused = override(document.data, overrides)
    job_file, missing = _job_file(data)
    problems = [*document.problems, *missing]
    if job_file is None:
        raise _error(problems, refused, document, set_paths, source)
    try:
        job = job_file.model_validate(data, context={"base": folder_of(source)})
    except ValidationError as error:
        problems += problems_of(error, job_file)
    if problems or refused:
        raise _error(problems, refused, document, set_paths, source)
    return job


def _job_file(data: Data) -> tuple[type[AnonymizeJob] | None, list[Problem]]:
    """The class of the file that `job` names, and the keys that a file lacks."""
    if not isinstance(data, dict):
        found = "The file is empty;" if data is None else f"The file is {shown(data)};"
        return None, [((), f"{found} a mapping with the keys of a job is expected.")]
    lacking = [key for key in REQUIRED if key not in data or (key in ("input", "output") and data[key] is None)]
    missing: list[Problem] = [((key,), f"is missing; {REQUIRED[key]}") for key in lacking]
    name = data.get("job")
    if name is None:
        return AnonymizeJob, missing
    if isinstance(name, str) and name in JOBS:
        return JOBS[name], missing
    hint = did_you_mean(name, JOBS) if isinstance(name, str) else ""
    return None, [*missing, (("job",), f"found {shown(name)}; it is one of {', '.join(JOBS)}{hint or '.'}")]


def _error(
    problems: Sequence[Problem],
    refused: Sequence[Problem],
    document: Document,
    set_paths: Sequence[Path],
    source: str,
) -> ConfigurationError:
    """The faults in the order of the file, each with its line, or with `--set` where that brought it."""
    placed: list[tuple[float, str | None, Problem]] = [(float("inf"), "--set", problem) for problem in refused]
    for path, sentence in problems:
        line = document.line(path)
        if any(path[: len(begin)] == begin for begin in set_paths):
            placed.append((float("inf"), "--set", (path, sentence)))
        else:
            placed.append((line or 0, f"{source}:{line}" if line else None, (path, sentence)))
    placed.sort(key=lambda entry: entry[0])
    return ConfigurationError(
        [(path_text(path) or None, sentence) for _, _, (path, sentence) in placed],
        source,
        [place for _, place, _ in placed],
    )
