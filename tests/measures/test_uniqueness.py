"""Estimated uniques by hand, in fractions, and against an independent engine's figures."""

from fractions import Fraction
from math import comb, exp, lgamma, log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.classes import size_counts
from anonspark.measures.negative_binomial import fit_slide_negative_binomial
from anonspark.measures.pitman import fit_pitman
from anonspark.measures.uniqueness import Estimate, PopulationUniques, population_uniques, zayatz_uniques
from tests.reference import load, results


def array(*sizes: int) -> np.ndarray:
    return np.array(sizes, dtype=np.int64)


def test_by_hand_two_records_alone_and_two_alike_of_eight_people() -> None:
    # Chance of exactly one in a sample of 4 of 8: 1/2 for a class of one, 2 x 4/8 x 4/7 = 4/7 for one of two. So a
    # record alone is unique with 2 x 1/2 / (2 x 1/2 + 4/7) = 7/11, and 2 of 4 records are alone.
    assert zayatz_uniques(size_counts(array(1, 1, 2)), 8) == pytest.approx(7 / 22, rel=1e-15)


def test_where_the_table_is_the_population_who_is_alone_is_unique() -> None:
    assert zayatz_uniques(size_counts(array(1, 1, 1, 2, 5)), 10) == 0.3


def test_nobody_is_unique_without_a_class_of_one() -> None:
    assert zayatz_uniques(size_counts(array(2, 3)), 100) == 0.0
    assert zayatz_uniques(size_counts(array()), 100) == 0.0


def test_a_table_of_one_record_says_nothing_so_that_the_record_counts_as_unique() -> None:
    assert zayatz_uniques(size_counts(array(1)), 1000) == 1.0


def in_fractions(sizes: list[int], people: int) -> Fraction:
    n, alone = sum(sizes), sizes.count(1)
    if not alone:
        return Fraction(0)
    chances = [Fraction(size * comb(people - size, n - 1), comb(people, n)) for size in sizes]
    return alone * Fraction(n, people) * alone / sum(chances) / n


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12), st.integers(0, 3000))
def test_the_estimate_is_that_of_the_formula_in_fractions(sizes: list[int], others: int) -> None:
    people = sum(sizes) + others
    assert zayatz_uniques(size_counts(array(*sizes)), people) == pytest.approx(
        float(in_fractions(sizes, people)), rel=1e-12
    )


def test_a_class_too_large_to_show_only_one_record_changes_nothing_and_costs_nothing() -> None:
    sizes, people = array(*[1] * 5, *[2] * 5, 10**9), 2 * 10**9
    # Half of the people are in the table: of the five alone 5 x 1/2 / (5 x 1/2 + 5 x 1/2) are unique.
    assert zayatz_uniques(size_counts(sizes), people) * sizes.sum() == pytest.approx(2.5, rel=1e-6)


@pytest.mark.parametrize("name", ["adult-op=risk-pop=1000000", "fars_subset-op=risk-pop=1000000"])
def test_the_estimate_for_a_raw_table_is_that_of_an_independent_engine(shared: Path, name: str) -> None:
    entry = next(entry for entry in results(shared) if entry["id"] == name)
    _, classes = load(shared, entry["dataset"], tuple(entry["qis"]))
    expected = entry["risk"]["population_uniques_estimate"]["zayatz"]
    # It adds up logarithms of factorials, ten digits of which are left for a million people.
    assert zayatz_uniques(size_counts(classes.sizes), 1_000_000) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("name", ["adult-op=risk-pop=1000000", "fars_subset-op=risk-pop=1000000"])
