"""A release is verified by what was written; each way to write it wrong is found and told without a value."""

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.rules import MaskRule, TableRule
from anonspark.errors import VerificationError
from anonspark.models.k_anonymity import KAnonymity
from anonspark.vocabulary import OnUnknown, Suppression
from tests.domain.raw import Row
from tests.domain.released_case import ROWS, Case, kept, masked


def test_the_release_of_this_table_has_classes_a_null_label_and_a_suppressed_row() -> None:
    case = Case(ROWS, (1, 1))
    assert Counter(row[:2] for row in case.written) == {
        ("1*", "a*"): 3,
        ("2*", "b*"): 4,
        ("2*", None): 2,
        ("*", "*"): 1,
    }
    assert case.release.suppressed == 1


@pytest.mark.parametrize("suppression", Suppression)
@pytest.mark.parametrize("node", [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 1), (2, 2)])
def test_the_true_release_of_every_node_is_accepted_in_any_order(node: tuple[int, ...], suppression) -> None:
    case = Case(ROWS, node, suppression=suppression)
    for seed in range(3):
        shuffled = case.written[:]
        Random(seed).shuffle(shuffled)
        case.verify(shuffled)


def one_label_changed(rows: list[Row]) -> list[Row]:
    first, *others = kept(rows)
    return [("CANARY*", *first[1:]), *others, *masked(rows)]


def one_row_in_another_class(rows: list[Row]) -> list[Row]:
    here = next(row for row in rows if row[0] == "1*")
    there = next(row for row in rows if row[0] == "2*")
    rows = rows[:]
    rows[rows.index(here)] = (*there[:2], here[2])
    return rows


def one_row_missing(rows: list[Row]) -> list[Row]:
    return [*kept(rows)[1:], *masked(rows)]


def one_row_twice(rows: list[Row]) -> list[Row]:
    return [*rows, kept(rows)[0]]


def one_row_instead_of_another(rows: list[Row]) -> list[Row]:
    first, second, *others = sorted(kept(rows), key=str)
    assert first != second
    return [first, first, *others, *masked(rows)]


def a_suppressed_row_more(rows: list[Row]) -> list[Row]:
    return [*rows, ("*", "*", "u")]


def a_kept_row_suppressed(rows: list[Row]) -> list[Row]:
    first, *others = kept(rows)
    return [*others, *masked(rows), ("*", "*", first[2])]


def two_sensitive_values_swapped_between_classes(rows: list[Row]) -> list[Row]:
    here = next(row for row in rows if row[0] == "1*" and row[2] == "CANARY-v")
    there = next(row for row in rows if row[:2] == ("2*", "b*") and row[2] == "w")
    rows = rows[:]
    rows[rows.index(here)], rows[rows.index(there)] = (*here[:2], there[2]), (*there[:2], here[2])
    return rows


def a_sensitive_value_that_nobody_has(rows: list[Row]) -> list[Row]:
    return [(*rows[0][:2], "CANARY-new"), *rows[1:]]


def a_null_label_become_text(rows: list[Row]) -> list[Row]:
    return [(row[0], "None" if row[1] is None else row[1], row[2]) for row in rows]


TAMPERINGS = [
    one_label_changed,
    one_row_in_another_class,
    one_row_missing,
    one_row_twice,
    one_row_instead_of_another,
    a_suppressed_row_more,
    a_kept_row_suppressed,
    two_sensitive_values_swapped_between_classes,
    a_sensitive_value_that_nobody_has,
    a_null_label_become_text,
]


@pytest.mark.parametrize("suppression", Suppression)
@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)
def test_what_was_written_wrong_is_found_and_told_without_a_value(
    tamper: Callable[[list[Row]], list[Row]], suppression: Suppression
) -> None:
    case = Case(ROWS, (1, 1), suppression=suppression)
    with pytest.raises(VerificationError) as raised:
        case.verify(tamper(case.written))
    assert "CANARY" not in raised.value.message
    assert "*" not in raised.value.message


def test_a_suppressed_row_that_was_released_raw_is_found() -> None:
    case = Case(ROWS, (1, 1))
    written = [*kept(case.written), ("CANARY-30", "c1", "u")]
    with pytest.raises(VerificationError, match=r"^0 suppressed rows were written where 1 were computed") as raised:
        case.verify(written)
    assert "CANARY" not in raised.value.message


def test_a_suppressed_row_that_was_released_under_its_labels_is_found() -> None:
    case = Case(ROWS, (1, 1), suppression=Suppression.DROP)
    with pytest.raises(VerificationError, match="1 combinations"):
        case.verify([*case.written, ("C********", "c*", "u")])


def test_a_suppressed_row_with_anothers_sensitive_value_is_found() -> None:
    case = Case(ROWS, (1, 1))
    assert masked(case.written) == [("*", "*", "u")]
    with pytest.raises(VerificationError, match="2 combinations"):
        case.verify([*kept(case.written), ("*", "*", "v")])


def test_a_row_that_was_to_be_dropped_and_is_only_starred_is_found() -> None:
    case = Case(ROWS, (1, 1), suppression=Suppression.DROP)
    with pytest.raises(VerificationError, match="1 suppressed rows were written where 0 were computed"):
        case.verify([*case.written, ("*", "*", "u")])


def test_identifiers_that_are_not_masked_are_counted_and_named() -> None:
    case = Case(ROWS, (1, 1))
    with pytest.raises(VerificationError, match=r"^Identifier 'name' is not masked in 1,234 rows\.$") as raised:
        case.verify(case.written, unmasked=1234)
    assert raised.value.field == "name"


def test_the_label_of_unknown_values_is_not_taken_for_a_group_of_that_label() -> None:
    # At level 1 both `v` and the unknown `z` are labelled with a star; only the first may be released.
    rule = TableRule((("u", "x", "*"), ("v", "*", "*"), ("w", "x", "*")), unknown=OnUnknown.SUPPRESS)
    rows: list[Row] = [("v", "a", "d"), ("v", "a", "d"), ("u", "a", "d"), ("w", "a", "d"), ("z", "a", "d")]
    case = Case(rows, (1, 0), rules=(rule, MaskRule((1,))))
    assert Counter(row[:2] for row in case.written) == {("*", "a"): 2, ("x", "a"): 2, ("*", "*"): 1}
    case.verify(case.written)


def test_a_release_of_nothing_but_stars_has_no_class_to_measure() -> None:
    case = Case(ROWS, (0, 0), KAnonymity(11))
    assert case.release.suppressed == len(ROWS)
    case.verify(case.written)
    with pytest.raises(VerificationError):
        case.verify(case.written[1:])
    dropped = Case(ROWS, (0, 0), KAnonymity(11), suppression=Suppression.DROP)
    assert dropped.written == []
    dropped.verify([])
    with pytest.raises(VerificationError):
        dropped.verify(case.written[:1])


CELLS = st.sampled_from(["10", "11", "20", "b", None])


@given(
    rows=st.lists(st.tuples(CELLS, CELLS, st.sampled_from(["u", "v", None])), min_size=2, max_size=20),
    node=st.tuples(st.integers(0, 1), st.integers(0, 1)),
    k=st.integers(2, 4),
    suppression=st.sampled_from(Suppression),
    data=st.data(),
)
def test_of_any_table_the_true_release_is_accepted_and_a_row_less_is_not(rows, node, k, suppression, data) -> None:
    case = Case(rows, node, KAnonymity(k), suppression=suppression)
    case.verify(case.written)
    if case.written:
        gone = data.draw(st.integers(0, len(case.written) - 1))
        with pytest.raises(VerificationError):
            case.verify(case.written[:gone] + case.written[gone + 1 :])
