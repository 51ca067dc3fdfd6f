import numpy as np
import pytest

from anonspark.domain.arrays import CountArray
from anonspark.domain.classes import size_counts
from anonspark.models.average_risk import AverageRisk


def array(*sizes: int) -> CountArray:
    return np.array(sizes, dtype=np.int64)


@pytest.mark.parametrize(
    ("threshold", "smallest"),
    [(0.4, 1), (0.39, 2), (0.25, 2), (0.24, 6), (1 / 6, 6), (0.16, 7)],
)
def test_classes_are_given_up_from_the_smallest_on_until_the_mean_is_low_enough(
    threshold: float, smallest: int
) -> None:
    # 4 classes of 10 records; without those of one 2 of 8; the largest alone 1 of 6.
    assert AverageRisk(threshold).smallest_kept(size_counts(array(6, 1, 2, 1))) == smallest


def test_of_no_classes_none_needs_to_go() -> None:
    assert AverageRisk(0.1).smallest_kept(size_counts(array())) == 1


def test_a_class_that_stays_can_have_to_go_where_others_are_merged() -> None:
    model = AverageRisk(1 / 3)
    assert model.smallest_kept(size_counts(array(*[1] * 8, 2, 7))) == 2
    assert model.smallest_kept(size_counts(array(*[2] * 4, 2, 7))) == 7
