from collections import Counter
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.classes import EquivalenceClasses, SensitiveHistograms, classes_of_sizes, size_counts

HISTOGRAMS = st.lists(
    st.dictionaries(st.integers(0, 4), st.integers(1, 50), min_size=1, max_size=5), min_size=1, max_size=8
)


def histograms_of(by_class: list[dict[int, int]], *, suppressed: int = 0) -> SensitiveHistograms:
    """One mapping from value to records a class; so many more records of each value are in no class."""
    totals = [sum(of_class.get(value, 0) for of_class in by_class) + suppressed for value in range(5)]
    return SensitiveHistograms(
        offsets=np.cumsum([0, *map(len, by_class)]),
        values=np.array([value for of_class in by_class for value in of_class], dtype=np.int32),
        counts=np.array([count for of_class in by_class for count in of_class.values()], dtype=np.int64),
        totals=np.array(totals, dtype=np.int64),
    )


def by_class(histograms: SensitiveHistograms) -> list[dict[int, int]]:
    pairs = list(zip(histograms.values.tolist(), histograms.counts.tolist(), strict=True))
    ends = histograms.offsets.tolist()
    return [dict(pairs[start:end]) for start, end in pairwise(ends)]


@given(HISTOGRAMS)
def test_shares_are_taken_within_each_class(classes: list[dict[int, int]]) -> None:
    histograms = histograms_of(classes)
    expected = [count / sum(of_class.values()) for of_class in classes for count in of_class.values()]
    assert histograms.shares().tolist() == expected
    assert histograms.distinct().tolist() == [len(of_class) for of_class in classes]
    assert histograms.class_of_each_pair().tolist() == [
        place for place, of_class in enumerate(classes) for _ in of_class
    ]


@given(HISTOGRAMS, st.data())
def test_some_classes_keep_their_histograms_and_the_totals_of_the_whole_table(classes, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, len(classes) - 1), max_size=10))
    histograms = histograms_of(classes, suppressed=1)
    some = histograms.of_classes(np.array(rows, dtype=np.int64))
    assert by_class(some) == [classes[row] for row in rows]
    assert some.totals.tolist() == histograms.totals.tolist()
    assert some.shares().tolist() == [
        count / sum(classes[row].values()) for row in rows for count in classes[row].values()
    ]


def test_the_share_of_a_value_in_the_table_counts_suppressed_records() -> None:
    histograms = histograms_of([{0: 2, 1: 1}], suppressed=1)
    assert histograms.total_shares().tolist() == [3 / 8, 2 / 8, 1 / 8, 1 / 8, 1 / 8]
    assert histograms.n_values == 5


def test_classes_know_how_many_they_are_and_how_many_records_they_hold() -> None:
    classes = classes_of_sizes(5, 20, 1)
    assert (classes.n_classes, classes.n_records) == (3, 26)
    assert classes.codes.tolist() == [[0, 1, 2]]
    nothing = EquivalenceClasses(np.empty((2, 0), dtype=np.int32), np.empty(0, dtype=np.int64))
    assert (nothing.n_classes, nothing.n_records) == (0, 0)


@given(st.lists(st.integers(1, 9), max_size=30))
def test_a_histogram_counts_the_classes_of_each_size(sizes: list[int]) -> None:
    assert size_counts(np.array(sizes, dtype=np.int64)) == sorted(Counter(sizes).items())
