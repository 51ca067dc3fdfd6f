"""Cross-validated naive Bayes from counts, against one that goes record by record."""

from collections import Counter, defaultdict
from math import log
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.measures.prediction import FOLDS, Prediction, predict_held_out

Row = tuple[int, ...]


def predicted(rows: list[Row]) -> Prediction:
    """Rows of features with the target last, counted."""
    counted = Counter(rows)
    columns = [np.array(column, dtype=np.int32) for column in zip(*counted, strict=True)]
    return predict_held_out(columns[:-1], columns[-1], np.array(list(counted.values()), dtype=np.int64))


def record_by_record(rows: list[Row]) -> float:
    """The same with a model made anew for every part, from records."""
    in_order = sorted(rows, key=lambda row: (row[-1], row[-2::-1]))
    domains = [max(column) + 1 for column in zip(*rows, strict=True)]
    right = 0
    for part in range(FOLDS):
        train = [row for place, row in enumerate(in_order) if place % FOLDS != part]
        of_target = Counter(row[-1] for row in train)
        seen: dict[tuple[int, int, int], int] = defaultdict(int)
        for row in train:
            for axis, value in enumerate(row[:-1]):
                seen[axis, value, row[-1]] += 1
        for row in in_order[part::FOLDS]:
            scores = [
                log(of_target[y] + 1)
                + sum(log((seen[axis, x, y] + 1) / (of_target[y] + domains[axis])) for axis, x in enumerate(row[:-1]))
                for y in range(domains[-1])
            ]
            right += abs(scores[row[-1]] - max(scores)) < 1e-9 and all(
                score < max(scores) - 1e-9 for score in scores[: row[-1]]
            )
    return right / len(rows)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 2)), min_size=1, max_size=40),
)
def test_counts_give_the_accuracy_of_records(rows: list[Row]) -> None:
    assert predicted(rows).accuracy == pytest.approx(record_by_record(rows))


def test_rows_in_another_order_give_the_same() -> None:
    draw = Random(5)
    rows = [(draw.randrange(3), draw.randrange(4), draw.randrange(2)) for _ in range(200)]
    shuffled = draw.sample(rows, len(rows))
    assert predicted(rows) == predicted(shuffled)


def test_a_record_that_is_one_of_its_kind_is_not_predicted_from_itself() -> None:
    # A number for each record tells the target to who has seen it, and nothing to anybody else.
    draw = Random(1)
    rows = [(place, draw.randrange(2)) for place in range(1000)]
    found = predicted(rows)
    assert found.baseline < 0.55
    assert found.accuracy < 0.6


def test_the_baseline_is_the_share_of_the_most_frequent_value() -> None:
    assert predicted([(0, 0)] * 7 + [(0, 1)] * 3) == Prediction(0.7, 0.7)


def test_combinations_beyond_one_batch_are_all_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(place % 7, place % 3) for place in range(60)]
    expected = predicted(rows)
    monkeypatch.setattr("anonspark.measures.prediction.ROWS_AT_A_TIME", 2)
    assert predicted(rows) == expected
