"""Sizes and shares together."""

from anonspark.models.alpha_k import AlphaK
from tests.reference import sensitive_classes


def test_a_class_needs_k_records_and_no_value_above_alpha() -> None:
    classes = sensitive_classes("s", "ab", "abc", "aabb", "aaab", "aaaa")
    assert AlphaK(0.5, 3, "s").satisfied(classes).tolist() == [False, True, True, False, False]
    assert AlphaK(0.75, 3, "s").satisfied(classes).tolist() == [False, True, True, True, False]
    assert AlphaK(1.0, 2, "s").satisfied(classes).all()


def test_a_share_of_exactly_alpha_is_safe_where_alpha_is_a_decimal_fraction() -> None:
    classes = sensitive_classes("s", "aaa" + "bbb" + "cccd", "a" * 7 + "b" * 3)
    assert AlphaK(0.3, 2, "s").satisfied(classes).tolist() == [True, False]
    assert AlphaK(0.7, 2, "s").satisfied(classes).tolist() == [True, True]


def test_a_safe_class_has_k_records_and_as_many_as_it_takes_for_one_record_to_be_a_share_of_alpha() -> None:
    assert [AlphaK(alpha, 3, "s").smallest_safe_class for alpha in (1.0, 0.5, 0.3, 0.25, 1 / 7)] == [3, 3, 4, 4, 7]


def test_a_small_class_is_lost_and_a_large_one_loses_what_is_above_alpha() -> None:
    # {a x 5, b}: (5 - 3) / (1 - 1/2) = 4, which leaves {a, b}.
    classes = sensitive_classes("s", "ab", "aaaaab", "aabb")
    assert AlphaK(0.5, 3, "s").unavoidable(classes).tolist() == [2, 4, 0]


def test_a_safe_class_merged_with_an_unsafe_one_can_be_unsafe() -> None:
    model = AlphaK(0.5, 2, "s")
    assert model.satisfied(sensitive_classes("s", "ab", "a")).tolist() == [True, False]
    assert model.satisfied(sensitive_classes("s", "aba")).tolist() == [False]
    assert not model.monotone
