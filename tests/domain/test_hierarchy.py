import numpy as np
import pytest

from anonspark.domain.check import first_split, level_bounds
from anonspark.domain.hierarchy import from_labels, group_by_label
from anonspark.errors import HierarchyError

ZIP = from_labels("zip", [["10", "11", "20"], ["1*", "1*", "2*"], ["*", "*", "*"]])


def test_equal_labels_of_a_level_are_one_group_numbered_as_they_first_appear():
    level = group_by_label(["b", "a", "b"])
    assert level.groups.tolist() == [0, 1, 0]
    assert level.labels == ("b", "a")


def test_null_the_empty_string_and_the_word_none_are_three_labels():
    assert group_by_label([None, "", "None", None]).labels == (None, "", "None")


def test_a_label_may_stand_at_two_levels_with_two_meanings():
    hierarchy = from_labels("code", [["1", "2", "3"], ["2", "3", "3"]])
    assert hierarchy.label_of_each_leaf(0) == ["1", "2", "3"]
    assert hierarchy.label_of_each_leaf(1) == ["2", "3", "3"]


def test_a_group_covers_its_share_of_the_domain():
    assert ZIP.shares().tolist() == [[1 / 3, 1 / 3, 1 / 3], [2 / 3, 2 / 3, 1 / 3], [1.0, 1.0, 1.0]]


def test_an_unknown_leaf_covers_everything_and_is_no_part_of_the_domain():
    hierarchy = from_labels("c", [["a", "b", "?"], ["*", "*", "*"]], unknown=np.array([False, False, True]))
    assert hierarchy.domain_size == 2
    assert hierarchy.shares().tolist() == [[0.5, 0.5, 1.0], [1.0, 1.0, 1.0]]


def test_the_height_is_the_number_of_the_last_level():
    assert ZIP.height == 2
    assert ZIP.leaves == ("10", "11", "20")


def test_two_leaves_that_part_again_are_found():
    lower, upper = np.array([0, 0, 1, 1], dtype=np.int32), np.array([0, 0, 0, 1], dtype=np.int32)
    assert first_split(lower, upper) == (2, 3)
    assert first_split(upper, np.zeros(4, dtype=np.int32)) is None


@pytest.mark.parametrize(("low", "high", "bounds"), [(0, None, (0, 2)), (1, 1, (1, 1)), (2, None, (2, 2))])
def test_level_bounds_are_levels_of_the_hierarchy(low: int, high: int | None, bounds: tuple[int, int]):
    assert level_bounds(ZIP, low, high) == bounds


@pytest.mark.parametrize(
    ("low", "high", "sentence"),
    [
        (0, 3, "has levels 0 to 2, but max_level is 3"),
        (3, None, "has levels 0 to 2, but min_level is 3"),
        (-1, None, "has levels 0 to 2, but min_level is -1"),
        (2, 1, "min_level 2 is above max_level 1"),
    ],
)
def test_other_level_bounds_are_refused(low: int, high: int | None, sentence: str):
    with pytest.raises(HierarchyError, match=sentence):
        level_bounds(ZIP, low, high)
