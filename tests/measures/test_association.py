"""Cramer's V with Bergsma's correction, by the formula on a full table and where nothing can be said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.measures.association import cramers_v


def of_table(table: np.ndarray) -> float:
    rows, columns = np.nonzero(np.ones_like(table))
    return cramers_v(rows.astype(np.int32), columns.astype(np.int32), table.ravel().astype(np.int64))


def test_by_hand_a_table_of_two_by_two() -> None:
    # 30, 10 / 10, 30: phi squared is 1/4, less 1/79 by chance, over 1 - 1/79.
    assert of_table(np.array([[30, 10], [10, 30]])) == pytest.approx(((1 / 4 - 1 / 79) / (1 - 1 / 79)) ** 0.5)


def test_what_chance_shows_is_no_association() -> None:
    assert of_table(np.array([[26, 24], [25, 25]])) == 0.0


@pytest.mark.parametrize("table", [[[5, 7]], [[5], [7]], [[12]], [[1]], [[0]]])
def test_a_column_of_one_value_is_associated_with_nothing(table: list[list[int]]) -> None:
    assert of_table(np.array(table)) == 0.0


@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=4))
def test_it_is_the_formula_on_every_cell(cells: list[list[int]]) -> None:
    table = np.array(cells)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    n, (r, k) = table.sum(), table.shape
    expected = 0.0
    if min(r, k) > 1 and n > 1:
        even = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
        phi = ((table - even) ** 2 / even).sum() / n
        corrected = max(phi - (r - 1) * (k - 1) / (n - 1), 0)
        smaller = min(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
        expected = min((corrected / smaller) ** 0.5, 1.0) if smaller > 1e-12 else 0.0
    assert of_table(table) == pytest.approx(expected, abs=1e-6)
    assert 0 <= of_table(table) <= 1


def test_two_columns_that_name_each_record_of_a_small_table_are_not_divided_by_nothing() -> None:
    codes = np.arange(4, dtype=np.int32)
    assert cramers_v(codes, codes, np.ones(4, dtype=np.int64)) == 0.0
