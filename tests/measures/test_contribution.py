"""What each attribute contributes to risk: by hand, and as classes counted anew without it."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.classes import PERSON, EquivalenceClasses
from anonspark.measures.contribution import Contribution, attribute_contributions
from tests.reference import classes_from_codes, sensitive_column, with_people

Row = tuple[int, ...]


def classes_of(rows: list[Row], persons: list[str] | None = None) -> EquivalenceClasses:
    columns = [np.array(column, dtype=np.int32) for column in zip(*rows, strict=True)]
    named = None if persons is None else {PERSON: sensitive_column(persons, list(dict.fromkeys(persons)))}
    return classes_from_codes(columns, [10] * len(columns), named)


def test_by_hand_a_number_that_tells_everybody_apart_beside_a_sex_that_tells_one() -> None:
    number, sex = attribute_contributions(classes_of([(0, 0), (1, 0), (2, 0), (3, 1)]))
    # Without the number: 3 records alike and 1 alone. Without the sex: 4 alone.
    assert number == Contribution(1.0, 0.5, 0.25, 1.0, 4)
    assert sex == Contribution(1.0, 1.0, 1.0, 0.25, 2)


def test_without_its_only_attribute_a_table_is_one_class() -> None:
    assert attribute_contributions(classes_of([(0,), (1,), (1,), (2,)])) == [Contribution(0.25, 0.25, 0.0, 0.5, 3)]


def test_a_person_in_two_classes_that_become_one_counts_once_there() -> None:
    # Anna has both records: without the first attribute the class has one person, not two.
    first, _ = attribute_contributions(classes_of([(0, 0), (1, 0), (2, 1), (2, 1)], ["Anna", "Anna", "Ben", "Cleo"]))
    assert (first.highest_without, first.average_without) == (1.0, pytest.approx(2 / 3))
    assert first.unique_without == pytest.approx(1 / 3)


def test_people_whom_only_the_population_has_contribute_nothing() -> None:
    table = classes_of([(0, 0), (0, 1), (1, 1)])
    assert attribute_contributions(with_people(table, [(7, 8), (0, 1)])) == attribute_contributions(table)


def test_a_table_without_records_has_no_risk_to_contribute_to() -> None:
    nothing = EquivalenceClasses(np.zeros((2, 0), dtype=np.int32), np.zeros(0, dtype=np.int64))
    assert attribute_contributions(nothing) == [Contribution(0.0, 0.0, 0.0, 0.0, 0)] * 2


records = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.tuples(*[st.integers(0, 3)] * width), min_size=1, max_size=25)
)


def figures(rows: list[Row], persons: list[str]) -> tuple[float, float, float]:
    """Highest and average risk and share of uniques, person by person of each class."""
    members: dict[Row, set[str]] = defaultdict(set)
    for row, person in zip(rows, persons, strict=True):
        members[row].add(person)
    sizes = Counter(len(group) for group in members.values())
    total = sum(size * number for size, number in sizes.items())
    return 1 / min(sizes), len(members) / total, sizes[1] / total


@given(records, st.booleans(), st.randoms(use_true_random=False))
def test_contributions_are_those_of_a_table_counted_anew(rows: list[Row], named: bool, rng: object) -> None:
    persons = [str(rng.randrange(6)) if named else str(place) for place, _ in enumerate(rows)]
    for axis, found in enumerate(attribute_contributions(classes_of(rows, persons if named else None))):
        highest, average, unique = figures([row[:axis] + row[axis + 1 :] for row in rows], persons)
        assert found.highest_without == pytest.approx(highest)
        assert found.average_without == pytest.approx(average)
        assert found.unique_without == pytest.approx(unique)
        assert found.unique_alone == pytest.approx(figures([(row[axis],) for row in rows], persons)[2])
        assert found.distinct == len({row[axis] for row in rows})
