"""What a search must find, by brute force over the whole lattice on rows.

Written from the definitions (DESIGN section 2, the README of the reference results) and sharing nothing with the
engine: no codes, no roll-up, no pruning; whole numbers and fractions where the definition has them.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

Label = str | None
Node = tuple[int, ...]
METRICS = ("loss", "precision", "discernibility", "average_class_size", "non_uniform_entropy")
TIE = 1e-9


@dataclass(frozen=True)
class Column:
    """A quasi-identifier: one row of labels a leaf, raw value first; `unknown` leaves can never be released."""

    name: str
    leaves: tuple[tuple[Label, ...], ...]
    unknown: frozenset[Label] = frozenset()
    weight: float = 1.0

    @property
    def height(self) -> int:
        return len(self.leaves[0]) - 1

    @property
    def domain_size(self) -> int:
        return sum(leaf[0] not in self.unknown for leaf in self.leaves)

    def label(self, value: Label, level: int) -> Label:
        return next(leaf[level] for leaf in self.leaves if leaf[0] == value)

    def leaves_below(self, label: Label, level: int) -> int:
        return sum(leaf[level] == label and leaf[0] not in self.unknown for leaf in self.leaves)


@dataclass(frozen=True)
class Sensitive:
    """A sensitive attribute: its value in each row, all values in order, and the labels above each of them."""

    values: tuple[Label, ...]
    order: tuple[Label, ...]
    tree: Mapping[Label, tuple[Label, ...]] | None = None


@dataclass(frozen=True)
class Table:
    """Rows of quasi-identifier values, the sensitive attributes beside them, and the people of a population.

    `persons` has the person of each row where several can be one person's.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Label, ...], ...]
    sensitive: Mapping[str, Sensitive] = field(default_factory=dict)
    population: tuple[tuple[Label, ...], ...] = ()
    persons: tuple[int, ...] = ()

    def people(self, members: Sequence[int]) -> int:
        """Persons of some rows."""
        return len({self.persons[row] for row in members}) if self.persons else len(members)

    @property
    def n_records(self) -> int:
        return len(self.rows)

    @property
    def top(self) -> Node:
        return tuple(column.height for column in self.columns)

    def has_unknown(self, row: int) -> bool:
        return self.is_unknown(self.rows[row])

    def is_unknown(self, values: Sequence[Label]) -> bool:
        return any(value in column.unknown for column, value in zip(self.columns, values, strict=True))

    def labels(self, values: Sequence[Label], node: Node) -> tuple[Label, ...]:
        return tuple(
            column.label(value, level) for column, value, level in zip(self.columns, values, node, strict=True)
        )


Rule = Callable[[Table, Sequence[int], int], bool]
"""Whether the class of these rows is safe, given how many people of the population are in it."""

ReleaseRule = Callable[[Sequence[int]], bool]
"""Whether classes of so many persons may be released together."""


def counts(table: Table, name: str, members: Sequence[int]) -> Counter[Label]:
    return Counter(table.sensitive[name].values[row] for row in members)


def k_anonymity(k: int) -> Rule:
    return lambda table, members, _people: table.people(members) >= k


def distinct_diversity(l: int, name: str) -> Rule:  # noqa: E741
    return lambda table, members, _people: len(counts(table, name, members)) >= l


def entropy_diversity(l: float, name: str) -> Rule:  # noqa: E741
    def holds(table: Table, members: Sequence[int], _people: int) -> bool:
        shares = [count / len(members) for count in counts(table, name, members).values()]
        return -math.fsum(share * math.log(share) for share in shares) >= math.log(l) - 1e-9

    return holds


def recursive_diversity(c: Fraction, l: int, name: str) -> Rule:  # noqa: E741
    def holds(table: Table, members: Sequence[int], _people: int) -> bool:
        falling = sorted(counts(table, name, members).values(), reverse=True)
        return len(falling) >= l and falling[0] < c * sum(falling[l - 1 :])

    return holds


def t_closeness(t: Fraction, name: str, distance: str) -> Rule:
    measure = {"equal": equal_distance, "ordered": ordered_distance, "hierarchical": hierarchical_distance}[distance]
    return lambda table, members, _people: measure(table, name, members) <= t


def beta_likeness(beta: Fraction, name: str, variant: str) -> Rule:
    def holds(table: Table, members: Sequence[int], _people: int) -> bool:
        gains = [(p - q, q) for p, q in shares(table, name, members) if p > q]
        if variant == "basic":
            return all(gain / q <= beta for gain, q in gains)
        return all(gain / q <= beta and gain / q <= -math.log(q) for gain, q in gains)

    return holds


