"""Histograms of sensitive values, as the models read them."""

import numpy as np

from tests.reference import sensitive_classes


def test_the_histograms_of_some_classes_come_in_the_order_asked_for_and_keep_the_totals() -> None:
    histograms = sensitive_classes("s", "aab", "c", "bbcc", order="abc").sensitive["s"].of_classes(np.array([2, 0]))
    assert histograms.offsets.tolist() == [0, 2, 4]
    assert histograms.values.tolist() == [1, 2, 0, 1]
    assert histograms.counts.tolist() == [2, 2, 2, 1]
    assert histograms.totals.tolist() == [2, 3, 3]


def test_the_histograms_of_no_classes_are_empty() -> None:
    histograms = sensitive_classes("s", "aab", "c").sensitive["s"].of_classes(np.array([], dtype=np.int64))
    assert histograms.offsets.tolist() == [0]
    assert histograms.shares().tolist() == histograms.distinct().tolist() == []


def test_shares_are_of_the_class_and_total_shares_of_the_table() -> None:
    histograms = sensitive_classes("s", "aab", "c", order="abc").sensitive["s"]
    assert histograms.shares().tolist() == [2 / 3, 1 / 3, 1.0]
    assert histograms.total_shares().tolist() == [0.5, 0.25, 0.25]
    assert histograms.class_of_each_pair().tolist() == [0, 0, 1]
    assert histograms.n_values == 3
