from dataclasses import replace

import numpy as np
import pytest

from anonspark.domain.classes import classes_of_sizes
from anonspark.models.delta_presence import DeltaPresence


def of(*records_and_people: tuple[int, int]):
    sizes, people = zip(*records_and_people, strict=True)
    return replace(classes_of_sizes(*sizes), population=np.array(people))


def test_the_share_of_people_that_are_in_the_table_is_between_both_bounds() -> None:
    classes = of((1, 4), (1, 5), (2, 4), (3, 4), (4, 4))
    assert DeltaPresence(0.5, 0.25).satisfied(classes).tolist() == [True, False, True, False, False]
    assert DeltaPresence(0.5).satisfied(classes).tolist() == [True, True, True, False, False]
    assert DeltaPresence(1.0).satisfied(classes).all()


@pytest.mark.parametrize(("share", "records", "people"), [(0.1, 1, 10), (0.3, 3, 10), (0.7, 7, 10), (0.55, 11, 20)])
def test_a_share_of_exactly_a_bound_is_safe(share: float, records: int, people: int) -> None:
    assert DeltaPresence(share, share).satisfied(of((records, people))).tolist() == [True]
    assert DeltaPresence(share, share).unavoidable(of((records, people))).tolist() == [0]


def test_a_class_of_nobody_in_the_population_is_unsafe_and_all_of_it_is_lost() -> None:
    assert DeltaPresence(1.0).satisfied(of((1, 0), (2, 1))).tolist() == [False, False]
    assert DeltaPresence(1.0).unavoidable(of((1, 0), (2, 1))).tolist() == [1, 1]


def test_records_beyond_the_upper_bound_are_lost_and_none_for_the_lower_one() -> None:
    # Of 10 people 5 may be in the table; of 3, one.
    classes = of((8, 10), (3, 3), (1, 100))
    assert DeltaPresence(0.5, 0.2).satisfied(classes).tolist() == [False, False, False]
    assert DeltaPresence(0.5, 0.2).unavoidable(classes).tolist() == [3, 2, 0]


def test_neither_what_contains_a_safe_class_nor_its_union_with_people_who_have_no_record_is_safe() -> None:
    model = DeltaPresence(0.5, 0.25)
    assert model.satisfied(of((1, 2), (2, 2), (3, 4))).tolist() == [True, False, False]
    assert model.satisfied(of((1, 4), (1, 4 + 4))).tolist() == [True, False]
    assert not model.monotone
    assert not model.convex


def test_classes_that_know_no_population_are_an_error() -> None:
    for judged in (DeltaPresence(0.5).satisfied, DeltaPresence(0.5).unavoidable):
        with pytest.raises(ValueError, match="population"):
            judged(classes_of_sizes(2))
