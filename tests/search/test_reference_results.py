"""The search on real tables against an independent engine, whose optima an exhaustive check has confirmed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.lattice import lattice_of
from anonspark.domain.model import PrivacyModel
from anonspark.measures.utility import attribute_costs, average_class_size, discernibility, whole
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.l_diversity import DistinctDiversity, EntropyDiversity, RecursiveDiversity
from anonspark.models.t_closeness import TCloseness
from anonspark.search.in_memory import InMemoryChecker
from anonspark.search.incumbent import Found, Progress
from anonspark.search.objectives import objective_of
from anonspark.search.optimal import OptimalSearch
from anonspark.vocabulary import Distance, Metric
from tests.reference import load, results

METRICS = {
    "loss": Metric.LOSS,
    "dm": Metric.DISCERNIBILITY,
    "aecs": Metric.AVERAGE_CLASS_SIZE,
    "nue": Metric.NON_UNIFORM_ENTROPY,
    "precision": Metric.PRECISION,
}
WITHOUT_SOLUTION = "adult-sens=salary-class-k=5-supp=0-metric=loss-ld=recursive:3:2"
NIGHTLY = ("ihis_synth-k=5-supp=0-metric=loss",)
CASES = (
    "adult-k=2-supp=0-metric=loss-risk=1",
    "adult-k=5-supp=0-metric=loss-risk=1",
    "adult-k=10-supp=0-metric=loss-risk=1",
    "adult-k=100-supp=0-metric=loss-risk=1",
    "adult-k=5-supp=0.05-metric=loss-risk=1",
    "adult-k=100-supp=0.05-metric=loss-risk=1",
    "adult-k=5-supp=1.0-metric=loss-risk=1",
    "adult-k=5-supp=0-metric=dm",
    "adult-k=5-supp=1.0-metric=dm",
    "adult-k=5-supp=0-metric=aecs",
    "adult-k=5-supp=1.0-metric=aecs",
    "adult-k=5-supp=0-metric=nue",
    "adult-k=5-supp=1.0-metric=nue",
    "adult-k=5-supp=0-metric=precision",
    "adult-k=5-supp=1.0-metric=precision",
    "adult-sens=occupation-k=5-supp=0-metric=loss-ld=entropy:2",
    "adult-sens=occupation-k=5-supp=0.05-metric=loss-ld=entropy:2",
    "adult-sens=occupation-k=5-supp=0.05-metric=loss-ld=distinct:3",
    "adult-sens=occupation-k=5-supp=0-metric=loss-ld=recursive:3:2",
    "adult-sens=occupation-k=5-supp=0.05-metric=loss-ld=recursive:3:2",
    "adult-sens=occupation-k=5-supp=0.05-metric=loss-tc=equal:0.3",
    "adult-sens=occupation-k=5-supp=0-metric=loss-tc=hier:0.1",
    "adult-sens=occupation-k=5-supp=0.05-metric=loss-tc=hier:0.1",
    WITHOUT_SOLUTION,
    "adult-sens=salary-class-k=5-supp=0.05-metric=loss-tc=equal:0.2",
    "cup-k=5-supp=0-metric=loss-risk=1",
    "cup-k=5-supp=0.05-metric=loss-risk=1",
    "fars_subset-k=5-supp=0-metric=loss",
    "fars_subset-k=5-supp=0.05-metric=loss",
    "fars_subset-sens=istatenum-k=5-supp=0-metric=loss-tc=hier:0.2",
    *(pytest.param(case, marks=pytest.mark.nightly) for case in NIGHTLY),
)


def models_of(entry: dict[str, Any]) -> list[PrivacyModel]:
    """The demands of an entry: `ld` is a variant of l-diversity with its parameters, `tc` a distance and t."""
    models: list[PrivacyModel] = [KAnonymity(entry["k"])]
    match entry.get("ld", "").split(":"):
        case ["distinct", l]:
            models.append(DistinctDiversity(int(l), entry["sens"]))
        case ["entropy", l]:
            models.append(EntropyDiversity(float(l), entry["sens"]))
        case ["recursive", c, l]:
            models.append(RecursiveDiversity(float(c), int(l), entry["sens"]))
    match entry.get("tc", "").split(":"):
        case ["equal", t]:
            models.append(TCloseness(float(t), entry["sens"], Distance.EQUAL))
        case ["hier", t]:
            models.append(TCloseness(float(t), entry["sens"], Distance.HIERARCHICAL))
    return models


def checker_of(folder: Path, entry: dict[str, Any]) -> tuple[tuple[GeneralizationHierarchy, ...], InMemoryChecker]:
    hierarchies, classes = load(folder, entry["dataset"], tuple(entry["qis"]), entry.get("sens"))
    limit = int(entry["supp"] * classes.n_records + 1e-9)
    return hierarchies, InMemoryChecker(classes, hierarchies, models_of(entry), lattice_of(hierarchies), limit)


def search(checker: InMemoryChecker, metric: Metric) -> Found:
    return OptimalSearch(checker, objective_of(metric, checker)).run()


def entry_of(folder: Path, name: str) -> dict[str, Any]:
    return next(entry for entry in results(folder) if entry["id"] == name)


def test_every_entry_with_a_metric_is_a_case(shared: Path) -> None:
    cases = [case if isinstance(case, str) else case.values[0] for case in CASES]
    assert sorted(cases) == sorted(entry["id"] for entry in results(shared) if "metric" in entry)


@pytest.mark.parametrize("name", CASES)
def test_the_search_finds_the_optimum_of_an_independent_engine(shared: Path, name: str) -> None:
    entry = entry_of(shared, name)
    _, checker = checker_of(shared, entry)
    assert checker.leaves.n_records == entry["rows"]
    assert checker.lattice.size == entry["lattice_nodes"]

    found = search(checker, METRICS[entry["metric"]])

    assert found.optimal
    if not entry["found"]:
        assert found.best is None
        return
    assert found.best is not None
    assert found.score == pytest.approx(float(entry["arx_score"]), rel=1e-7)
    assert found.best.suppressed == entry["suppressed"]
    exhaustive = entry.get("exhaustive_check")
    if exhaustive is None:
        assert dict(zip(entry["qis"], found.best.node, strict=True)) == entry["levels"]
    else:
        assert found.score == pytest.approx(exhaustive["best_score"], rel=1e-9)
        assert list(found.best.node) in exhaustive["tied_optima"]


@pytest.mark.parametrize("name", [case for case in CASES if case != WITHOUT_SOLUTION])
def test_every_metric_and_class_of_the_independent_optimum_is_measured_as_there(shared: Path, name: str) -> None:
    entry = entry_of(shared, name)
    expected, per_attribute = entry["q"], entry["q"]["per_attribute"]
    hierarchies, checker = checker_of(shared, entry)
    node = tuple(entry["levels"][qi] for qi in entry["qis"])

    (verdict,) = checker.check([node], with_lost=True)
    lost, leaves, n_records = checker.lost_at(node), checker.leaves, entry["rows"]
    classes, safe = checker.classes_at(node)

    assert lost.records == verdict.suppressed == entry["suppressed"]
    assert int(safe.sum()) == verdict.kept_classes == expected["classes_kept"]
    assert classes.sizes[safe].min() == expected["smallest_class"]
    assert classes.sizes[safe].max() == expected["largest_class"]
    assert discernibility(verdict.kept_squares, lost.records, n_records) == expected["discernibility"]
    assert average_class_size(verdict.kept_classes, lost.records, n_records) == pytest.approx(
        expected["avg_class_size_arx"], rel=1e-12
    )
    for metric, key, of_attribute in (
        (Metric.LOSS, "loss_mean", "loss"),
        (Metric.PRECISION, "precision_loss_mean", "precision"),
        (Metric.NON_UNIFORM_ENTROPY, "nue_sum", "nue"),
    ):
        costs = attribute_costs(metric, leaves, lost, node)
        assert whole(metric, leaves.weights, costs) == pytest.approx(expected[key], rel=1e-9)
        # Their loss is rounded near 1e-11, and their entropy adds up tens of thousands of logarithms.
        assert np.array(costs) == pytest.approx(
            [per_attribute[qi][of_attribute] for qi in entry["qis"]], rel=1e-7, abs=1e-10
        )
    assert [hierarchy.height for hierarchy in hierarchies] == [entry["max_levels"][qi] for qi in entry["qis"]]


@pytest.mark.parametrize("name", ["adult-k=5-supp=0.05-metric=loss-risk=1", "adult-k=5-supp=1.0-metric=precision"])
def test_no_bound_that_a_search_tells_on_its_way_is_above_the_optimum(shared: Path, name: str) -> None:
    entry = entry_of(shared, name)
    _, checker = checker_of(shared, entry)
    told: list[Progress] = []
    OptimalSearch(checker, objective_of(METRICS[entry["metric"]], checker), on_progress=told.append).run()
    assert max(progress.bound for progress in told) <= float(entry["arx_score"]) * (1 + 1e-7)


@pytest.mark.parametrize("name", ["adult-k=5-supp=0.05-metric=loss-risk=1", "adult-k=5-supp=1.0-metric=precision"])
def test_a_search_out_of_time_says_so_and_gives_a_bound_that_the_optimum_keeps(shared: Path, name: str) -> None:
    entry = entry_of(shared, name)
    _, checker = checker_of(shared, entry)
    found = OptimalSearch(checker, objective_of(METRICS[entry["metric"]], checker), time_limit_s=0.0).run()
    assert found.best is not None
    assert not found.optimal
    assert found.bound <= float(entry["arx_score"]) <= found.score
