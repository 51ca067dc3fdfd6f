from anonspark.domain.classes import classes_of_sizes
from anonspark.models.k_anonymity import KAnonymity


def test_a_class_of_k_records_is_safe_and_one_of_fewer_is_not() -> None:
    assert KAnonymity(5).satisfied(classes_of_sizes(4, 5, 6)).tolist() == [False, True, True]


def test_all_records_of_a_class_that_is_too_small_must_be_suppressed_however_it_is_split() -> None:
    assert KAnonymity(5).unavoidable(classes_of_sizes(4, 5, 1)).tolist() == [4, 0, 1]


def test_no_class_of_fewer_than_k_records_is_safe_and_what_contains_a_safe_class_is() -> None:
    assert KAnonymity(5).smallest_safe_class == 5
    assert KAnonymity(5).monotone


def test_no_classes_give_no_answers() -> None:
    assert KAnonymity(2).satisfied(classes_of_sizes()).tolist() == []
    assert KAnonymity(2).unavoidable(classes_of_sizes()).tolist() == []
