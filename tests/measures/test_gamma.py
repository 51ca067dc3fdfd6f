"""Sums of the gamma function's kin against sums and products written out."""

from math import fsum, lgamma, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.measures.gamma import harmonic, harmonics, log_gamma_ratio, root

starts = st.floats(1e-6, 1e6)


@given(starts, st.integers(0, 300))
def test_a_sum_of_inverses_is_the_one_written_out(start: float, terms: int) -> None:
    assert harmonic(start, terms) == pytest.approx(fsum(1 / (start + i) for i in range(terms)), rel=1e-13)


def test_a_short_sum_far_out_keeps_all_its_digits() -> None:
    assert harmonic(1e15, 3) == pytest.approx(3e-15, rel=1e-13)


def test_a_long_sum_is_the_difference_of_logarithms_and_costs_nothing() -> None:
    # Euler's constant.
    assert harmonic(1.0, 10**12) - log(10**12) == pytest.approx(0.5772156649015329, rel=1e-11)


@given(starts, st.lists(st.integers(0, 40), max_size=5))
def test_several_sums_are_each_of_them(start: float, terms: list[int]) -> None:
    found = harmonics(start, np.array(terms, dtype=np.int64))
    assert found.tolist() == pytest.approx([harmonic(start, of_each) for of_each in terms], rel=1e-13)


@given(st.floats(1e-3, 100), st.floats(0, 1))
def test_a_ratio_of_gamma_functions_is_the_library_s(start: float, step: float) -> None:
    assert log_gamma_ratio(start, step) == pytest.approx(lgamma(start + step) - lgamma(start), abs=1e-12, rel=1e-12)


def test_a_ratio_far_out_keeps_the_digits_that_a_difference_loses() -> None:
    # gamma(x + 1/2) / gamma(x) is sqrt(x) (1 - 1 / (8 x) + ...).
    assert log_gamma_ratio(1e12, 0.5) == pytest.approx(0.5 * log(1e12) - 1 / 8e12, rel=1e-15)


def test_a_root_at_an_end_is_found_and_one_sign_is_no_root() -> None:
    assert (root(lambda x: x, 0.0, 1.0), root(lambda x: x - 1, 0.0, 1.0)) == (0.0, 1.0)
    assert root(lambda x: x * x + 1, -1.0, 1.0) is None
