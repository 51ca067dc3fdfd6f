"""Both checkers on the shared tables, node by node: whole searches on the cluster would take minutes each.

All tables of the shared data; those with lattices of 8.5e7 and 4.9e13 nodes too, as nodes are drawn and not listed.
The population is the table, each combination once, twice or three times as often.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from pyspark.sql import SparkSession

from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.encode import build_hierarchies, encode
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.lattice import Lattice, Node, lattice_of
from anonspark.domain.model import PrivacyModel, ReleaseModel
from anonspark.domain.policy import Policy, QuasiIdentifier, SensitiveAttribute
from anonspark.domain.population import with_population
from anonspark.domain.rules import TableRule
from anonspark.errors import TooManyClassesError
from anonspark.frames import aggregate
from anonspark.frames.aggregate import collect_classes, collect_or_keep_classes
from anonspark.frames.checker import ClusterChecker
from anonspark.frames.combinations import ClusterCombinations
from anonspark.frames.encoded import EncodedClasses, encode_on_cluster, sensitive_orders
from anonspark.frames.people import people_of
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
from anonspark.search.checker import NodeChecker, NodeVerdict
from anonspark.search.in_memory import InMemoryChecker
from anonspark.search.objectives import objective_of
from anonspark.search.strategies import find_node
from anonspark.vocabulary import Distance, Likeness, Metric, Strategy
from benchmarks.workloads import read_rows
from tests.frames.test_checker import told_all

pytestmark = pytest.mark.nightly

SENSITIVE = {
    "adult": "occupation",
    "adult_int": "occupation",
    "atus": "Highest level of school completed",
    "creditcard_int": "EDUCATION",
    "cup": "RAMNTALL",
    "fars_subset": "istatenum",
    "ihis": "EDUC",
    "mach2019_int": "religion",
}
"""The sensitive attribute of each table; all its other columns are quasi-identifiers."""

LEAST_HEAP = {"ihis": 5}
"""In GiB, for the 1.2 million raw classes of that table; see the option `--heap`."""

DRAWN_NODES = 3
"""Between the bottom and the top, which are judged too."""

FREE_ATTRIBUTES = {"adult": 3, "cup": 2}
"""Of the tables that are searched as a whole."""


def models_on(sensitive: str) -> list[PrivacyModel]:
    """Every model of classes, as strict as some classes of the tables satisfy and some do not."""
    return [
        KAnonymity(5),
        DistinctDiversity(3, sensitive),
        EntropyDiversity(2.5, sensitive),
        RecursiveDiversity(3.0, 2, sensitive),
        *(TCloseness(0.25, sensitive, distance) for distance in Distance),
        *(BetaLikeness(1.0, sensitive, variant) for variant in Likeness),
        DeltaDisclosure(1.5, sensitive),
        AlphaK(0.6, 5, sensitive),
    ]


OF_PEOPLE: list[PrivacyModel] = [KMap(8), DeltaPresence(0.6, 0.4)]
OF_RELEASE: list[ReleaseModel] = [AverageRisk(0.1), PopulationUniqueness(0.01, 10_000_000)]


@dataclass(frozen=True, eq=False)
class BothWays:
    """One table as each of the checkers takes it."""

    hierarchies: tuple[GeneralizationHierarchy, ...]
    classes: EquivalenceClasses
    encoded: EncodedClasses
    with_people: EquivalenceClasses
    encoded_people: EncodedClasses

    @property
    def lattice(self) -> Lattice:
        return lattice_of(self.hierarchies)

    def checkers(
        self,
        models: Sequence[PrivacyModel],
        of_release: Sequence[ReleaseModel],
        cache_bytes: int,
        *,
        lattice: Lattice | None = None,
        limit: int | None = None,
    ) -> tuple[ClusterChecker, InMemoryChecker]:
        """Without a limit the suppressed records of every node are told."""
        records = self.classes.n_records if limit is None else limit
        given = (self.hierarchies, models, lattice or self.lattice, records)
        people = any(model.needs_population for model in models)
        encoded, classes = (self.encoded_people, self.with_people) if people else (self.encoded, self.classes)
        on_cluster = ClusterChecker(encoded, *given, release_models=of_release, cache_bytes=cache_bytes)
        weights = [1.0] * len(self.hierarchies)
        return on_cluster, InMemoryChecker(classes, *given, release_models=of_release, weights=weights)


def policy_of(folder: Path, sensitive: str) -> Policy:
    """The hierarchies of a table's folder; no models."""
    rules = {
        file.stem: TableRule(tuple(map(tuple, read_rows(str(file), ";"))))
        for file in sorted((folder / "hierarchies").glob("*.csv"))
    }
    attributes = tuple(QuasiIdentifier(name, rule) for name, rule in rules.items() if name != sensitive)
    return Policy(attributes, (), (SensitiveAttribute(sensitive, rules[sensitive]),))


