"""Each metric by hand, on one attribute of four leaves, of which three occur: a twice, b once, c once."""

from math import log2

import numpy as np
import pytest

from anonspark.domain.hierarchy import from_labels
from anonspark.measures.utility import (
    Leaves,
    SuppressedRecords,
    attribute_costs,
    average_class_size,
    discernibility,
    entropy_by_level,
    leaves_of,
    loss_by_level,
    precision_by_level,
    whole,
)
from anonspark.vocabulary import Metric

LETTERS = from_labels("letter", [["a", "b", "c", "d"], ["ab", "ab", "cd", "cd"], ["*"] * 4])
FLAT = from_labels("flat", [["x", "y"]])
NOTHING = SuppressedRecords(0, (np.zeros(3, dtype=np.int64),))


def letters(weight: float = 1.0) -> Leaves:
    return leaves_of([LETTERS], [np.array([0, 1, 2])], [np.array([2, 1, 1])], [weight])


def lost(*by_leaf: int, unnamed: int = 0) -> SuppressedRecords:
    return SuppressedRecords(sum(by_leaf) + unnamed, (np.array(by_leaf, dtype=np.int64),))


def test_loss_is_the_share_of_the_whole_domain_scaled_so_that_raw_is_0() -> None:
    # Shares 1/4, 2/4 and 4/4 of the domain, d counted: (1/2 - 1/4) / (3/4) = 1/3.
    assert loss_by_level(letters(), NOTHING)[0] == pytest.approx([0, 1 / 3, 1], abs=1e-15)


def test_a_suppressed_record_loses_the_whole_domain() -> None:
    # Raw with c lost: ((3 x 1/4 + 1) / 4 - 1/4) / (3/4) = 1/4; level 1: ((3 x 1/2 + 1) / 4 - 1/4) / (3/4) = 1/2.
    assert loss_by_level(letters(), lost(0, 0, 1))[0] == pytest.approx([1 / 4, 1 / 2, 1])


def test_suppressed_records_without_a_name_are_those_that_lose_least() -> None:
    # Level 1 of u, v, w, x with groups {u}, {v, w, x}: losing a v costs 1/4, losing a u 3/4.
    uneven = from_labels("uneven", [["u", "v", "w", "x"], ["u", "vwx", "vwx", "vwx"]])
    leaves = leaves_of([uneven], [np.arange(4)], [np.array([1, 1, 1, 1])], [1.0])
    raw, first = loss_by_level(leaves, lost(0, 0, 0, 0, unnamed=1))[0]
    assert raw == pytest.approx(((3 / 4 + 1) / 4 - 1 / 4) / (3 / 4))
    assert first == pytest.approx(((1 / 4 + 2 * 3 / 4 + 1) / 4 - 1 / 4) / (3 / 4))


def test_an_attribute_whose_domain_is_one_value_has_nothing_to_lose() -> None:
    only = from_labels("only", [["x"], ["*"]])
    leaves = leaves_of([only], [np.array([0])], [np.array([4])], [1.0])
    assert loss_by_level(leaves, lost(1))[0].tolist() == [0.0, 0.0]


def test_precision_is_the_height_climbed_and_all_of_it_where_suppressed() -> None:
    assert precision_by_level(letters(), NOTHING)[0].tolist() == [0.0, 0.5, 1.0]
    assert precision_by_level(letters(), lost(0, 0, 1))[0].tolist() == [0.25, 0.625, 1.0]


def test_an_attribute_that_cannot_be_generalized_loses_no_precision_but_by_suppression() -> None:
    leaves = leaves_of([FLAT], [np.array([0, 1])], [np.array([3, 1])], [1.0])
    assert precision_by_level(leaves, SuppressedRecords(0, (np.array([0, 0]),)))[0].tolist() == [0.0]
    assert precision_by_level(leaves, SuppressedRecords(1, (np.array([0, 1]),)))[0].tolist() == [0.25]


