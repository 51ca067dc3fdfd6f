"""Caps on the shares of sensitive values."""

import numpy as np

from anonspark.models.caps import records_above_caps, within_caps
from tests.reference import sensitive_classes

HISTOGRAMS = sensitive_classes("s", "aab", "abb", "aaaaab", order="ab").sensitive["s"]


def test_each_value_has_its_own_cap_and_a_share_of_exactly_the_cap_is_within() -> None:
    assert within_caps(HISTOGRAMS, np.array([2 / 3, 1 / 3])).tolist() == [True, False, False]
    assert within_caps(HISTOGRAMS, np.array([1.0, 1.0])).tolist() == [True, True, True]


def test_the_value_most_above_its_cap_decides_how_many_records_are_lost() -> None:
    # b: (2 - 1) / (1 - 1/3) = 1.5 of {a, b, b}; a: (5 - 4) / (1 - 2/3) = 3 of {a x 5, b}.
    assert records_above_caps(HISTOGRAMS, np.array([2 / 3, 1 / 3])).tolist() == [0, 2, 3]


def test_a_cap_of_1_is_never_passed_and_a_cap_of_0_by_every_record_of_the_value() -> None:
    assert records_above_caps(HISTOGRAMS, np.array([1.0, 0.0])).tolist() == [1, 2, 1]
