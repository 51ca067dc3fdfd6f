"""The salaries and diseases of Li, Li and Venkatasubramanian (2007)."""

from fractions import Fraction

import numpy as np
import pytest

from anonspark.models import t_closeness
from anonspark.models.t_closeness import TCloseness, distances
from anonspark.vocabulary import Distance
from tests.reference import sensitive_classes

SALARIES = [f"{thousands}k" for thousands in range(3, 12)]
RESPIRATORY = ("respiratory system diseases", "respiratory and digestive system diseases")
DIGESTIVE = ("digestive system diseases", "respiratory and digestive system diseases")
DISEASES = {
    "flu": ("flu", "respiratory infection", *RESPIRATORY),
    "pneumonia": ("pneumonia", "respiratory infection", *RESPIRATORY),
    "bronchitis": ("bronchitis", "respiratory infection", *RESPIRATORY),
    "pulmonary edema": ("pulmonary edema", "vascular lung disease", *RESPIRATORY),
    "pulmonary embolism": ("pulmonary embolism", "vascular lung disease", *RESPIRATORY),
    "gastric ulcer": ("gastric ulcer", "stomach disease", *DIGESTIVE),
    "stomach cancer": ("stomach cancer", "stomach disease", *DIGESTIVE),
    "gastritis": ("gastritis", "stomach disease", *DIGESTIVE),
    "colitis": ("colitis", "colon disease", *DIGESTIVE),
    "colon cancer": ("colon cancer", "colon disease", *DIGESTIVE),
}


def test_the_papers_salaries_are_0_375_and_0_167_away_from_the_table() -> None:
    low, spread, rest = ["3k", "4k", "5k"], ["6k", "8k", "11k"], ["7k", "9k", "10k"]
    classes = sensitive_classes("salary", low, spread, rest, order=SALARIES)
    found = distances(classes.sensitive["salary"], Distance.ORDERED)
    assert found[:2] == pytest.approx([27 / 72, 12 / 72], abs=1e-15)


def test_a_distance_of_exactly_t_is_close_enough() -> None:
    classes = sensitive_classes("salary", SALARIES[:3], SALARIES[3:], order=SALARIES)
    assert TCloseness(0.375, "salary", Distance.ORDERED).satisfied(classes)[0]
    assert not TCloseness(0.3749999, "salary", Distance.ORDERED).satisfied(classes)[0]


def test_the_order_of_the_values_matters_to_the_ordered_distance_only() -> None:
    shuffled = ["5k", "9k", "3k", "11k", "7k", "4k", "10k", "8k", "6k"]
    members = (SALARIES[:3], SALARIES[3:])
    in_order, out_of_order = (
        sensitive_classes("salary", *members, order=order).sensitive["salary"] for order in (SALARIES, shuffled)
    )
    assert distances(in_order, Distance.ORDERED)[0] != distances(out_of_order, Distance.ORDERED)[0]
    assert distances(in_order, Distance.EQUAL) == pytest.approx(distances(out_of_order, Distance.EQUAL))


@pytest.mark.parametrize(
    ("other", "ground"),
    [("bronchitis", Fraction(1, 3)), ("pulmonary embolism", Fraction(2, 3)), ("stomach cancer", Fraction(1))],
)
def test_the_papers_diseases_are_as_far_apart_as_their_least_common_ancestor_is_high(
    other: str, ground: Fraction
) -> None:
    # All flu against half flu, half the other: half of the mass moves.
    classes = sensitive_classes("disease", ["flu"], [other], order=list(DISEASES), tree=DISEASES)
    found = distances(classes.sensitive["disease"], Distance.HIERARCHICAL)
    assert found == pytest.approx([float(ground / 2)] * 2)


def test_mass_moves_as_low_in_the_tree_as_it_can() -> None:
    # Ninths of q - p for the first class: ulcer -2, gastritis 2, cancer -1, flu 1, bronchitis 2, pneumonia -2. Two
    # ninths move below each of two nodes of height 1 (a third each), one ninth across the root: 2/27 + 2/27 + 3/27.
    members = (
        ["gastric ulcer", "stomach cancer", "pneumonia"],
        ["gastritis", "flu", "bronchitis"],
        ["gastritis", "bronchitis", "stomach cancer"],
    )
    classes = sensitive_classes("disease", *members, order=list(DISEASES), tree=DISEASES)
    found = distances(classes.sensitive["disease"], Distance.HIERARCHICAL)
    assert found == pytest.approx([7 / 27, 8 / 27, 5 / 27])


