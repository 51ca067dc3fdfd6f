"""What rows and lattices cost: whole jobs of ever more rows, and searches of ever larger lattices of equal classes."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from anonspark.domain.hierarchy import GeneralizationHierarchy, from_labels
from anonspark.frames.aggregate import collect_classes
from benchmarks.job import MANY_CLASSES, JobCase, Round, job_of, one_round, read_people, written_table
from benchmarks.machine import in_a_new_process
from benchmarks.markdown import MISSING, as_table, count, figure
from benchmarks.search import RUNS, Measured, measure_warm, ns_a_class_and_check
from benchmarks.workloads import SearchCase, problem_from, read_rows

ROWS = (100_000, 1_000_000, 10_000_000)
SMOKE_ROWS = (2_000, 4_000)

DRAWN, REPEATED = "drawn", "repeated"

LEVELS = ((3, 2, 2, 2, 2, 2), (5, 2, 4, 3, 4, 2), (8, 2, 7, 5, 6, 3), (14, 2, 12, 8, 9, 4))
"""Levels of each quasi-identifier, the raw values and the top among them: 96, 960, 10,080 and 96,768 nodes."""

ROWS_HEADS = [
    *("people", "rows", "classes", "k", "job without search s", "µs a row", "/ fewest rows"),
    *("CPU µs a row", "/ fewest rows", "checked of lattice nodes", "projections", "search CPU ms"),
    "ns a class and check",
]

LATTICE_HEADS = [
    *("rows", "classes", "lattice nodes", "checked", "projections", "search CPU ms", "/ smallest lattice"),
    *("ns a class and check", "score"),
]


@dataclass(frozen=True, slots=True, eq=False)
class JobCost:
    """One table's whole job, and its search alone.

    Attributes:
        case: The job.
        rounds: Of the job, beside its floor.
        search: The same search as a case of its own.
        searched: What it took, warm.
    """

    case: JobCase
    rounds: Sequence[Round]
    search: SearchCase
    searched: Measured

    @property
    def rest_s(self) -> float:
        """Wall-clock seconds of the job without its search."""
        return median(each.rest_s for each in self.rounds)

    @property
    def s_a_row(self) -> float:
        """Of these."""
        return self.rest_s / self.case.rows

    @property
    def cpu_s_a_row(self) -> float | None:
        """CPU seconds of Python and the JVM without the search; None where they cannot be read."""
        known = [each.rest_cpu_s for each in self.rounds if each.rest_cpu_s is not None]
        return median(known) / self.case.rows if known else None


def report(rows: Sequence[int], rounds: int, *, smoke: bool) -> str:
    """The whole section."""
    runs, levels = (1, LEVELS[:2]) if smoke else (RUNS, LEVELS)
    rows_lines, lattice_lines = [], []
    for people, cases in cases_of(SMOKE_ROWS if smoke else sorted(rows)).items():
        costs: list[JobCost] = []
        for case in cases:
            measured, search = in_a_new_process(measure_job, case, 1 if smoke else rounds)
            costs.append(JobCost(case, measured, search, measure_warm(search, runs)))
            rows_lines.append([people, *row_of(costs[-1], costs[0])])
            print(*rows_lines[-1], file=sys.stderr)
            if people == DRAWN:
                lattice_lines += lattice_rows(search, levels, runs)
    return "\n\n".join(
        [
            as_table(ROWS_HEADS, rows_lines),
            "The drawn tables again, k=5, under hierarchies of ever more levels:",
            as_table(LATTICE_HEADS, lattice_lines, texts=0),
        ]
    )


def cases_of(sizes: Sequence[int]) -> dict[str, list[JobCase]]:
    """Tables whose classes grow with their rows, and tables that are the smallest one over and over again.

    A repeated table is asked for as many times k as it has more rows, so that each node suppresses the same classes.
    """
    fewest = min(sizes)
    return {
        DRAWN: [JobCase(size, MANY_CLASSES) for size in sizes],
        REPEATED: [JobCase(size, MANY_CLASSES, k=5 * size // fewest, persons=fewest) for size in sizes],
    }


def measure_job(case: JobCase, rounds: int) -> tuple[list[Round], SearchCase]:
    """Rounds of the whole job, and its search as a case of its own."""
    with written_table(case) as (spark, folder):
        measured = [one_round(spark, case, folder) for _ in range(rounds)]
        policy = job_of(case, folder).to_policy(read_rows)
        raw = collect_classes(read_people(spark, folder), policy.names, [], policy.search.memory_mb << 20)
    return measured, SearchCase(problem_from("people", raw, policy), case.privacy, policy)


def row_of(cost: JobCost, fewest: JobCost) -> list[str]:
    """A line of the first table, after the kind of people."""
    search, searched, cpu_s_a_row = cost.search, cost.searched, cost.cpu_s_a_row
    cpu = [MISSING, MISSING]
    if cpu_s_a_row is not None and fewest.cpu_s_a_row is not None:
        cpu = [figure(cpu_s_a_row * 1e6), figure(cpu_s_a_row / fewest.cpu_s_a_row)]
    return [
        *(count(cost.case.rows), count(search.problem.classes.n_classes), count(cost.case.k)),
        *(figure(cost.rest_s), figure(cost.s_a_row * 1e6), figure(cost.s_a_row / fewest.s_a_row)),
        *cpu,
        f"{count(searched.checked)} of {count(search.lattice.size)}",
        *(count(searched.projections), figure(searched.cpu_s * 1e3), figure(ns_a_class_and_check(search, searched))),
    ]


def lattice_rows(search: SearchCase, levels: Sequence[Sequence[int]], runs: int) -> list[list[str]]:
    """A line of the second table for each lattice over the classes of a table."""
    lines: list[list[str]] = []
    smallest: Measured | None = None
    for of_each in levels:
        case = with_levels(search, of_each)
        measured = measure_warm(case, runs)
        smallest = smallest or measured
        classes = case.problem.classes
        lines.append(
            [
                *(count(classes.n_records), count(classes.n_classes), count(case.lattice.size)),
                *(count(measured.checked), count(measured.projections), figure(measured.cpu_s * 1e3)),
                *(figure(measured.cpu_s / smallest.cpu_s), figure(ns_a_class_and_check(case, measured))),
                "no release" if measured.score is None else f"{measured.score:.4f}",
            ]
        )
        print(*lines[-1], file=sys.stderr)
    return lines


def with_levels(search: SearchCase, levels: Sequence[int]) -> SearchCase:
    """The same classes under other hierarchies, one number of levels an attribute."""
    problem = search.problem
    pairs = zip(problem.hierarchies, levels, strict=True)
    hierarchies = tuple(merged_step_by_step(hierarchy, number) for hierarchy, number in pairs)
    return replace(search, problem=replace(problem, hierarchies=hierarchies))


def merged_step_by_step(hierarchy: GeneralizationHierarchy, levels: int) -> GeneralizationHierarchy:
    """Neighbouring leaves merged, the narrowest groups first, to about the same share of groups at each level.

    Args:
        hierarchy: Whose leaves, in their order.
        levels: At least 2, at most one a leaf: the leaves, ..., one group.
    """
    n_leaves = len(hierarchy.leaves)
    groups, labels = [[leaf] for leaf in hierarchy.leaves], [list(hierarchy.leaves)]
    for level in range(1, levels):
        above = levels - 1 - level
        # Fewer groups than below, and enough for each level above to have fewer still.
        wanted = max(min(round(n_leaves ** (above / (levels - 1))), len(groups) - 1), above + 1)
        while len(groups) > wanted:
            widths = [len(left) + len(right) for left, right in pairwise(groups)]
            at = widths.index(min(widths))
            groups[at : at + 2] = [groups[at] + groups[at + 1]]
        labels.append([group[0] for group in groups for _ in group])
    return from_labels(hierarchy.attribute, labels)
