"""Risk by hand, by brute force on records, and against an independent engine's figures."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.classes import size_counts
from anonspark.measures.risk import AttackerRisk, Risk, measure_risk, risk_level
from anonspark.models.k_anonymity import KAnonymity
from anonspark.search.in_memory import InMemoryChecker
from tests.reference import load, results

WITH_RISK = (
    "adult-k=2-supp=0-metric=loss-risk=1",
    "adult-k=5-supp=0-metric=loss-risk=1",
    "adult-k=10-supp=0-metric=loss-risk=1",
    "adult-k=100-supp=0-metric=loss-risk=1",
    "adult-k=5-supp=0.05-metric=loss-risk=1",
    "adult-k=100-supp=0.05-metric=loss-risk=1",
    "adult-k=5-supp=1.0-metric=loss-risk=1",
    "cup-k=5-supp=0-metric=loss-risk=1",
    "cup-k=5-supp=0.05-metric=loss-risk=1",
)
ON_RAW_VALUES = ("adult-op=risk-pop=1000000", "fars_subset-op=risk-pop=1000000")
SIZES = st.lists(st.integers(1, 30), min_size=1, max_size=20)


def array(*sizes: int) -> np.ndarray:
    return np.array(sizes, dtype=np.int64)


def require_same(found: Risk, sizes: np.ndarray, expected: dict[str, Any]) -> None:
    """All figures that the independent engine gives."""
    for attacker in ("prosecutor", "journalist"):
        measures = getattr(found, attacker)
        for measure, value in expected[attacker].items():
            assert getattr(measures, measure) == pytest.approx(value, rel=1e-12), (attacker, measure)
    assert found.marketer == pytest.approx(expected["marketer"], rel=1e-12)
    assert found.unique_fraction == pytest.approx(expected["sample_unique_fraction"], rel=1e-12)
    assert [list(pair) for pair in size_counts(sizes)][:20] == expected["histogram"]
    assert len(size_counts(sizes)) == expected["histogram_entries"]
    assert (int(sizes.sum()), len(sizes)) == (expected["records"], expected["classes"])


def test_every_independent_risk_is_a_case(shared: Path) -> None:
    found = {entry["id"] for entry in results(shared) if "risk" in entry}
    assert found == {*WITH_RISK, *ON_RAW_VALUES}


@pytest.mark.parametrize("name", ON_RAW_VALUES)
def test_the_risk_of_a_raw_table_is_that_of_an_independent_engine(shared: Path, name: str) -> None:
    entry = next(entry for entry in results(shared) if entry["id"] == name)
    _, classes = load(shared, entry["dataset"], tuple(entry["qis"]))
    require_same(measure_risk(classes.sizes, entry["risk"]["threshold"]), classes.sizes, entry["risk"])


@pytest.mark.parametrize("name", WITH_RISK)
def test_the_risk_of_a_release_is_that_of_an_independent_engine(shared: Path, name: str) -> None:
    from anonspark.domain.lattice import lattice_of

    entry = next(entry for entry in results(shared) if entry["id"] == name)
    hierarchies, classes = load(shared, entry["dataset"], tuple(entry["qis"]))
    checker = InMemoryChecker(classes, hierarchies, [KAnonymity(entry["k"])], lattice_of(hierarchies), entry["rows"])
    at_node, safe = checker.classes_at(tuple(entry["levels"][qi] for qi in entry["qis"]))
    kept = at_node.sizes[safe]
    require_same(measure_risk(kept, entry["risk"]["threshold"]), kept, entry["risk"])


def test_classes_of_1_4_and_5_by_hand() -> None:
    risk = measure_risk(array(1, 4, 5), 0.2)
    # Ten records in three classes; one and four of them have a chance above 1/5.
    assert risk.prosecutor == AttackerRisk(highest=1.0, average=0.3, lowest=0.2, records_at_risk=0.5)
    assert risk.journalist == risk.prosecutor
    assert (risk.marketer, risk.unique_fraction, risk.level) == (0.3, 0.1, "very_high")


def test_a_population_lowers_the_journalists_chance_and_not_the_prosecutors() -> None:
    risk = measure_risk(array(1, 4), 0.2, array(10, 16))
    assert risk.prosecutor == AttackerRisk(highest=1.0, average=0.4, lowest=0.25, records_at_risk=1.0)
    # (1/10 + 4/16) / 5 = 0.07 of the records, against 2 classes of 26 people.
    assert risk.marketer == pytest.approx(0.07)
    assert risk.journalist.average == pytest.approx(2 / 26)
    assert (risk.journalist.highest, risk.journalist.lowest) == (0.1, 1 / 16)
    assert risk.journalist.records_at_risk == 0.0


def test_a_population_that_misses_people_of_the_table_counts_them() -> None:
    risk = measure_risk(array(5, 2), 0.2, array(0, 8))
    assert risk == measure_risk(array(5, 2), 0.2, array(5, 8))


@given(SIZES, st.floats(0.01, 1))
def test_the_prosecutors_figures_are_those_of_the_records_one_by_one(sizes: list[int], threshold: float) -> None:
    chances = [1 / size for size in sizes for _ in range(size)]
    risk = measure_risk(array(*sizes), threshold)
    assert risk.prosecutor.highest == max(chances)
    assert risk.prosecutor.lowest == min(chances)
    assert risk.prosecutor.average == pytest.approx(sum(chances) / len(chances))
    at_risk = sum(chance > threshold for chance in chances) / len(chances)
    assert risk.prosecutor.records_at_risk == pytest.approx(at_risk)
    assert risk.marketer == pytest.approx(risk.prosecutor.average)
    assert risk.unique_fraction == pytest.approx(sizes.count(1) / len(chances))


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 100)), min_size=1, max_size=20))
def test_the_journalists_figures_are_those_of_the_records_one_by_one(classes: list[tuple[int, int]]) -> None:
    sizes, around = array(*(size for size, _ in classes)), array(*(size + more for size, more in classes))
    chances = [1 / (size + more) for size, more in classes for _ in range(size)]
    risk = measure_risk(sizes, 0.1, around)
    assert risk.journalist.highest == max(chances)
    assert risk.journalist.lowest == min(chances)
    assert risk.marketer == pytest.approx(sum(chances) / len(chances))
    assert risk.journalist.average == pytest.approx(max(sum(chances) / len(chances), len(sizes) / around.sum()))
    at_risk = sum(chance > 0.1 for chance in chances) / len(chances)
    assert risk.journalist.records_at_risk == pytest.approx(at_risk)


@pytest.mark.parametrize(
    ("size", "level"), [(12, "low"), (11, "medium"), (5, "medium"), (4, "high"), (2, "high"), (1, "very_high")]
)
def test_the_level_follows_from_the_smallest_class(size: int, level: str) -> None:
    assert measure_risk(array(size, 100), 0.2).level == level


def test_a_level_reaches_up_to_its_limit() -> None:
    assert [risk_level(limit) for limit in (0.0, 0.09, 0.2, 0.5, 1.0)] == ["low", "low", "medium", "high", "very_high"]


def test_an_empty_release_has_no_risk() -> None:
    nothing = AttackerRisk(0.0, 0.0, 0.0, 0.0)
    assert measure_risk(array(), 0.2) == Risk(nothing, nothing, 0.0, 0.0, "low")
    assert measure_risk(array(), 0.2, array()) == measure_risk(array(), 0.2)


def test_a_class_of_exactly_the_threshold_is_not_at_risk() -> None:
    assert measure_risk(array(3, 10), 1 / 10).prosecutor.records_at_risk == pytest.approx(3 / 13)
    assert measure_risk(array(10), 1 / 10).prosecutor.records_at_risk == 0.0
