"""What is counted in a written release, whatever was written; counted by hand here."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from anonspark.domain.recount import measure_release
from anonspark.domain.rules import MaskRule, TableRule
from anonspark.domain.written import WrittenFacts
from anonspark.models.average_risk import AverageRisk
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.k_map import KMap
from anonspark.models.l_diversity import DistinctDiversity
from anonspark.vocabulary import OnUnknown, Suppression
from tests.domain.raw import Row
from tests.domain.released_case import ROWS, Case

MODELS = (KAnonymity(2), DistinctDiversity(2, "diagnosis"))


def facts_of(case: Case, written: list[Row], unmasked: int = 0) -> WrittenFacts:
    return measure_release(case.recounted(written, unmasked), case.raw, case.classes, case.policy, case.release)


def test_a_true_release_has_all_rows_no_strange_label_and_no_unsafe_class() -> None:
    # ("1*", "a*"): u, v, CANARY-v; ("2*", "b*"): u, w, v, CANARY-v; ("2*", null): u, w; one row is suppressed.
    case = Case(ROWS, (1, 1), *MODELS)
    assert facts_of(case, case.written) == WrittenFacts(
        rows=10,
        unmasked={"name": 0},
        foreign_labels={"q0": 0, "q1": 0},
        foreign_values={"diagnosis": 0},
        smallest_class=2,
        unsafe_classes=(0, 0),
        excess_classes=(),
    )


def with_a_row_less(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row != ("1*", "a*", "u")]


def with_null_classes_of_one_value(rows: list[Row]) -> list[Row]:
    return [(*row[:2], "w") if row[:2] == ("2*", None) else row for row in rows]


def with_a_class_relabelled(rows: list[Row]) -> list[Row]:
    return [("CANARY*", *row[1:]) if row[0] == "1*" else row for row in rows]


def with_a_strange_diagnosis(rows: list[Row]) -> list[Row]:
    return [(*row[:2], "CANARY") if row == ("1*", "a*", "v") else row for row in rows]


def with_a_class_split(rows: list[Row]) -> list[Row]:
    return [("1*", "b*", "u") if row == ("1*", "a*", "u") else row for row in rows]


def with_a_row_half_suppressed(rows: list[Row]) -> list[Row]:
    return [("*", *row[1:]) if row == ("2*", "b*", "w") else row for row in rows]


@pytest.mark.parametrize(
    ("tamper", "changed"),
    [
        (with_a_row_less, {"rows": 9}),
        (with_null_classes_of_one_value, {"unsafe_classes": (0, 1)}),
        (with_a_class_relabelled, {"foreign_labels": {"q0": 3, "q1": 0}}),
        # Two rows with a known value are left of the class.
        (with_a_strange_diagnosis, {"foreign_values": {"diagnosis": 1}}),
        # One row is a class now; it has one person and one value.
        (with_a_class_split, {"smallest_class": 1, "unsafe_classes": (1, 1)}),
        # `*` is no label of level 1, and the row is a class of its own.
        (
            with_a_row_half_suppressed,
            {"foreign_labels": {"q0": 1, "q1": 0}, "smallest_class": 1, "unsafe_classes": (1, 1)},
        ),
    ],
)
def test_each_fault_shows_in_its_own_count(
    tamper: Callable[[list[Row]], list[Row]], changed: dict[str, object]
) -> None:
    case = Case(ROWS, (1, 1), *MODELS)
    assert facts_of(case, tamper(case.written)) == replace(facts_of(case, case.written), **changed)


def test_rows_with_an_identifier_in_them_are_counted_beside_the_others() -> None:
    case = Case(ROWS, (1, 1), *MODELS)
    assert facts_of(case, case.written, unmasked=4) == replace(facts_of(case, case.written), unmasked={"name": 4})


def test_a_release_without_a_class_has_no_smallest_one() -> None:
    case = Case(ROWS, (0, 0), KAnonymity(5))
    facts = facts_of(case, case.written)
    assert (facts.rows, facts.smallest_class, facts.unsafe_classes) == (10, None, (0,))
    dropped = Case(ROWS, (0, 0), KAnonymity(5), suppression=Suppression.DROP)
    assert facts_of(dropped, dropped.written).rows == 0


def test_the_star_of_values_that_a_hierarchy_does_not_know_is_no_label() -> None:
    rule = TableRule((("u", "x", "*"), ("v", "x", "*"), ("w", "y", "*")), unknown=OnUnknown.SUPPRESS)
    rows: list[Row] = [("u", "a", "d"), ("v", "a", "d"), ("w", "a", "d"), ("w", "a", "d"), ("z", "a", "d")]
    case = Case(rows, (1, 0), rules=(rule, MaskRule((1,))))
    assert "*" in case.release.hierarchies[0].labels[1]
    assert facts_of(case, case.written).foreign_labels == {"q0": 0, "q1": 0}
    shown = [("*", "a", "d") if row[:2] == ("*", "*") else row for row in case.written]
    assert facts_of(case, shown).foreign_labels == {"q0": 1, "q1": 0}


def test_classes_that_a_limit_on_the_whole_gives_up_are_counted() -> None:
    # Classes of 3, 4 and 2: 3 / 9 is the mean risk. With the class of 3 cut to 1 it is 3 / 7 > 0.35: that goes.
    case = Case(ROWS, (1, 1), KAnonymity(1), release_models=(AverageRisk(0.35),))
    assert facts_of(case, case.written).excess_classes == (0,)
    cut = [row for row in case.written if row[:2] != ("1*", "a*") or row[2] == "u"]
    assert facts_of(case, cut).excess_classes == (1,)


def test_a_class_that_nobody_of_the_population_is_in_is_unsafe() -> None:
    people: list[Row] = [(*row[:2],) for row in ROWS]
    case = Case(ROWS, (1, 1), KMap(2), people=people)
    assert facts_of(case, case.written).unsafe_classes == (0,)
    assert facts_of(case, with_a_class_relabelled(case.written)).unsafe_classes == (1,)
