"""The slide negative binomial model against chances summed up, its own expectations, and populations drawn from it."""

from math import comb, exp, lgamma, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.classes import size_counts
from anonspark.measures.negative_binomial import (
    SlideNegativeBinomial,
    classes_in_population,
    fit_slide_negative_binomial,
    solve_slide_negative_binomial,
)


def seen(number: int, shape: float, p: float, fraction: float) -> float:
    """Chance that a class shows `number` people in the table, summed over its sizes in the population."""

    def of_size(size: int) -> float:
        others = size - 1
        return exp(lgamma(shape + others) - lgamma(shape) - lgamma(size) + shape * log(p) + others * log(1 - p))

    def shown(size: int) -> float:
        return comb(size, number) * fraction**number * (1 - fraction) ** (size - number)

    return sum(of_size(size) * shown(size) for size in range(max(number, 1), 400))


@given(st.floats(0.05, 3.0), st.floats(0.1, 0.9), st.floats(0.05, 0.95))
def test_from_the_numbers_that_a_model_expects_the_model_is_found(shape: float, p: float, fraction: float) -> None:
    ones, twos = (1000 * seen(number, shape, p, fraction) for number in (1, 2))
    found = solve_slide_negative_binomial(1000, fraction, ones, twos)
    assert found is not None
    assert (found.shape, found.chance) == (pytest.approx(shape, rel=1e-4), pytest.approx(p, rel=1e-4))
    assert found.expected_uniques == pytest.approx(1000 * p**shape, rel=1e-6)


def test_a_model_next_to_that_of_poisson_keeps_its_digits() -> None:
    assert SlideNegativeBinomial(1e6, 1e15, 2e-15).expected_uniques == pytest.approx(1e6 * exp(-2), rel=1e-12)


def test_more_alone_than_with_sizes_of_poisson_are_no_model_and_fewer_are_one() -> None:
    # By hand: of 1 + Poisson(2) people half are seen, one with chance e^-1 (1/2 + 1/2), two with e^-1 (1/2 + 1/4).
    assert solve_slide_negative_binomial(1e6, 0.5, 1.01e6 * exp(-1), 1e6 * 0.75 * exp(-1)) is None
    found = solve_slide_negative_binomial(1e6, 0.5, 0.99e6 * exp(-1), 1e6 * 0.75 * exp(-1))
    assert found is not None
    assert found.expected_uniques == pytest.approx(1e6 * exp(-2), rel=0.05)


def test_by_hand_where_the_model_is_geometric() -> None:
    # Of 1,000 classes with sizes 1, 2, 3, ... of chance 1/2, 1/4, 1/8, ..., in a table of half of the people: a class
    # shows none with chance 1/3, one with 4/9, two with 4/27: those of the generating function (1 + s) / (3 - s).
    found = solve_slide_negative_binomial(1000, 0.5, 1000 * 4 / 9, 1000 * 4 / 27)
    assert found is not None
    assert (found.shape, found.chance) == (pytest.approx(1.0), pytest.approx(0.5))
    assert found.expected_uniques == pytest.approx(500)


def test_more_classes_of_one_than_any_model_expects_are_no_model() -> None:
    assert solve_slide_negative_binomial(1000, 0.5, 900, 50) is None


def test_without_a_class_of_two_there_is_nothing_to_fit() -> None:
    assert fit_slide_negative_binomial([(1, 5), (3, 2)], 0.2) is None
    assert fit_slide_negative_binomial([(2, 5)], 0.2) is None


def test_by_hand_the_number_of_classes_of_a_population() -> None:
    # f = 1/2, classes of 1 and 2: unseen 1/2 + 1/4; seen once 1/2 + 1/2; f^2 terms 1/4 + 2 x 1/4 x 3/4; at random
    # (3/4 - 1/2) + (9/16 - 1/4). So 2 + (5/8) / (9/16) x (3/4)^2 = 2 + 5/8.
    assert classes_in_population([(1, 1), (2, 1)], 0.5) == pytest.approx(2.625)


def test_large_classes_do_not_overflow() -> None:
    assert classes_in_population([(1, 10), (10**9, 1)], 0.5) >= 11


@pytest.mark.parametrize(("shape", "p"), [(0.5, 0.3), (1.0, 0.5), (2.0, 0.6)])
def test_in_populations_drawn_from_the_model_it_finds_how_many_of_all_are_unique(shape: float, p: float) -> None:
    rng = np.random.default_rng(7)
    fraction, estimated = 0.5, []
    for _ in range(10):
        sizes = 1 + rng.negative_binomial(shape, p, 20_000)
        table = rng.binomial(sizes, fraction)
        found = fit_slide_negative_binomial(size_counts(table[table > 0]), fraction)
        assert found is not None
        estimated.append(found.expected_uniques)
    # The number of classes is estimated without the model, which a twentieth covers.
    assert np.mean(estimated) == pytest.approx(20_000 * p**shape, rel=0.05)
