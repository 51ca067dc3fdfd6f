"""hypothesis strategies: small tables with every oddity that a definition allows, and what may be demanded of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from hypothesis import assume
from hypothesis import strategies as st

from anonspark.domain.lattice import Lattice
from anonspark.domain.model import PrivacyModel, ReleaseModel
from anonspark.models.alpha_k import AlphaK
from anonspark.models.average_risk import AverageRisk
from anonspark.models.beta_likeness import BetaLikeness
from anonspark.models.delta_disclosure import DeltaDisclosure
from anonspark.models.delta_presence import DeltaPresence
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.k_map import KMap
from anonspark.models.l_diversity import DistinctDiversity, EntropyDiversity, RecursiveDiversity
from anonspark.models.population_uniqueness import PopulationUniqueness
from anonspark.models.t_closeness import TCloseness
from anonspark.search.in_memory import InMemoryChecker
from anonspark.vocabulary import Distance, Likeness, Metric
from tests import oracle
from tests.reference import encoded

LABELS = (None, *"abcdefg")
"""Few, so that labels come again at other levels, and null among them."""

SENSITIVE = ("illness", "wage")
Row = tuple[oracle.Label, ...]
LIMITS = ("0", "0.05", "0.3", "1.0", "1.0")


@dataclass(frozen=True)
class Demand:
    """A privacy model and the oracle's rule for it."""

    model: PrivacyModel
    rule: oracle.Rule


@dataclass(frozen=True)
class ReleaseDemand:
    """A model of the whole release and the oracle's rule for it."""

    model: ReleaseModel
    rule: oracle.ReleaseRule


@dataclass(frozen=True)
class Problem:
    """A table with its demands, one metric, the limit in records and the lattice."""

    table: oracle.Table
    demands: tuple[Demand, ...]
    metric: Metric
    limit: int
    lattice: Lattice
    release_demands: tuple[ReleaseDemand, ...] = ()

    @property
    def release_models(self) -> list[ReleaseModel]:
        return [demand.model for demand in self.release_demands]

    @property
    def models(self) -> list[PrivacyModel]:
        return [demand.model for demand in self.demands]

    @property
    def rules(self) -> list[oracle.Rule]:
        return [demand.rule for demand in self.demands]

    @property
    def weights(self) -> list[float]:
        return [column.weight for column in self.table.columns]

    def outcomes(self) -> list[oracle.Outcome]:
        release_rules = [demand.rule for demand in self.release_demands]
        return oracle.outcomes(self.table, self.rules, self.lattice.bottom, self.lattice.top, release_rules)

    def optimum(self) -> oracle.Outcome | None:
        return oracle.optimum(self.table, self.outcomes(), self.metric.value, self.limit)


@st.composite
def nested_labels(draw: st.DrawFn, n_leaves: int, n_levels: int) -> tuple[tuple[oracle.Label, ...], ...]:
    """One row of labels a leaf; groups only merge upwards, and no two groups of a level have one label."""
    group = list(range(n_leaves))
    rows: list[list[oracle.Label]] = [[] for _ in range(n_leaves)]
    for level in range(n_levels):
        if level:
            merged = {each: draw(st.integers(0, max(n_leaves - level, 1) - 1)) for each in sorted(set(group))}
            group = [merged[each] for each in group]
        labels = draw(st.permutations(LABELS))
        for row, each in zip(rows, group, strict=True):
            row.append(labels[each])
    return tuple(map(tuple, rows))


@st.composite
def columns(draw: st.DrawFn, name: str, *, most_levels: int = 4, may_be_unknown: bool = False) -> oracle.Column:
    leaves = draw(nested_labels(draw(st.integers(1, 6)), draw(st.integers(1, most_levels))))
    values = [leaf[0] for leaf in leaves]
    unknown = draw(st.frozensets(st.sampled_from(values), max_size=1)) if may_be_unknown else frozenset()
    return oracle.Column(name, leaves, unknown, draw(st.sampled_from((1.0, 1.0, 0.5, 3.0))))


@st.composite
def sensitive(draw: st.DrawFn, n_rows: int) -> oracle.Sensitive:
    """One to five values, some of them rare, in an order and under a tree that have nothing to do with their counts."""
    n_values = draw(st.integers(1, 5))
    labels = draw(nested_labels(n_values, draw(st.integers(1, 3))))
    tree = {row[0]: (*row, "*") for row in labels}
    values = draw(st.lists(st.sampled_from(skewed(list(tree))), min_size=n_rows, max_size=n_rows))
    return oracle.Sensitive(tuple(values), tuple(draw(st.permutations(list(tree)))), tree)


