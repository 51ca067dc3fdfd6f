"""The inpatients of Machanavajjhala et al. (2007), figures 2 and 3: heart disease, viral infection, cancer."""

import pytest

from anonspark.models.l_diversity import DistinctDiversity, EntropyDiversity, RecursiveDiversity
from tests.reference import sensitive_classes

FOUR_ANONYMOUS = sensitive_classes("condition", "HHVV", "CHVV", "CCCC")
THREE_DIVERSE = sensitive_classes("condition", "HVCC", "CHVV", "HVCC")


def test_the_papers_four_anonymous_table_has_two_three_and_one_distinct_values() -> None:
    satisfied = {n: DistinctDiversity(n, "condition").satisfied(FOUR_ANONYMOUS).tolist() for n in (1, 2, 3)}
    assert satisfied == {1: [True, True, True], 2: [True, True, False], 3: [False, True, False]}


def test_the_papers_three_diverse_table_is_three_diverse() -> None:
    assert DistinctDiversity(3, "condition").satisfied(THREE_DIVERSE).all()
    assert not DistinctDiversity(4, "condition").satisfied(THREE_DIVERSE).any()


def test_all_records_of_a_class_with_too_few_values_must_be_suppressed() -> None:
    assert DistinctDiversity(3, "condition").unavoidable(FOUR_ANONYMOUS).tolist() == [4, 0, 4]
    assert DistinctDiversity(3, "condition").smallest_safe_class == 3


def test_entropy_of_a_half_and_two_quarters_is_that_of_two_to_the_power_of_one_and_a_half_values() -> None:
    # -(1/2 ln 1/2 + 2 x 1/4 ln 1/4) = 1.5 ln 2, and 2 ** 1.5 = 2.828.
    assert EntropyDiversity(2.828, "condition").satisfied(THREE_DIVERSE).all()
    assert not EntropyDiversity(2.829, "condition").satisfied(THREE_DIVERSE).any()


@pytest.mark.parametrize("l", range(1, 30))
def test_l_equally_frequent_values_have_exactly_the_entropy_that_l_demands(l: int) -> None:  # noqa: E741
    classes = sensitive_classes("condition", [str(value) for value in range(l)] * 3)
    assert EntropyDiversity(l, "condition").satisfied(classes).tolist() == [True]
    assert EntropyDiversity(l + 0.001, "condition").satisfied(classes).tolist() == [False]


def test_the_fewest_records_with_an_entropy_of_ln_l_are_l_rounded_up() -> None:
    assert [EntropyDiversity(least, "condition").smallest_safe_class for least in (1.0, 2.0, 2.1, 3.0)] == [1, 2, 3, 3]


def test_a_class_of_one_value_has_no_entropy_so_all_of_its_records_are_beyond_help() -> None:
    assert EntropyDiversity(2, "condition").unavoidable(FOUR_ANONYMOUS).tolist() == [0, 0, 4]


def test_entropy_is_not_monotone_where_records_may_be_suppressed() -> None:
    parts, merged = sensitive_classes("s", "ab", "aaaaaa"), sensitive_classes("s", "abaaaaaa")
    assert EntropyDiversity(2, "s").satisfied(parts).tolist() == [True, False]
    assert EntropyDiversity(2, "s").satisfied(merged).tolist() == [False]
    # Entropy 0.38: 7/8 and 1/8.
    assert EntropyDiversity(1.4573, "s").satisfied(merged).tolist() == [True]
    assert EntropyDiversity(1.4577, "s").satisfied(merged).tolist() == [False]
    assert not EntropyDiversity.monotone


@pytest.mark.parametrize(
    ("c", "l", "safe"),
    [
        (1.0, 2, False),  # 2 < 1 x (1 + 1) is strict
        (1.01, 2, True),
        (2.0, 3, False),  # 2 < 2 x 1
        (2.5, 3, True),
        (100.0, 4, False),  # no fourth value
    ],
)
def test_recursive_diversity_compares_the_first_count_with_c_times_those_from_the_lth_on(
    c: float,
    l: int,  # noqa: E741
    safe: bool,
) -> None:
    assert set(RecursiveDiversity(c, l, "condition").satisfied(THREE_DIVERSE).tolist()) == {safe}


def test_recursive_diversity_is_not_monotone_where_records_may_be_suppressed() -> None:
    parts, merged = sensitive_classes("s", "ab", "aaa"), sensitive_classes("s", "abaaa")
    model = RecursiveDiversity(2, 2, "s")
    assert model.satisfied(parts).tolist() == [True, False]
    assert model.satisfied(merged).tolist() == [False]
    assert not model.monotone


def test_recursive_excess_in_records_of_one_value_must_be_suppressed() -> None:
    # 4 < 2 x 1 lacks more than two records: two of the a's away leave {a, a, b}, which is 2 < 2.
    assert RecursiveDiversity(2, 2, "s").unavoidable(sensitive_classes("s", "aaaab")).tolist() == [2]
    assert RecursiveDiversity(2, 2, "s").unavoidable(sensitive_classes("s", "aab")).tolist() == [1]
    assert RecursiveDiversity(2, 2, "s").unavoidable(sensitive_classes("s", "ab")).tolist() == [0]


@pytest.mark.parametrize(("c", "first", "rest"), [(1.1, 55, 50), (2.2, 55, 25), (1.1, 99, 90)])
def test_recursive_diversity_is_strict_where_c_is_a_decimal_fraction(c: float, first: int, rest: int) -> None:
    classes = sensitive_classes("s", ["a"] * first + ["b"] * rest)
    assert RecursiveDiversity(c, 2, "s").satisfied(classes).tolist() == [False]


def test_null_is_a_sensitive_value_like_any_other() -> None:
    assert DistinctDiversity(2, "s").satisfied(sensitive_classes("s", ["a", None])).tolist() == [True]
    assert DistinctDiversity(2, "s").satisfied(sensitive_classes("s", [None, None])).tolist() == [False]
