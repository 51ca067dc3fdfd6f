"""The text of a job file -> the job, or every fault of it at once."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar, overload

from pydantic import ValidationError

from anonspark.config.apply import ApplyJob
from anonspark.config.detect_pii import DetectPiiJob
from anonspark.config.detect_qi import DetectQiJob
from anonspark.config.fields import Path, Problem, shown
from anonspark.config.job import AnonymizeJob
from anonspark.config.job_file import JobFile
from anonspark.config.locations import folder_of
from anonspark.config.measure import MeasureJob
from anonspark.config.overrides import override
from anonspark.config.plain import Data
from anonspark.config.problems import path_text, problems_of
from anonspark.config.recover import DecryptJob, DetokenizeJob
from anonspark.config.risk import RiskJob
from anonspark.config.text import Document, read_text
from anonspark.config.transform_pii import TransformPiiJob
from anonspark.config.validate import ValidateJob
from anonspark.config.vault_jobs import EraseJob, RotateKeysJob
from anonspark.errors import ConfigurationError, did_you_mean

JOBS: Final[Mapping[str, type[JobFile]]] = {
    "anonymize": AnonymizeJob,
    "apply": ApplyJob,
    "detect-pii": DetectPiiJob,
    "decrypt": DecryptJob,
    "detokenize": DetokenizeJob,
    "erase": EraseJob,
    "detect-qi": DetectQiJob,
    "measure": MeasureJob,
    "risk": RiskJob,
    "rotate-keys": RotateKeysJob,
    "transform-pii": TransformPiiJob,
    "validate": ValidateJob,
}
"""The job file of each value of `job`."""

REQUIRED: Final = {"version": "write version: 1.", "job": f"write one of {', '.join(JOBS)}."}
"""Keys that every file must have, and what to write; each kind adds its own."""

Kind = TypeVar("Kind", bound=JobFile)


@overload
def load_job(text: str, source: str, overrides: Sequence[str] = ()) -> JobFile: ...


@overload
def load_job(text: str, source: str, overrides: Sequence[str] = (), *, kind: type[Kind]) -> Kind: ...


def load_job(text: str, source: str, overrides: Sequence[str] = (), *, kind: type[JobFile] | None = None) -> JobFile:
    """The job that a YAML or JSON text describes.

    Args:
        text: The file's content.
        source: Its path or URI: relative URIs are seen from there, and messages name it; empty for no file.
        overrides: `a.b[0]=yaml`, in order; each replaces one value.
        kind: What the file must be; any kind of job where not given.

    Raises:
        ConfigurationError: Every fault at once, each with its line and path.
    """
    document = read_text(text)
    if document.problems and document.data is None:
        raise _error(document.problems, (), document, (), source)
    data, set_paths, refused = override(document.data, overrides)
    job_file, missing = _job_file(data, kind)
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


def _job_file(data: Data, kind: type[JobFile] | None) -> tuple[type[JobFile] | None, list[Problem]]:
    """The class of the file that `job` names, and the keys that a file lacks."""
    if not isinstance(data, dict):
        found = "The file is empty;" if data is None else f"The file is {shown(data)};"
        return None, [((), f"{found} a mapping with the keys of a job is expected.")]
    name = data.get("job")
    found_kind = (kind or AnonymizeJob) if name is None else JOBS.get(name) if isinstance(name, str) else None
    required = REQUIRED | dict(found_kind.required if found_kind else {})
    lacking = [key for key in required if key not in data or (key not in REQUIRED and data[key] is None)]
    missing: list[Problem] = [((key,), f"is missing; {required[key]}") for key in lacking]
    if found_kind is None:
        hint = did_you_mean(name, JOBS) if isinstance(name, str) else ""
        return None, [*missing, (("job",), f"found {shown(name)}; it is one of {', '.join(JOBS)}{hint or '.'}")]
    if kind is not None and found_kind is not kind:
        wanted = next(name for name, each in JOBS.items() if each is kind)
        sentence = f"found {shown(name)} where {wanted} is expected; run it as anonspark {name}, or name another file."
        return None, [(("job",), sentence)]
    return found_kind, missing


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
            placed.append((line or 0, f"{source}:{line}" if source and line else None, (path, sentence)))
    placed.sort(key=lambda entry: entry[0])
    return ConfigurationError(
        [(path_text(path) or None, sentence) for _, _, (path, sentence) in placed],
        source,
        [place for _, place, _ in placed],
    )