def skewed(values: list[oracle.Label]) -> list[oracle.Label]:
    """The first value as often as all others together."""
    return values + values[:1] * len(values)


@st.composite
def tables(
    draw: st.DrawFn, *, most_columns: int = 4, most_levels: int = 4, may_be_unknown: bool = False
) -> oracle.Table:
    names = draw(st.permutations("pqrs"))[: draw(st.integers(1, most_columns))]
    of_name = [draw(columns(name, most_levels=most_levels, may_be_unknown=may_be_unknown)) for name in names]
    cells = st.tuples(*(st.sampled_from(skewed([leaf[0] for leaf in column.leaves])) for column in of_name))
    rows = draw(st.lists(cells, min_size=1, max_size=30))
    attributes = {name: draw(sensitive(len(rows))) for name in SENSITIVE}
    return oracle.Table(
        tuple(of_name), tuple(rows), attributes, draw(populations(rows, cells)), draw(persons(len(rows)))
    )


@st.composite
def persons(draw: st.DrawFn, n_rows: int) -> tuple[int, ...]:
    """Most often a row a person; else few persons, some of them with many rows."""
    if draw(st.sampled_from((True, True, False))):
        return ()
    numbers = skewed([str(number) for number in range(draw(st.integers(1, n_rows)))])
    return tuple(int(draw(st.sampled_from(numbers)) or 0) for _ in range(n_rows))


@st.composite
def populations(draw: st.DrawFn, rows: list[Row], cells: st.SearchStrategy[Row]) -> tuple[Row, ...]:
    """Most often the table's own records and others, some of whom have values that the table lacks; or strangers.

    Never empty, as a population that is given is not.
    """
    others = draw(st.lists(cells, min_size=1, max_size=30))
    return tuple([*rows, *others] if draw(st.sampled_from((True, True, True, False))) else others)


def k_demands() -> st.SearchStrategy[Demand]:
    return st.integers(1, 6).map(lambda k: Demand(KAnonymity(k), oracle.k_anonymity(k)))


def distinct_demands(name: str) -> st.SearchStrategy[Demand]:
    return st.integers(1, 3).map(lambda n: Demand(DistinctDiversity(n, name), oracle.distinct_diversity(n, name)))


def entropy_demands(name: str) -> st.SearchStrategy[Demand]:
    return st.sampled_from((1.0, 1.2, 1.5, 2.0, 2.5, 3.0)).map(
        lambda n: Demand(EntropyDiversity(n, name), oracle.entropy_diversity(n, name))
    )


def recursive_demands(name: str) -> st.SearchStrategy[Demand]:
    def demand(c: float, l: int) -> Demand:  # noqa: E741
        return Demand(RecursiveDiversity(c, l, name), oracle.recursive_diversity(Fraction(c), l, name))

    return st.builds(demand, st.sampled_from((0.5, 1.0, 1.5, 2.0, 4.0)), st.integers(1, 3))


def closeness_demands(name: str) -> st.SearchStrategy[Demand]:
    def demand(t: str, distance: Distance) -> Demand:
        return Demand(TCloseness(float(t), name, distance), oracle.t_closeness(Fraction(t), name, distance.value))

    return st.builds(demand, st.sampled_from(("0", "0.1", "0.2", "0.25", "0.5", "1")), st.sampled_from(Distance))


def likeness_demands(name: str) -> st.SearchStrategy[Demand]:
    def demand(beta: str, variant: Likeness) -> Demand:
        model = BetaLikeness(float(beta), name, variant)
        return Demand(model, oracle.beta_likeness(Fraction(beta), name, variant.value))

    return st.builds(demand, st.sampled_from(("0.1", "0.25", "0.5", "1", "2", "4")), st.sampled_from(Likeness))


def disclosure_demands(name: str) -> st.SearchStrategy[Demand]:
    return st.sampled_from((0.1, 0.3, 0.5, 0.7, 1.0, 1.5, 2.5)).map(
        lambda delta: Demand(DeltaDisclosure(delta, name), oracle.delta_disclosure(delta, name))
    )