def test_by_pitman_s_model_a_raw_table_has_the_uniques_of_an_independent_engine(shared: Path, name: str) -> None:
    entry = next(entry for entry in results(shared) if entry["id"] == name)
    _, classes = load(shared, entry["dataset"], tuple(entry["qis"]))
    expected = entry["risk"]["population_uniques_estimate"]
    counts = size_counts(classes.sizes)
    model = fit_pitman(counts)
    assert model is not None
    # It takes gamma(theta + alpha + N - 1) / gamma(theta + N) for N^(alpha - 1), which is what it tends to for large N.
    alpha, theta = model.alpha, model.offset - model.alpha
    for_large = exp(lgamma(theta + 1) - lgamma(theta + alpha) + (alpha - 1) * log(1_000_000))
    assert for_large == pytest.approx(expected["pitman"], rel=1e-9)
    found = population_uniques(counts, 1_000_000)
    assert found.pitman.share == pytest.approx(expected["pitman"], rel=2e-3)
    # Both choose Pitman's for a table of 3 % and of 1 % of the population.
    assert (found.chosen, found.share) == ("pitman", found.pitman.share)
    assert expected["dankar"] == expected["pitman"]


@pytest.mark.parametrize("name", ["adult-op=risk-pop=1000000", "fars_subset-op=risk-pop=1000000"])
def test_where_an_independent_engine_has_no_slide_negative_binomial_there_is_exactly_one(
    shared: Path, name: str
) -> None:
    # Its Newton iteration ends without a result, which it tells as 0: where the formula divides by (1 - d)^(a + 2), it
    # multiplies, so that its equations have no solution. Ours expect the table's classes of one and of two.
    entry = next(entry for entry in results(shared) if entry["id"] == name)
    _, classes = load(shared, entry["dataset"], tuple(entry["qis"]))
    counts, fraction = size_counts(classes.sizes), classes.n_records / 1_000_000
    assert entry["risk"]["population_uniques_estimate"]["snb"] == 0
    model = fit_slide_negative_binomial(counts, fraction)
    assert model is not None
    a, p = model.shape, model.chance
    d = (1 - fraction) * (1 - p)
    of_none = model.classes * (p / (1 - d)) ** a
    ones = of_none * fraction * (1 + a * d / (1 - d))
    twos = of_none * fraction**2 * (1 - p) * a * (2 - (1 - a) * d) / (2 * (1 - d) ** 2)
    assert (ones, twos) == (pytest.approx(counts[0][1]), pytest.approx(counts[1][1]))
    assert population_uniques(counts, 1_000_000).snb.share == pytest.approx(model.expected_uniques / 1_000_000)


def test_of_a_tenth_of_the_population_pitman_s_estimate_is_taken_and_of_more_the_lower_of_the_others() -> None:
    counts = [(1, 400), (2, 150), (3, 60), (9, 20)]  # 1,060 records
    tenth, more = population_uniques(counts, 10_600), population_uniques(counts, 10_599)
    assert (tenth.chosen, tenth.share) == ("pitman", tenth.pitman.share)
    assert more.snb.share is not None
    assert more.zayatz.share is not None
    assert more.share == min(more.snb.share, more.zayatz.share)
    assert more.chosen == ("snb" if more.share == more.snb.share else "zayatz")


def test_where_the_estimator_to_take_has_no_answer_zayatz_s_is_taken_and_the_other_says_so() -> None:
    small, large = population_uniques([(1, 9)], 900), population_uniques([(1, 9)], 18)
    for found in (small, large):
        assert (found.pitman, found.snb) == (Estimate(None, converged=False), Estimate(None, converged=False))
        assert (found.chosen, found.share) == ("zayatz", found.zayatz.share)


def test_without_a_class_of_one_or_with_the_whole_population_nothing_is_estimated() -> None:
    assert population_uniques([(2, 3)], 1000) == PopulationUniques(*[Estimate(0.0, converged=True)] * 3, "zayatz", 0.0)
    assert population_uniques([(1, 1), (2, 1)], 3).share == pytest.approx(1 / 3)
    assert population_uniques([], 1000).share == 0.0


@given(st.lists(st.integers(1, 30), min_size=1, max_size=30), st.integers(0, 10**6))
def test_no_estimate_is_above_the_share_of_records_that_are_alone(sizes: list[int], others: int) -> None:
    found = population_uniques(size_counts(array(*sizes)), sum(sizes) + others)
    for each in (found.zayatz, found.pitman, found.snb):
        assert each.converged == (each.share is not None)
        if each.share is not None:
            assert 0 <= each.share <= sizes.count(1) / sum(sizes) * (1 + 1e-12)
    assert found.share is not None
