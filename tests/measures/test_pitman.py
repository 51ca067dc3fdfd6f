"""Pitman's model against chances worked out by hand, a likelihood written out, and populations drawn from it."""

from math import log

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from anonspark.domain.classes import SizeCounts, size_counts
from anonspark.measures.pitman import PitmanModel, fit_pitman


def log_likelihood(sizes: list[int], alpha: float, theta: float) -> float:
    """Of classes of these sizes, person by person, up to what the parameters do not change."""
    total = -sum(log(theta + i) for i in range(1, sum(sizes)))
    total += sum(log(theta + i * alpha) for i in range(1, len(sizes)))
    return total + sum(log(i - alpha) for size in sizes for i in range(1, size))


def test_by_hand_the_second_of_two_people_stays_alone_with_the_chance_of_a_new_class() -> None:
    # theta 1, alpha 1/2: the second person starts a class with (1 + 1/2) / (1 + 1).
    assert PitmanModel(0.5, 1.5).expected_uniques(2) == pytest.approx(0.75)


def test_by_hand_of_three_people_each_is_alone_with_the_chance_of_the_last() -> None:
    # The third starts a class with (theta + alpha u) / (theta + 2): u is 2 with chance 3/4 and 1 with 1/4.
    assert PitmanModel(0.5, 1.5).expected_uniques(3) == pytest.approx(0.75 * 2 / 3 + 0.25 * 1.5 / 3)


def test_with_alpha_0_it_is_the_model_of_ewens_with_theta_over_theta_and_the_others() -> None:
    assert PitmanModel(0.0, 4.0).expected_uniques(11) == pytest.approx(4 / 14)


@given(st.lists(st.integers(1, 12), min_size=2, max_size=25))
def test_no_parameters_beside_those_found_make_the_classes_likelier(sizes: list[int]) -> None:
    assume(max(sizes) > 1)
    found = fit_pitman(size_counts(np.array(sizes)))
    assert found is not None
    alpha, theta = found.alpha, found.offset - found.alpha
    best = log_likelihood(sizes, alpha, theta)
    for a in [alpha, *np.linspace(0, 0.999, 23)]:
        for t in [theta, *(np.geomspace(1e-4, 1e6, 41) - a)]:
            if t > -a:
                assert log_likelihood(sizes, a, t) <= best + 1e-7 * abs(best)


@pytest.mark.parametrize("sizes", [[], [1], [7], [1, 1, 1]])
def test_one_class_or_nobody_alike_leave_the_likelihood_without_a_maximum(sizes: list[int]) -> None:
    assert fit_pitman(size_counts(np.array(sizes, dtype=np.int64))) is None


def population(alpha: float, theta: float, people: int, rng: np.random.Generator) -> list[int]:
    """The class of each person, one by one as the model says."""
    sizes: list[int] = []
    owner: list[int] = []
    for already in range(people):
        if rng.random() * (theta + already) < theta + alpha * len(sizes):
            sizes.append(1)
            owner.append(len(sizes) - 1)
            continue
        while True:  # a class with chance (size - alpha): that of a random person, refused with chance alpha / size
            one = owner[int(rng.integers(already))]
            if rng.random() >= alpha / sizes[one]:
                break
        sizes[one] += 1
        owner.append(one)
    return owner


@pytest.mark.parametrize(("alpha", "theta"), [(0.6, 20.0), (0.3, 200.0), (0.8, 5.0)])
def test_in_populations_drawn_from_the_model_it_finds_how_many_of_all_are_unique(alpha: float, theta: float) -> None:
    rng = np.random.default_rng(20)
    true, estimated = [], []
    for _ in range(5):
        owner = np.array(population(alpha, theta, 20_000, rng))
        true.append((np.bincount(owner) == 1).sum() / len(owner))
        sample = np.bincount(rng.choice(owner, 2_000, replace=False))
        counts: SizeCounts = size_counts(sample[sample > 0])
        found = fit_pitman(counts)
        assert found is not None
        estimated.append(found.expected_uniques(20_000))
    assert np.mean(estimated) == pytest.approx(np.mean(true), rel=0.1)