def test_entropy_is_the_bits_it_takes_to_guess_raw_values_from_generalized_ones() -> None:
    # Level 1: an a is 2 of 3, the b 1 of 3, the c alone; level 2: an a is 2 of 4, b and c are 1 of 4.
    level_1 = -2 * log2(2 / 3) - log2(1 / 3)
    assert entropy_by_level(letters(), NOTHING)[0] == pytest.approx([0, level_1, 2 * 1 + 2 + 2], abs=1e-12)


def test_suppression_adds_the_bits_it_takes_to_guess_the_generalized_values_among_suppressed_records() -> None:
    # b and c lost: raw and at level 1 they are told apart by one bit each, at level 2 both are `*` anyhow.
    level_1 = -2 * log2(2 / 3) - log2(1 / 3)
    assert entropy_by_level(letters(), lost(0, 1, 1))[0] == pytest.approx([2, level_1 + 2, 6])


def test_one_suppressed_record_alone_costs_no_bits() -> None:
    assert entropy_by_level(letters(), lost(0, 0, 1))[0] == pytest.approx(
        entropy_by_level(letters(), NOTHING)[0], abs=1e-12
    )


def test_a_level_that_merges_only_values_that_do_not_occur_costs_exactly_no_bits() -> None:
    unused, used = [f"u{i}" for i in range(5)], [f"v{i}" for i in range(5)]
    groups = [f"g{i}" for i in range(5)]
    pairs = from_labels("pairs", [unused + used, groups + groups[::-1]])
    leaves = leaves_of([pairs], [np.arange(5, 10)], [np.array([8, 7, 7, 12, 4])], [1.0])
    nothing = SuppressedRecords(0, (np.zeros(5, dtype=np.int64),))
    assert entropy_by_level(leaves, nothing)[0].tolist() == [0.0, 0.0]


def test_discernibility_is_the_squares_of_kept_classes_and_the_table_for_each_suppressed_record() -> None:
    # Classes of 3 and 5 kept, 2 of 10 records suppressed.
    assert discernibility(3**2 + 5**2, 2, 10) == 54


def test_average_class_size_counts_all_suppressed_records_as_one_class() -> None:
    assert average_class_size(2, 0, 10) == 5
    assert average_class_size(2, 3, 10) == 10 / 3
    assert average_class_size(0, 10, 10) == 10


def test_means_are_by_weight_and_entropy_is_multiplied_by_it() -> None:
    leaves = leaves_of(
        [LETTERS, FLAT], [np.array([0, 1, 2]), np.array([0])], [np.array([2, 1, 1]), np.array([4])], [3.0, 1.0]
    )
    nothing = SuppressedRecords(0, (np.zeros(3, dtype=np.int64), np.zeros(1, dtype=np.int64)))
    assert leaves.n_records == 4
    assert attribute_costs(Metric.LOSS, leaves, nothing, (2, 0)) == pytest.approx([1.0, 0.0])
    assert whole(Metric.LOSS, leaves.weights, [1.0, 0.0]) == whole(Metric.PRECISION, leaves.weights, [1.0, 0.0]) == 0.75
    assert whole(Metric.NON_UNIFORM_ENTROPY, leaves.weights, [6.0, 0.5]) == 18.5


def test_values_that_a_hierarchy_does_not_know_count_in_no_domain() -> None:
    known = from_labels("v", [["a", "b", "?"], ["*", "*", "*"]], unknown=np.array([False, False, True]))
    leaves = leaves_of([known], [np.array([0, 2])], [np.array([3, 1])], [1.0])
    assert leaves.domain_sizes == (2,)
    # The unknown value is suppressed: (3 x 1/2 + 1) / 4 = 5/8, so (5/8 - 1/2) / (1/2).
    unknown_lost = SuppressedRecords(1, (np.array([0, 1]),))
    assert loss_by_level(leaves, unknown_lost)[0] == pytest.approx([0.25, 1.0])
