from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.measures.identification import (
    Identification,
    contributions,
    identification,
    identifying_set,
    told_apart,
)


@st.composite
def tables(draw, max_columns=4, max_rows=12):
    n_rows = draw(st.integers(1, max_rows))
    columns = st.lists(st.integers(0, 3), min_size=n_rows, max_size=n_rows)
    return [np.array(column, np.int32) for column in draw(st.lists(columns, min_size=1, max_size=max_columns))]


def by_pairs(codes, columns):
    """Every pair of records compared."""
    rows = list(zip(*[codes[column].tolist() for column in columns], strict=True)) or [()] * len(codes[0])
    n = len(rows)
    apart = sum(one != other for place, one in enumerate(rows) for other in rows[:place])
    unique = sum(rows.count(row) == 1 for row in rows)
    return Identification(len(set(rows)) / n, apart / (n * (n - 1) / 2) if n > 1 else 1.0, unique / n)


@given(tables())
def test_what_columns_tell_apart_is_what_comparing_all_pairs_says(codes):
    for columns in ([], [0], list(range(len(codes)))):
        found, wanted = told_apart(codes, columns), by_pairs(codes, columns)
        assert (found.distinction, found.unique) == (wanted.distinction, wanted.unique)
        assert found.separation == pytest.approx(wanted.separation)


def test_nothing_is_told_apart_where_nothing_is():
    assert identification(np.array([], np.int64)) == Identification(0.0, 0.0, 0.0)


@given(tables(), st.sampled_from([0.5, 0.9, 1.0]))
def test_an_identifying_set_tells_enough_and_needs_each_of_its_columns(codes, share):
    everything = list(range(len(codes)))
    goal = share * told_apart(codes, everything).distinction
    chosen = identifying_set(codes, everything, share)
    assert told_apart(codes, chosen).distinction >= goal - 1e-9
    for column in chosen:
        without = [other for other in chosen if other != column]
        assert told_apart(codes, without).distinction < goal


def test_columns_that_say_the_same_are_not_both_chosen():
    zip_code = np.arange(8, dtype=np.int32) % 4
    sex = np.arange(8, dtype=np.int32) // 4
    assert identifying_set([zip_code, zip_code.copy(), sex], [0, 1, 2]) == (0, 2)


@given(tables(max_columns=3))
def test_contributions_share_out_what_all_columns_tell(codes):
    shares = contributions(codes, np.random.default_rng(1))
    n_records = len(codes[0])
    assert shares.sum() == pytest.approx(told_apart(codes, range(len(codes))).distinction - 1 / n_records)
    assert (shares >= 0).all()


def test_many_orders_come_to_the_mean_over_all_orders():
    codes = [np.array(column, np.int32) for column in ([0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1], [0, 0, 0, 1, 1, 1])]
    exact = np.zeros(3)
    for order in permutations(range(3)):
        before = 1 / 6
        for place, column in enumerate(order):
            after = by_pairs(codes, order[: place + 1]).distinction
            exact[column] += (after - before) / 6
            before = after
    assert contributions(codes, np.random.default_rng(0), orders=400) == pytest.approx(exact, abs=0.02)
