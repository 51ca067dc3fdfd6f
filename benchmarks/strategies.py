"""Strategies beside each other: what each one loses, against the optimum where it is known, and against anjana."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, process_time

import numpy as np

from anonspark.domain.lattice import Node
from anonspark.domain.recoding import recoding_of
from anonspark.measures.recoded import costs_of_recoding
from anonspark.models.k_anonymity import KAnonymity
from anonspark.search.class_table import merged_histograms
from anonspark.search.objectives import objective_of
from anonspark.search.recoding import LocalRecoding, rules_of
from anonspark.search.strategies import chosen_strategy, find_node
from anonspark.vocabulary import Metric, Strategy
from benchmarks.markdown import MISSING, as_table, count, figure
from benchmarks.peer import K, NoPeerError, ask_peer, install_peer, judge_node
from benchmarks.search import checker_of
from benchmarks.workloads import SearchCase, read_frame, real_table, sample_cases, shared_folder

KNOWN = ("adult", "cup", "fars_subset")
LARGE = ("mach2019_int", "creditcard_int")
"""Tables whose lattices of 8.5e7 and 4.9e13 nodes no exact search holds."""

LIMITS = {"adult": (0.0, 0.05)}
LIMIT = (0.05,)

HEADS = [
    *("table", "max suppression", "who", "CPU s", "checked", "share of lattice", "suppressed", "classes"),
    *("loss", "/ best node", "bound"),
]


@dataclass(frozen=True, slots=True)
class Line:
    """What one strategy came to.

    Attributes:
        who: Its name.
        cpu_s: CPU seconds, None where another run's node is recoded.
        checked: Nodes.
        suppressed: Records.
        classes: Released.
        loss: Of the release.
        bound: No node loses less; None where nothing is claimed.
    """

    who: str
    cpu_s: float
    checked: int | None
    suppressed: int
    classes: int
    loss: float
    bound: float | None = None


def report(*, smoke: bool) -> str:
    """The whole section."""
    with TemporaryDirectory() as folder:
        python, refusal = None, ""
        try:
            python = None if smoke else install_peer(Path(folder))
        except NoPeerError as error:
            refusal = f"anjana is missing: {error}"
        rows: list[list[str]] = []
        refusals = [refusal]
        for case in cases(smoke=smoke):
            lines = list(ours(case))
            try:
                lines += theirs(case, python, Path(folder))
            except NoPeerError as error:
                refusals.append(f"{case.problem.table}: {error}")
            rows += rows_of(case, lines)
            print(*(" ".join(row) for row in rows[-len(lines) :]), sep="\n", file=sys.stderr)
    return "\n\n".join(filter(None, [*refusals, as_table(HEADS, rows, texts=3)]))


def cases(*, smoke: bool) -> Iterator[SearchCase]:
    """k-anonymity by loss, of tables whose optimum is known and of tables with large lattices."""
    folder = None if smoke else shared_folder()
    if folder is None:
        yield from sample_cases(300, (K,), LIMIT)
        return
    for table in (*KNOWN, *LARGE):
        for limit in LIMITS.get(table, LIMIT):
            yield real_table(folder, table, (KAnonymity(K),), limit)


def ours(case: SearchCase) -> Iterator[Line]:
    """Every strategy, and local recoding after the best node."""
    exact = chosen_strategy(Strategy.AUTO, case.lattice.size) is Strategy.OPTIMAL
    started = monotonic()
    auto = "auto = optimal" if exact else "auto = best_first"
    best = strategy_line(case, Strategy.AUTO, auto)
    taken = monotonic() - started
    yield best[0]
    for strategy in (Strategy.BEST_FIRST, Strategy.GREEDY) if exact else (Strategy.GREEDY,):
        yield strategy_line(case, strategy, str(strategy))[0]
    yield descents(case, taken)
    yield recoded(case, best[1], "auto, recoding: strict", strict=True)
    yield recoded(case, best[1], "auto, recoding: relaxed", strict=False)
    yield recoded(case, case.lattice.top, "mondrian, strict", strict=True)
    yield recoded(case, case.lattice.top, "mondrian, relaxed", strict=False)


def strategy_line(case: SearchCase, strategy: Strategy, who: str) -> tuple[Line, Node]:
    """A strategy's line, and its node.

    Raises:
        RuntimeError: It found none.
    """
    since = process_time()
    checker = checker_of(case)
    found = find_node(strategy, checker, Metric.LOSS)
    cpu_s = process_time() - since
    if found.best is None:
        raise RuntimeError(f"{case.problem.table}: {who} found no release")
    best = found.best
    line = Line(who, cpu_s, checker.effort.checked, best.suppressed, best.kept_classes, found.score, found.bound)
    return line, best.node


def descents(case: SearchCase, seconds: float) -> Line:
    """A plain greedy descent from the top, then from random nodes above the best one, for as long as ours took.

    Each step goes to the best node one level lower in one attribute that is within the limit.
    """
    since, deadline = process_time(), monotonic() + seconds
    checker, rng = checker_of(case), np.random.default_rng(0)
    objective, lattice = objective_of(Metric.LOSS, checker), case.lattice
    best: tuple[float, Node] = (np.inf, lattice.top)
    start = lattice.top
    while best[0] == np.inf or monotonic() < deadline:
        node: Node | None = start
        while node is not None:
            verdicts = checker.check([node, *lattice.predecessors(node)], with_lost=True)
            scores = {each.node: objective.score(each) for each in verdicts if each.suppressed <= checker.limit}
            best = min([best, *((score, low) for low, score in scores.items())])
            lower = {low: score for low, score in scores.items() if low != node}
            node = min(lower, key=lower.__getitem__) if lower else None
        raised = rng.integers(np.array(best[1]), np.array(lattice.top) + 1)
        start = tuple(int(level) for level in raised)
    cpu_s = process_time() - since
    (verdict,) = checker.check([best[1]], with_lost=True)
    return Line(
        "plain greedy descents", cpu_s, checker.effort.checked, verdict.suppressed, verdict.kept_classes, best[0]
    )


def recoded(case: SearchCase, node: Node, who: str, *, strict: bool) -> Line:
    """Local recoding from a node; its time alone."""
    problem = case.problem
    since = process_time()
    rules = rules_of(problem.hierarchies, case.lattice)
    recoding = LocalRecoding(problem.classes, rules, case.policy.models, strict=strict, merge=merged_histograms)
    parts = recoding.from_node(node)
    cpu_s = process_time() - since
    classes, sizes = problem.classes, problem.classes.sizes
    levels = np.stack([parts.level_of_each_class(axis) for axis in range(len(node))])
    found = recoding_of(problem.hierarchies, classes.codes, sizes, levels, parts.released, strict=strict)
    costs = costs_of_recoding(Metric.LOSS, problem.hierarchies, found, sizes)
    suppressed = classes.n_records - int(found.sizes.sum())
    return Line(who, cpu_s, None, suppressed, len(found.sizes), sum(costs) / len(costs))


def theirs(case: SearchCase, python: Path | None, folder: Path) -> Iterator[Line]:
    """anjana's line, where there is an anjana and the table is a real one.

    Raises:
        NoPeerError: It failed, or took too long.
    """
    shared = shared_folder()
    if python is None or shared is None:
        return
    answer = ask_peer(python, folder, case, read_frame(shared, case.problem.table), 1)
    judged = judge_node(case, answer.levels)
    yield Line(f"anjana {answer.version}", answer.cpu_s, None, judged.suppressed, judged.kept_classes, judged.loss)


def rows_of(case: SearchCase, lines: list[Line]) -> list[list[str]]:
    """The lines as cells; `/ best node` compares with the first."""
    best = lines[0].loss

    def cells(line: Line) -> list[str]:
        return [
            case.problem.table,
            f"{case.policy.max_suppression:g}",
            line.who,
            figure(line.cpu_s),
            MISSING if line.checked is None else count(line.checked),
            MISSING if line.checked is None else figure(line.checked / case.lattice.size),
            count(line.suppressed),
            count(line.classes),
            f"{line.loss:.4f}",
            figure(line.loss / best if best else 1.0),
            MISSING if line.bound is None else figure(line.bound),
        ]

    return [cells(line) for line in lines]
