"""`--set a.b[0]=yaml`: single values of a job file replaced from the command line."""

import re
from collections.abc import Sequence

from anonspark.config.fields import Path, Problem, shown
from anonspark.config.plain import Data
from anonspark.config.problems import path_text
from anonspark.config.text import read_text

_STEP = re.compile(r'\.?([A-Za-z_][\w-]*)|\.?"((?:[^"\\]|\\.)*)"|\[(\d{1,6})\]')


class OverrideError(ValueError):
    """An override that cannot be carried out."""


def override(data: Data, settings: Sequence[str]) -> tuple[Data, list[Path], list[Problem]]:
    """The data with the settings in place, one after the other; the paths that were set, and the faults.

    The data is changed. A path may name keys that are not there yet, and the entry after the last one of a list; a key
    of other characters is quoted: `input.schema."first name"=string`.
    """
    paths: list[Path] = []
    problems: list[Problem] = []
    for setting in settings:
        try:
            path, value = _parse(setting)
            data = _put(data, path, value, ())
            paths.append(path)
        except OverrideError as error:
            problems.append(((), f"{shown(setting)} cannot be set: {error}"))
    return data, paths, problems


def _parse(setting: str) -> tuple[Path, Data]:
    position, path = 0, list[str | int]()
    while (step := _STEP.match(setting, position)) and step[0].startswith(".") <= bool(path):
        key = step[1] if step[1] is not None else step[2]
        path.append(int(step[3]) if key is None else re.sub(r"\\(.)", r"\1", key))
        position = step.end()
    if not path or setting[position : position + 1] != "=":
        raise OverrideError("write a path, =, and a value in YAML, as in search.memory_mb=4096 or privacy[0].k=10.")
    document = read_text(setting[position + 1 :])
    if document.problems:
        raise OverrideError(f"the value is wrong: {document.problems[0][1]}")
    return tuple(path), document.data


def _put(data: Data, path: Path, value: Data, above: Path) -> Data:
    if not path:
        return value
    step, rest = path[0], path[1:]
    here = path_text(above) or "the job"
    if isinstance(step, str):
        data = {} if data is None else data
        if not isinstance(data, dict):
            raise OverrideError(f"{here} is {shown(data)} and has no keys.")
        data[step] = _put(data.get(step), rest, value, (*above, step))
        return data
    data = [] if data is None else data
    if not isinstance(data, list):
        raise OverrideError(f"{here} is {shown(data)} and has no entries to count.")
    if step > len(data):
        raise OverrideError(f"{here} has {len(data)} entries, counted from 0; [{len(data)}] adds one.")
    changed = _put(data[step] if step < len(data) else None, rest, value, (*above, step))
    data[step : step + 1] = [changed]
    return data
