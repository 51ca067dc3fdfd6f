"""How well a simple model predicts one column from others, each record by a model that has not seen it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from anonspark.domain.arrays import CodeArray, CountArray, FloatArray

FOLDS: Final = 10
"""Parts of the records; each is predicted from the others."""

ROWS_AT_A_TIME: Final = 1 << 16
"""Combinations whose scores are held at once: some tens of MiB for the values that a target may have."""


TIE: Final = 1e-9
"""Logarithms of likelihoods that are no further apart are equal."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """Share of records whose target is predicted.

    Attributes:
        accuracy: By the model.
        baseline: By the most frequent value of the target, whatever the record.
    """

    accuracy: float
    baseline: float


def predict_held_out(features: Sequence[CodeArray], target: CodeArray, counts: CountArray) -> Prediction:
    """Tenfold cross-validated accuracy of naive Bayes with add-one smoothing.

    Records stand by target, then by features, and every tenth is in the same part, so that the parts are alike and
    nothing is drawn. A model is made of counts, and those of a part follow from the counts of combinations. Of equally
    likely values the first in the order of codes is taken.

    Args:
        features: Shape (n_rows,) each: codes of values, in an order that does not depend on that of the rows.
        target: Shape (n_rows,): codes of its values, likewise.
        counts: Shape (n_rows,): records of each combination; there is one.

    Source: Mitchell (1997), Machine Learning, chapter 6; Kohavi (1995), A Study of Cross-Validation and Bootstrap for
    Accuracy Estimation and Model Selection, IJCAI, for ten parts with equal shares of the target.

    >>> predict_held_out([np.array([0, 1], np.int32)], np.array([0, 1], np.int32), np.array([5, 5]))
    Prediction(accuracy=1.0, baseline=0.5)
    """
    order = np.lexsort((*features, target))
    ends = np.empty_like(counts)
    ends[order] = np.cumsum(counts[order])
    right = 0
    for part in range(FOLDS):
        held_out = _of_part(ends, part) - _of_part(ends - counts, part)
        model = _Model(features, target, counts - held_out)
        asked = np.flatnonzero(held_out)
        for start in range(0, len(asked), ROWS_AT_A_TIME):
            rows = asked[start : start + ROWS_AT_A_TIME]
            predicted = model.predict([codes[rows] for codes in features])
            right += int(held_out[rows][predicted == target[rows]].sum())
    n_records = int(counts.sum())
    return Prediction(right / n_records, float(np.bincount(target, weights=counts).max()) / n_records)


def _of_part(up_to: CountArray, part: int) -> CountArray:
    """How many of the first records are in a part; shape (n_rows,)."""
    return (up_to - part + FOLDS - 1) // FOLDS


class _Model:
    """Logarithms of the smoothed shares of each value of the target, and of each feature's values with it."""

    def __init__(self, features: Sequence[CodeArray], target: CodeArray, counts: CountArray) -> None:
        n_targets = int(target.max()) + 1
        of_target = np.bincount(target, weights=counts, minlength=n_targets)
        self.prior: FloatArray = np.log(of_target + 1)
        self.of_feature: list[FloatArray] = []
        for codes in features:
            n_values = int(codes.max()) + 1
            both = codes.astype(np.int64) * n_targets + target
            seen = np.bincount(both, weights=counts, minlength=n_values * n_targets).reshape(n_values, n_targets)
            self.of_feature.append(np.log((seen + 1) / (of_target + n_values)))

    def predict(self, features: Sequence[CodeArray]) -> CountArray:
        """The likeliest value of the target; shape (n_rows,)."""
        scores = np.repeat(self.prior[np.newaxis, :], len(features[0]), axis=0)
        for codes, likelihood in zip(features, self.of_feature, strict=True):
            scores += likelihood[codes]
        # The same likelihood multiplied in another order differs in its last digits.
        likeliest = scores >= scores.max(axis=1, keepdims=True) - TIE
        first: CountArray = np.argmax(likeliest, axis=1)
        return first
