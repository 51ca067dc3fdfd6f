from dataclasses import replace

import numpy as np
import pytest

from anonspark.domain.classes import classes_of_sizes
from anonspark.models.k_map import KMap

CLASSES = replace(classes_of_sizes(1, 9, 3), population=np.array([5, 4, 0]))


def test_people_of_the_population_count_and_records_do_not() -> None:
    assert KMap(5).satisfied(CLASSES).tolist() == [True, False, False]
    assert KMap(5).unavoidable(CLASSES).tolist() == [0, 9, 3]


def test_one_record_can_be_a_safe_class_and_what_contains_a_safe_class_is_safe() -> None:
    assert KMap(5).smallest_safe_class == 1
    assert KMap(5).monotone


def test_classes_that_know_no_population_are_an_error() -> None:
    with pytest.raises(ValueError, match="population"):
        KMap(2).satisfied(classes_of_sizes(2))
