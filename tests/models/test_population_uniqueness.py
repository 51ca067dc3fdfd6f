import numpy as np
import pytest

from anonspark.domain.classes import size_counts
from anonspark.models.population_uniqueness import PopulationUniqueness


@pytest.mark.parametrize(("threshold", "smallest"), [(0.33, 1), (0.31, 2), (0.0, 2)])
def test_records_alone_in_their_class_go_where_too_many_are_unique_by_estimate(threshold: float, smallest: int) -> None:
    # 7/22 = 0.318: see the estimator.
    assert PopulationUniqueness(threshold, 8).smallest_kept(size_counts(np.array([1, 1, 2]))) == smallest


def test_nothing_goes_where_nobody_is_alone() -> None:
    assert PopulationUniqueness(0.0, 8).smallest_kept(size_counts(np.array([2, 3]))) == 1
    assert PopulationUniqueness(0.0, 8).smallest_kept(size_counts(np.array([], dtype=np.int64))) == 1


def test_classes_that_stay_can_have_to_go_where_others_are_merged() -> None:
    model = PopulationUniqueness(0.25, 8)
    assert model.smallest_kept(size_counts(np.array([1, 1, 2, 2]))) == 1
    assert model.smallest_kept(size_counts(np.array([1, 1, 4]))) == 2
