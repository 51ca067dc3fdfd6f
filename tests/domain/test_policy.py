from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.policy import Policy, QuasiIdentifier
from anonspark.domain.rules import DerivedRule
from anonspark.vocabulary import Metric, Suppression


@given(st.integers(0, 10**6), st.integers(0, 10**12))
def test_the_limit_is_the_floor_of_the_share_as_it_is_written(millionths: int, records: int) -> None:
    policy = Policy((), (), max_suppression=float(f"{millionths}e-6"))
    assert policy.suppression_limit(records) == floor(Fraction(millionths, 10**6) * records)


@pytest.mark.parametrize(
    ("share", "records", "limit"), [(0.29, 100, 29), (0.07, 100, 7), (0.0, 10, 0), (1.0, 10, 10), (1e-5, 300_000, 3)]
)
def test_a_decimal_share_is_no_float_a_hair_below_it(share: float, records: int, limit: int) -> None:
    assert Policy((), (), max_suppression=share).suppression_limit(records) == limit


def test_what_a_policy_does_not_say_is_the_seeds_default() -> None:
    policy = Policy((QuasiIdentifier("age"), QuasiIdentifier("zip")), ())
    assert policy.names == ("age", "zip")
    assert policy.quasi_identifiers[0].rule == DerivedRule()
    assert (policy.max_suppression, policy.metric, policy.suppression) == (0.0, Metric.LOSS, Suppression.MASK)
    assert policy.risk_threshold == 0.2
