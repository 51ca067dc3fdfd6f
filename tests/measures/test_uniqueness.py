"""Estimated uniques by hand, in fractions, and against an independent engine's figures."""

from fractions import Fraction
from math import comb
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.classes import size_counts
from anonspark.measures.uniqueness import zayatz_uniques
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
