"""What every model of a whole release must keep to."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.classes import size_counts
from anonspark.domain.model import ReleaseModel
from anonspark.models.average_risk import AverageRisk
from anonspark.models.population_uniqueness import PopulationUniqueness
from tests import oracle

sizes = st.lists(st.integers(1, 12), max_size=25)
shares = st.sampled_from(("0", "0.05", "0.1", "0.2", "0.25", "0.5", "1"))
models = st.one_of(
    shares.filter(lambda share: share != "0").map(
        lambda share: (AverageRisk(float(share)), oracle.average_risk(Fraction(share)))
    ),
    st.tuples(shares, st.integers(300, 2000)).map(
        lambda given: (
            PopulationUniqueness(float(given[0]), given[1]),
            oracle.population_uniqueness(Fraction(given[0]), given[1]),
        )
    ),
)


@given(models, sizes)
def test_what_stays_is_safe_together_at_every_larger_size_too_and_with_one_more_size_it_is_not(
    model_and_rule: tuple[ReleaseModel, oracle.ReleaseRule], of_classes: list[int]
) -> None:
    model, holds = model_and_rule
    smallest = model.smallest_kept(size_counts(np.array(of_classes, dtype=np.int64)))
    for least in range(smallest, 14):
        assert holds([size for size in of_classes if size >= least])
    given_up = [size for size in of_classes if size < smallest]
    if given_up:
        assert not holds([size for size in of_classes if size >= max(given_up)])
