"""Our exact search beside anjana, a Python library for the same task: CPU seconds, and what each release loses."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import pandas as pd

from anonspark.domain.lattice import Node
from anonspark.domain.policy import Policy
from anonspark.models.k_anonymity import KAnonymity
from anonspark.search.objectives import objective_of
from anonspark.vocabulary import Metric
from benchmarks.markdown import as_table, count, figure
from benchmarks.search import RUNS, checker_of, search
from benchmarks.workloads import (
    SearchCase,
    problem_of,
    read_frame,
    reference_cases,
    sample_frame,
    sample_policy,
    shared_folder,
)

PEER = "anjana"
WORKER = Path(__file__).with_name("anjana_worker.py")
K = 5
PATIENCE_S = 600
"""What a large table may take."""

LIMITS = (0.0, 0.05)

HEADS = ["table", "max suppression", "who", "CPU s", "/ ours", "suppressed", "classes", "loss", "/ ours"]


class NoPeerError(Exception):
    """anjana could not be installed or did not end well; says why."""


@dataclass(frozen=True, slots=True)
class PeerAnswer:
    """What anjana did.

    Attributes:
        version: Of anjana.
        cpu_s: CPU seconds of its process, in `k_anonymity` only; the best of its runs.
        levels: The node that it applied.
        released: Rows that it did not suppress.
    """

    version: str
    cpu_s: float
    levels: Node
    released: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A release at a node, by our definitions."""

    suppressed: int
    kept_classes: int
    loss: float


def report(*, smoke: bool) -> str:
    """The whole section."""
    name, frame, policy = chosen_table(smoke=smoke)
    runs = 1 if smoke else RUNS
    try:
        with TemporaryDirectory() as folder:
            python = install_peer(Path(folder))
            rows, version = [], ""
            for limit in LIMITS:
                case = case_of(name, frame, policy, limit)
                measure_ours(case, frame)  # the first one compiles
                peer = ask_peer(python, Path(folder), case, frame, runs)
                rows += rows_of(case, peer, min(measure_ours(case, frame) for _ in range(runs)))
                version = peer.version
    except NoPeerError as error:
        return f"Not measured: {error}"
    return "\n\n".join(
        [
            f"k = {K} on all quasi-identifiers of {count(len(frame))} rows; {PEER} {version} from PyPI in its own "
            "environment. Both start from a table in memory; ours ends with the node and its classes, theirs with the "
            "table. Both releases are measured by our definitions.",
            as_table(HEADS, rows),
        ]
    )


def chosen_table(*, smoke: bool) -> tuple[str, pd.DataFrame, Policy]:
    """adult where it is, else the sample: rows without a null, which anjana cannot sort."""
    folder = None if smoke else shared_folder()
    if folder is not None:
        adult = next(case for case in reference_cases(folder) if case.problem.table == "adult")
        return "adult", read_frame(folder, "adult"), adult.policy
    policy = sample_policy()
    frame = sample_frame(300).dropna(subset=list(policy.names)).reset_index(drop=True)
    return "sample", frame, replace(policy, sensitive=())


def case_of(name: str, frame: pd.DataFrame, policy: Policy, limit: float) -> SearchCase:
    """k-anonymity of the table by loss."""
    asked = replace(policy, models=(KAnonymity(K),), metric=Metric.LOSS, max_suppression=limit)
    return SearchCase(problem_of(name, frame, asked), f"k={K}", asked)


def install_peer(folder: Path) -> Path:
    """A new environment with anjana from PyPI; returns its interpreter.

    Raises:
        NoPeerError: There is no network, or no wheel for this machine.
    """
    python = folder / "peer" / "bin" / "python"
    _run([sys.executable, "-m", "venv", str(folder / "peer")])
    _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PEER])
    return python


def ask_peer(python: Path, folder: Path, case: SearchCase, frame: pd.DataFrame, runs: int) -> PeerAnswer:
    """anjana's answer, each run in a process of its own.

    Raises:
        NoPeerError: It failed, or released nothing.
    """
    request = folder / "request.json"
    hierarchies = {
        each.attribute: [each.label_of_each_leaf(level) for level in range(each.height + 1)]
        for each in case.problem.hierarchies
    }
    asked = {
        "columns": {name: frame[name].tolist() for name in case.policy.names},
        "hierarchies": hierarchies,
        "k": K,
        "suppression_percent": case.policy.max_suppression * 100,
    }
    request.write_text(json.dumps(asked), encoding="utf-8")
    answers = [_answer(_run([str(python), str(WORKER), str(request)])) for _ in range(runs)]
    return min(answers, key=lambda answer: answer.cpu_s)


def _answer(printed: str) -> PeerAnswer:
    told = json.loads(printed.splitlines()[-1])
    if told["levels"] is None:
        raise NoPeerError(f"{PEER} found no release.")
    return PeerAnswer(told["version"], told["cpu_s"], tuple(told["levels"]), told["released"])


def _run(command: Sequence[str]) -> str:
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired as error:
        raise NoPeerError(f"{PEER} did not end within {PATIENCE_S} s.") from error
    if ended.returncode:
        lines = (ended.stderr or ended.stdout).strip().splitlines()
        raise NoPeerError(f"`{Path(command[0]).name} {' '.join(command[1:4])}` failed: {lines[-1] if lines else '?'}")
    return ended.stdout


def judge_node(case: SearchCase, node: Node) -> Judged:
    """Our measures of a release at a node."""
    checker = checker_of(case)
    (verdict,) = checker.check([node], with_lost=True)
    loss = objective_of(Metric.LOSS, checker).score(verdict)
    return Judged(verdict.suppressed, verdict.kept_classes, loss)


def measure_ours(case: SearchCase, frame: pd.DataFrame) -> float:
    """CPU seconds from the table to the node."""
    since = process_time()
    problem = problem_of(case.problem.table, frame, case.policy)
    search(replace(case, problem=problem))
    return process_time() - since


def rows_of(case: SearchCase, peer: PeerAnswer, ours_cpu_s: float) -> list[list[str]]:
    """A line for us and one for anjana.

    Raises:
        NoPeerError: It did not suppress what its levels say, so that its loss would be a guess.
    """
    theirs = judge_node(case, peer.levels)
    if case.problem.classes.n_records - theirs.suppressed != peer.released:
        raise NoPeerError(f"the levels that {PEER} reports do not make its release.")
    _, found = search(case)
    if found.best is None:
        raise NoPeerError("we found no release.")
    ours = judge_node(case, found.best.node)

    def line(who: str, cpu_s: float, judged: Judged) -> list[str]:
        ratios = figure(cpu_s / ours_cpu_s), figure(judged.loss / ours.loss)
        measured = count(judged.suppressed), count(judged.kept_classes), figure(judged.loss)
        limit = f"{case.policy.max_suppression:g}"
        return [case.problem.table, limit, who, figure(cpu_s), ratios[0], *measured, ratios[1]]

    return [line("anonspark", ours_cpu_s, ours), line(PEER, peer.cpu_s, theirs)]
