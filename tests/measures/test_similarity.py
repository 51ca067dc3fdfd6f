"""Distances of distributions by hand, and what a distance must be."""

from math import log2, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.measures.similarity import distances


def test_by_hand_a_quarter_moved_by_two_places() -> None:
    found = distances(np.array([2, 1, 1]), np.array([0.25, 0.25, 0.5]), np.array([0, 1, 2]))
    assert found.total_variation == pytest.approx(1 / 4)
    # 1/4 is carried over two of two steps.
    assert found.earth_mover == pytest.approx(1 / 4)
    half = (0.5 * log2(0.5 / 0.375) + 0.25 * log2(0.25 / 0.375)) / 2
    other = (0.25 * log2(0.25 / 0.375) + 0.5 * log2(0.5 / 0.375)) / 2
    assert found.jensen_shannon == pytest.approx(sqrt(half + other))


def test_nothing_in_common_is_a_distance_of_one() -> None:
    found = distances(np.array([3, 0]), np.array([0.0, 1.0]), np.array([1, 0]))
    assert (found.total_variation, found.jensen_shannon, found.earth_mover) == (1.0, 1.0, 1.0)


def test_a_single_value_cannot_move() -> None:
    assert distances(np.array([3]), np.array([1.0]), np.array([0])).earth_mover == 0.0


counts = st.lists(st.integers(0, 9), min_size=4, max_size=4).filter(any)


@given(counts, counts)
def test_distances_are_within_their_bounds_and_zero_only_for_equal_shares(before: list[int], after: list[int]) -> None:
    shares = np.array(after) / sum(after)
    found = distances(np.array(before), shares, np.arange(4))
    assert found.earth_mover is not None
    for distance in (found.total_variation, found.jensen_shannon, found.earth_mover):
        assert 0 <= distance <= 1 + 1e-12
        assert (distance < 1e-6) == np.allclose(np.array(before) / sum(before), shares)
    # Lin (1991): the divergence in bits is at most the total variation.
    assert found.jensen_shannon**2 <= found.total_variation + 1e-9
    # The middle step is where each record moves at least one place of three.
    assert found.earth_mover >= found.total_variation / 3 - 1e-12