def alpha_k_demands(name: str) -> st.SearchStrategy[Demand]:
    def demand(alpha: str, k: int) -> Demand:
        return Demand(AlphaK(float(alpha), k, name), oracle.alpha_k(Fraction(alpha), k, name))

    return st.builds(demand, st.sampled_from(("0.2", "0.3", "0.5", "0.6", "0.75", "0.9", "1")), st.integers(1, 5))


def k_map_demands() -> st.SearchStrategy[Demand]:
    return st.integers(1, 12).map(lambda k: Demand(KMap(k), oracle.k_map(k)))


def presence_demands() -> st.SearchStrategy[Demand]:
    def demand(least: str, most: str) -> Demand:
        return Demand(DeltaPresence(float(most), float(least)), oracle.delta_presence(Fraction(least), Fraction(most)))

    return st.builds(
        demand, st.sampled_from(("0", "0", "0.1", "0.2", "0.3")), st.sampled_from(("0.3", "0.5", "0.7", "0.8", "1"))
    )


def release_demands() -> st.SearchStrategy[ReleaseDemand]:
    """Limits that are reached exactly by some sizes; a population of at least the records of any table here."""
    average = st.sampled_from(("0.1", "0.2", "0.25", "0.4", "0.5", "0.7")).map(
        lambda share: ReleaseDemand(AverageRisk(float(share)), oracle.average_risk(Fraction(share)))
    )

    def uniqueness(share: str, people: int) -> ReleaseDemand:
        model = PopulationUniqueness(float(share), people)
        return ReleaseDemand(model, oracle.population_uniqueness(Fraction(share), people))

    shares = st.sampled_from(("0", "0.03", "0.07", "0.11", "0.23", "0.47"))
    return average | st.builds(uniqueness, shares, st.integers(31, 200))


KINDS: dict[str, Callable[[str], st.SearchStrategy[Demand]]] = {
    "k-anonymity": lambda _: k_demands(),
    "distinct": distinct_demands,
    "entropy": entropy_demands,
    "recursive": recursive_demands,
    "t-closeness": closeness_demands,
    "beta-likeness": likeness_demands,
    "delta-disclosure": disclosure_demands,
    "alpha-k": alpha_k_demands,
    "k-map": lambda _: k_map_demands(),
    "delta-presence": lambda _: presence_demands(),
}


def demands() -> st.SearchStrategy[Demand]:
    """Any model on either sensitive attribute."""
    return st.tuples(st.sampled_from(sorted(KINDS)), st.sampled_from(SENSITIVE)).flatmap(
        lambda kind: KINDS[kind[0]](kind[1])
    )


@st.composite
def lattices(draw: st.DrawFn, top: oracle.Node) -> Lattice:
    """The whole lattice, or any box inside it."""
    if draw(st.booleans()):
        return Lattice((0,) * len(top), top)
    levels = [sorted(draw(st.tuples(st.integers(0, high), st.integers(0, high)))) for high in top]
    return Lattice(tuple(low for low, _ in levels), tuple(high for _, high in levels))


@st.composite
def problems(draw: st.DrawFn, *, most_columns: int = 4, most_levels: int = 4) -> Problem:
    table = draw(
        tables(
            most_columns=most_columns,
            most_levels=most_levels,
            may_be_unknown=draw(st.sampled_from((False, False, True))),
        )
    )
    asked = tuple(draw(st.lists(demands(), min_size=1, max_size=3)))
    limit = int(Fraction(draw(st.sampled_from(LIMITS))) * table.n_records)
    of_release = (
        tuple(draw(st.lists(release_demands(), max_size=2))) if draw(st.sampled_from("yyynnnnnnn")) == "y" else ()
    )
    return Problem(table, asked, draw(st.sampled_from(Metric)), limit, draw(lattices(table.top)), of_release)


def of_classes_alone(problem: Problem) -> Problem:
    """The same without models of a population or of the whole release; rejected where none is left."""
    demands = tuple(demand for demand in problem.demands if not demand.model.needs_population)
    assume(demands)
    return replace(problem, demands=demands, release_demands=(), table=replace(problem.table, population=()))


def checker_of(problem: Problem, *, cache_bytes: int = 1 << 20) -> InMemoryChecker:
    """What judges the nodes of a problem."""
    hierarchies, classes = encoded(problem.table)
    return InMemoryChecker(
        classes,
        hierarchies,
        problem.models,
        problem.lattice,
        problem.limit,
        release_models=problem.release_models,
        weights=problem.weights,
        cache_bytes=cache_bytes,
    )