def delta_disclosure(delta: float, name: str) -> Rule:
    return lambda table, members, _people: all(
        abs(math.log(p / q)) < delta for p, q in shares(table, name, members) if p > 0
    )


def alpha_k(alpha: Fraction, k: int, name: str) -> Rule:
    return lambda table, members, _people: (
        table.people(members) >= k and all(p <= alpha for p, _ in shares(table, name, members))
    )


def k_map(k: int) -> Rule:
    return lambda _table, _members, people: people >= k


def delta_presence(least: Fraction, most: Fraction) -> Rule:
    return lambda _table, members, people: people > 0 and least <= Fraction(len(members), people) <= most


def average_risk(threshold: Fraction) -> ReleaseRule:
    """The mean over records of 1 / size of their class."""
    return lambda sizes: (
        not sizes
        or sum((Fraction(1, size) for size in sizes for _ in range(size)), Fraction(0)) / sum(sizes) <= threshold
    )


def population_uniqueness(threshold: Fraction, population_size: int) -> ReleaseRule:
    """Zayatz' estimate in fractions, with the hypergeometric chances counted as ways to draw."""

    def holds(sizes: Sequence[int]) -> bool:
        n, alone = sum(sizes), sum(size == 1 for size in sizes)
        if not alone:
            return True
        ways = math.comb(population_size, n)
        chance_of_one = [
            Fraction(size * math.comb(population_size - size, n - 1), ways) if size <= population_size else Fraction(0)
            for size in sizes
        ]
        chance = alone * Fraction(n, population_size) / sum(chance_of_one, Fraction(0))
        return alone * chance / n <= threshold

    return holds


def shares(table: Table, name: str, members: Sequence[int]) -> list[tuple[Fraction, Fraction]]:
    """p and q of every value of the table."""
    whole, part = counts(table, name, range(table.n_records)), counts(table, name, members)
    return [(Fraction(part[each], len(members)), Fraction(whole[each], table.n_records)) for each in whole]


def excess(table: Table, name: str, members: Sequence[int]) -> dict[Label, Fraction]:
    """p - q of every value, in order."""
    whole, part = counts(table, name, range(table.n_records)), counts(table, name, members)
    return {
        value: Fraction(part[value], len(members)) - Fraction(whole[value], table.n_records)
        for value in table.sensitive[name].order
        if whole[value]
    }


def equal_distance(table: Table, name: str, members: Sequence[int]) -> Fraction:
    return sum((abs(moved) for moved in excess(table, name, members).values()), Fraction(0)) / 2


def ordered_distance(table: Table, name: str, members: Sequence[int]) -> Fraction:
    carried, work = Fraction(0), Fraction(0)
    moved = excess(table, name, members)
    for surplus in moved.values():
        carried += surplus
        work += abs(carried)
    return work / max(len(moved) - 1, 1)


def hierarchical_distance(table: Table, name: str, members: Sequence[int]) -> Fraction:
    """Earth mover's distance on a tree: what crosses each edge, an edge being 1 / (2 x height) long.

    Two leaves whose least common ancestor stands at height h are 2h edges apart, so h / height: the ground distance of
    the definition, computed another way than by the cost of each inner node.
    """
    tree = table.sensitive[name].tree
    assert tree is not None
    height = len(next(iter(tree.values()))) - 1
    crossing: defaultdict[tuple[int, Label], Fraction] = defaultdict(Fraction)
    for value, surplus in excess(table, name, members).items():
        for level in range(height):
            crossing[level, tree[value][level]] += surplus
    return sum((abs(flow) for flow in crossing.values()), Fraction(0)) / (2 * height) if height else Fraction(0)


@dataclass(frozen=True)
class Outcome:
    """A node applied to the rows: safe classes, suppressed rows, every metric, and each attribute's part in it."""

    node: Node
    kept: tuple[tuple[int, ...], ...]
    lost: frozenset[int]
    scores: Mapping[str, float]
    by_attribute: Mapping[str, tuple[float, ...]]

    @property
    def suppressed(self) -> int:
        return len(self.lost)


def nodes(bottom: Node, top: Node) -> Iterator[Node]:
    return product(*(range(low, high + 1) for low, high in zip(bottom, top, strict=True)))