def test_equal_distance_is_half_of_the_absolute_differences() -> None:
    # p = (1, 0, 0) and (0, 1/3, 2/3); q = (1/4, 1/4, 1/2).
    classes = sensitive_classes("s", "a", "bcc")
    assert distances(classes.sensitive["s"], Distance.EQUAL) == pytest.approx([0.75, 0.25])


def test_the_whole_table_as_one_class_is_at_distance_0() -> None:
    classes = sensitive_classes("disease", ["flu", "colitis", "flu"], order=list(DISEASES), tree=DISEASES)
    for distance in Distance:
        assert TCloseness(0.0, "disease", distance).satisfied(classes).tolist() == [True]


def test_a_sensitive_attribute_of_one_value_tells_nothing() -> None:
    classes = sensitive_classes("disease", ["flu"], ["flu", "flu"], order=list(DISEASES), tree=DISEASES)
    for distance in Distance:
        model = TCloseness(0.0, "disease", distance)
        assert model.satisfied(classes).tolist() == [True, True]
        assert model.unavoidable(classes).tolist() == [0, 0]


def test_a_safe_class_merged_with_an_unsafe_one_can_be_unsafe_and_lose_more_records() -> None:
    # q = (1/2, 1/2): {a, b} is at 0, {a, a, a} at 1/2, both together at 3/10.
    members, merged = ("ab", "aaa", "bbb"), ("abaaa", "bbb")
    model = TCloseness(0.2, "s")
    assert model.satisfied(sensitive_classes("s", *members)).tolist() == [True, False, False]
    assert model.satisfied(sensitive_classes("s", *merged)).tolist() == [False, False]
    assert not model.monotone


def test_records_of_the_most_distant_value_must_be_suppressed_until_the_rest_is_close() -> None:
    # {a x 5} and {b x 5} are at 1/2, the worst there is: nothing of them can be kept. {a x 4, b} is at 0.3 and needs
    # 5 x (0.3 - 0.2) / (0.5 - 0.2) = 1.67 records of distance 1/2.
    assert TCloseness(0.2, "s").unavoidable(sensitive_classes("s", "aaaaa", "bbbbb")).tolist() == [5, 5]
    assert TCloseness(0.2, "s").unavoidable(sensitive_classes("s", "aaaab", "abbbb")).tolist() == [2, 2]


def test_a_split_can_get_by_with_exactly_the_records_that_are_unavoidable() -> None:
    # {a x 12, b x 3} is at 0.3: 15 x (0.3 - 0.2) / (0.5 - 0.2) = 5, and without five a's {a x 7, b x 3} is at 0.2.
    model, rest = TCloseness(0.2, "s"), "aaabbbbbbbbbbbb"
    split = sensitive_classes("s", "aaaaa", "aaaaaaabbb", rest)
    assert model.unavoidable(sensitive_classes("s", "aaaaaaaaaaaabbb", rest))[0] == 5
    assert model.satisfied(split)[:2].tolist() == [False, True]


def test_a_hierarchical_distance_without_a_hierarchy_is_an_error() -> None:
    with pytest.raises(ValueError, match="hierarchy"):
        distances(sensitive_classes("s", "ab").sensitive["s"], Distance.HIERARCHICAL)


@pytest.mark.parametrize("distance", [Distance.ORDERED, Distance.HIERARCHICAL])
def test_distances_made_block_by_block_are_those_made_at_once(
    distance: Distance, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(7)
    names = list(DISEASES)
    members = [[names[value] for value in rng.integers(0, 10, size)] for size in (1, 4, 2, 9, 3)]
    histograms = sensitive_classes("disease", *members, order=names, tree=DISEASES).sensitive["disease"]
    at_once = distances(histograms, distance)
    for cells in (1, 20, 25):
        monkeypatch.setattr(t_closeness, "CELLS_A_BLOCK", cells)
        assert distances(histograms, distance) == pytest.approx(at_once, abs=1e-15)