@contextmanager
def both_ways(spark: SparkSession, folder: Path, sensitive: str) -> Iterator[BothWays]:
    """The classes of a table on the driver, and on the cluster as if they did not fit the driver."""
    policy = policy_of(folder, sensitive)
    table = spark.read.csv(str(next(folder.glob("*.csv*"))), sep=";", header=True)
    with ExitStack() as held:
        raw = collect_classes(table, policy.names, [sensitive], 1 << 31)
        with patch.object(aggregate, "_collected", side_effect=TooManyClassesError("There are too many.")):
            kept = collect_or_keep_classes(table, policy.names, [sensitive], 1 << 31, held)
        assert isinstance(kept, ClusterCombinations)
        hierarchies = build_hierarchies(policy, raw)
        weights = [attribute.weight for attribute in policy.quasi_identifiers]
        orders = sensitive_orders(policy, kept)
        times = np.random.default_rng(1).integers(1, 4, len(raw.counts))
        population = replace(raw, sensitive=(), counts=raw.counts * times)
        find_people = partial(people_of, population, policy, hierarchies, spark=spark)
        again = replace(kept, held=held.enter_context(ExitStack()))
        encoded_people = encode_on_cluster(again, hierarchies, orders, weights, find_people)
        encoded = encode_on_cluster(kept, hierarchies, orders, weights)
        classes = encode(raw, policy, hierarchies)
        with_people = with_population(classes, population, policy, hierarchies)
        yield BothWays(hierarchies, classes, encoded, with_people, encoded_people)


def drawn_nodes(lattice: Lattice) -> list[Node]:
    """The bottom, the top, and nodes between them, the same ones each time."""
    rng = np.random.default_rng(0)
    drawn = [tuple(rng.integers(0, np.array(lattice.top) + 1).tolist()) for _ in range(DRAWN_NODES)]
    return list(dict.fromkeys([lattice.bottom, *drawn, lattice.top]))


def scores(checker: NodeChecker, verdicts: Sequence[NodeVerdict]) -> list[list[float]]:
    """By metric, of each node."""
    objectives = [objective_of(metric, checker) for metric in Metric]
    return [[objective.score(verdict) for verdict in verdicts] for objective in objectives]


@pytest.mark.parametrize("name", SENSITIVE)
def test_nodes_are_judged_alike_in_memory_and_on_the_cluster(
    spark: SparkSession, shared: Path, pytestconfig: pytest.Config, name: str
) -> None:
    if pytestconfig.getoption("heap") < LEAST_HEAP.get(name, 1):
        pytest.skip(f"{name} needs --heap {LEAST_HEAP[name]}")
    folder = shared / "data" / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not among the reference data")
    models = models_on(SENSITIVE[name])
    apart = [([model], [], 0) for model in models]
    whole: list[tuple[list[PrivacyModel], list[ReleaseModel], int]] = [
        ([KMap(8)], [], 0),
        (OF_PEOPLE, [], 1 << 28),
        ([], OF_RELEASE[:1], 0),
        ([KAnonymity(2), *OF_PEOPLE], OF_RELEASE, 1 << 28),
    ]
    with both_ways(spark, folder, SENSITIVE[name]) as table:
        nodes = drawn_nodes(table.lattice)
        for asked, of_release, cache_bytes in [*apart, *whole, (models, [], 1 << 28)]:
            on_cluster, in_memory = table.checkers(asked, of_release, cache_bytes)
            expected = in_memory.check(nodes, with_lost=True)
            found = on_cluster.check(nodes, with_lost=True)
            assert told_all(found) == told_all(expected), (asked, of_release)
            assert scores(on_cluster, found) == scores(in_memory, expected), (asked, of_release)


def few_free(lattice: Lattice, free: int) -> Lattice:
    """The lattice with all attributes but the highest ones at their tops: small enough for whole searches."""
    highest = sorted(range(len(lattice.top)), key=lambda axis: (-lattice.top[axis], axis))[:free]
    bottom = tuple(0 if axis in highest else level for axis, level in enumerate(lattice.top))
    return Lattice(bottom, lattice.top)


@pytest.mark.parametrize("name", FREE_ATTRIBUTES)
def test_whole_searches_end_at_the_same_node_in_memory_and_on_the_cluster(
    spark: SparkSession, shared: Path, name: str
) -> None:
    folder = shared / "data" / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not among the reference data")
    asked: list[tuple[list[PrivacyModel], list[ReleaseModel]]] = [([each], []) for each in models_on(SENSITIVE[name])]
    asked += [([each], []) for each in OF_PEOPLE] + [([KAnonymity(2)], [each]) for each in OF_RELEASE]
    with both_ways(spark, folder, SENSITIVE[name]) as table:
        lattice, limit = few_free(table.lattice, FREE_ATTRIBUTES[name]), table.classes.n_records // 20
        for place, (models, of_release) in enumerate(asked):
            metric = list(Metric)[place % len(Metric)]
            found = [
                find_node(Strategy.OPTIMAL, checker, metric)
                for checker in table.checkers(models, of_release, 1 << 20, lattice=lattice, limit=limit)
            ]
            nodes = [None if each.best is None else (each.best.node, each.best.suppressed) for each in found]
            assert nodes[0] == nodes[1], (models, of_release, metric)
            assert found[0].optimal
            assert found[1].optimal
            assert found[0].score == pytest.approx(found[1].score, rel=1e-12), (models, of_release, metric)