def classes(table: Table, node: Node) -> list[tuple[int, ...]]:
    """The rows with equal labels, those that hold an unknown value left out."""
    members: defaultdict[tuple[Label, ...], list[int]] = defaultdict(list)
    for row, values in enumerate(table.rows):
        if not table.has_unknown(row):
            members[table.labels(values, node)].append(row)
    return [tuple(rows) for rows in members.values()]


def people_by_labels(table: Table, node: Node) -> Counter[tuple[Label, ...]]:
    """People of the population with the same labels, those that hold an unknown value left out."""
    return Counter(table.labels(values, node) for values in table.population if not table.is_unknown(values))


def evaluate(table: Table, node: Node, rules: Sequence[Rule], release_rules: Sequence[ReleaseRule] = ()) -> Outcome:
    people = people_by_labels(table, node)
    kept = tuple(
        rows
        for rows in classes(table, node)
        if all(rule(table, rows, people[table.labels(table.rows[rows[0]], node)]) for rule in rules)
    )
    while not all(rule([table.people(rows) for rows in kept]) for rule in release_rules):
        smallest = min(table.people(rows) for rows in kept)
        kept = tuple(rows for rows in kept if table.people(rows) > smallest)
    lost = frozenset(range(table.n_records)) - {row for rows in kept for row in rows}
    n, s = table.n_records, len(lost)
    by_attribute = {
        "loss": tuple(_loss(table, axis, level, lost) for axis, level in enumerate(node)),
        "precision": tuple(_precision(table, axis, level, s) for axis, level in enumerate(node)),
        "non_uniform_entropy": tuple(_entropy(table, axis, level, lost) for axis, level in enumerate(node)),
    }
    weights = [column.weight for column in table.columns]
    scores = {
        metric: math.fsum(weight * cost for weight, cost in zip(weights, costs, strict=True))
        / (1.0 if metric == "non_uniform_entropy" else math.fsum(weights))
        for metric, costs in by_attribute.items()
    }
    scores["discernibility"] = float(sum(len(rows) ** 2 for rows in kept) + s * n)
    scores["average_class_size"] = n / (len(kept) + (1 if s else 0))
    return Outcome(node, kept, lost, scores, by_attribute)


def _loss(table: Table, axis: int, level: int, lost: frozenset[int]) -> float:
    column = table.columns[axis]
    size = column.domain_size
    if size <= 1:
        return 0.0
    shares = [
        Fraction(1) if row in lost else Fraction(column.leaves_below(column.label(values[axis], level), level), size)
        for row, values in enumerate(table.rows)
    ]
    raw = sum(shares, Fraction(0)) / table.n_records
    return float(max((raw - Fraction(1, size)) / (1 - Fraction(1, size)), Fraction(0)))


def _precision(table: Table, axis: int, level: int, suppressed: int) -> float:
    climbed = Fraction(level, max(table.columns[axis].height, 1))
    return float(((table.n_records - suppressed) * climbed + suppressed) / table.n_records)


def _entropy(table: Table, axis: int, level: int, lost: frozenset[int]) -> float:
    column = table.columns[axis]
    raw = [values[axis] for values in table.rows]
    generalized = [column.label(value, level) for value in raw]
    of_raw, of_generalized = Counter(raw), Counter(generalized)
    of_lost = Counter(generalized[row] for row in lost)
    bits = [-math.log2(of_raw[a] / of_generalized[b]) for a, b in zip(raw, generalized, strict=True)]
    bits += [-math.log2(of_lost[generalized[row]] / len(lost)) for row in lost]
    return math.fsum(bits)


def outcomes(
    table: Table,
    rules: Sequence[Rule],
    bottom: Node | None = None,
    top: Node | None = None,
    release_rules: Sequence[ReleaseRule] = (),
) -> list[Outcome]:
    """Every node of the lattice, applied."""
    low, high = bottom or (0,) * len(table.columns), top or table.top
    return [evaluate(table, node, rules, release_rules) for node in nodes(low, high)]


def optimum(table: Table, found: Sequence[Outcome], metric: str, limit: int) -> Outcome | None:
    """The best node within the limit: least score; of ties, fewest suppressed, lowest sum, levels in order of names."""
    solutions = [outcome for outcome in found if outcome.suppressed <= limit]
    if not solutions:
        return None
    least = min(outcome.scores[metric] for outcome in solutions)
    ties = [outcome for outcome in solutions if outcome.scores[metric] <= least * (1 + TIE) + 1e-13]
    by_name = sorted(range(len(table.columns)), key=lambda axis: table.columns[axis].name)
    return min(ties, key=lambda tied: (tied.suppressed, sum(tied.node), tuple(tied.node[axis] for axis in by_name)))
