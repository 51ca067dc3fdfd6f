"""The models are measured again on what was written, whatever the search believed."""

from collections import Counter
from dataclasses import replace

import pytest

from anonspark.domain.model import PrivacyModel, ReleaseModel
from anonspark.domain.policy import Policy
from anonspark.domain.recount import verify_release
from anonspark.domain.rules import IntervalRule, TableRule
from anonspark.errors import VerificationError
from anonspark.models.alpha_k import AlphaK
from anonspark.models.average_risk import AverageRisk
from anonspark.models.beta_likeness import BetaLikeness
from anonspark.models.delta_disclosure import DeltaDisclosure
from anonspark.models.delta_presence import DeltaPresence
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.k_map import KMap
from anonspark.models.l_diversity import DistinctDiversity
from anonspark.models.population_uniqueness import PopulationUniqueness
from anonspark.models.t_closeness import TCloseness
from anonspark.vocabulary import Distance
from tests.domain.raw import Row
from tests.domain.released_case import ROWS, Case, kept


def test_the_models_are_measured_again_on_what_was_written() -> None:
    case = Case(ROWS, (1, 1))
    stricter = Policy(
        case.policy.quasi_identifiers, (KAnonymity(2), DistinctDiversity(4, "diagnosis")), case.policy.sensitive
    )
    with pytest.raises(VerificationError, match=r"^2 written classes do not satisfy DistinctDiversity") as raised:
        verify_release(case.recounted(case.written), case.raw, case.classes, stricter, case.release)
    assert raised.value.field == "privacy"


def test_closeness_is_measured_to_the_whole_table_with_its_suppressed_rows() -> None:
    # The only kept class is all u; half of the table is v, and suppressed. Against what was written t would be 0.
    rows: list[Row] = [("10", "a", "u")] * 4 + [(f"{place}0", "b", "v") for place in range(2, 6)]
    case = Case(rows, (0, 0))
    assert case.release.suppressed == 4
    near = Policy(case.policy.quasi_identifiers, (TCloseness(0.4, "diagnosis", Distance.EQUAL),), case.policy.sensitive)
    with pytest.raises(VerificationError, match="1 written classes do not satisfy"):
        verify_release(case.recounted(case.written), case.raw, case.classes, near, case.release)
    far = Policy(case.policy.quasi_identifiers, (TCloseness(0.5, "diagnosis", Distance.EQUAL),), case.policy.sensitive)
    verify_release(case.recounted(case.written), case.raw, case.classes, far, case.release)


def test_closeness_on_a_tree_is_measured_in_the_tree_of_the_whole_table() -> None:
    rows: list[Row] = [("10", "a", str(value)) for value in (1, 2, 8, 9)] + [("77", "z", "55")]
    model = TCloseness(0.2, "diagnosis", Distance.HIERARCHICAL)
    case = Case(rows, (0, 0), KAnonymity(4), model, sensitive_rule=IntervalRule(0, 100, (5, 50)))
    assert len(kept(case.written)) == 4
    case.verify(case.written)


PEOPLE: list[Row] = [
    *[row[:2] for row in ROWS],
    *[("13", "a9")] * 2,  # not in the table, and with the labels of a class of it
    *[("25", None)] * 1,
    *[("40", "d1")] * 9,
]


def test_people_of_the_written_classes_are_those_of_the_same_labels() -> None:
    # 1*, a*: 3 records and 5 people; 2*, b*: 4 and 4; 2* and null: 2 and 3; 30, c1 alone with itself.
    case = Case(ROWS, (1, 1), KMap(4), people=PEOPLE)
    assert Counter(row[:2] for row in case.written) == {("1*", "a*"): 3, ("2*", "b*"): 4, ("*", "*"): 3}
    case.verify(case.written)
    stricter = replace(case.policy, models=(KMap(5),))
    with pytest.raises(VerificationError, match=r"^1 written classes do not satisfy KMap\(k=5\)"):
        verify_release(case.recounted(case.written), case.raw, case.classes, stricter, case.release)
    present = replace(case.policy, models=(DeltaPresence(0.6),))
    with pytest.raises(VerificationError, match="1 written classes do not satisfy DeltaPresence"):
        verify_release(case.recounted(case.written), case.raw, case.classes, present, case.release)


@pytest.mark.parametrize(
    ("model", "unsafe"),
    [
        (BetaLikeness(0.1, "diagnosis"), 3),
        (DeltaDisclosure(0.1, "diagnosis"), 3),
        (AlphaK(0.4, 2, "diagnosis"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_model_of_an_attribute_is_measured_again_on_what_was_written(model: PrivacyModel, unsafe: int) -> None:
    case = Case(ROWS, (1, 1))
    stricter = replace(case.policy, models=(model,))
    with pytest.raises(VerificationError, match=f"^{unsafe} written classes do not satisfy {type(model).__name__}"):
        verify_release(case.recounted(case.written), case.raw, case.classes, stricter, case.release)


@pytest.mark.parametrize(
    ("demanded", "stricter"),
    [(AverageRisk(0.4), AverageRisk(0.39)), (PopulationUniqueness(0.1, 10), PopulationUniqueness(0.09, 10))],
)
def test_models_of_the_whole_release_are_measured_again_on_all_that_was_written(
    demanded: ReleaseModel, stricter: ReleaseModel
) -> None:
    # Classes of 1, 2, 3 and 4: 4/10 on average, and of 10 people one stands alone.
    case = Case(ROWS, (1, 1), KAnonymity(1), release_models=(demanded,))
    assert case.release.suppressed == 0
    case.verify(case.written)
    policy = replace(case.policy, release_models=(stricter,))
    with pytest.raises(VerificationError, match=f"does not satisfy {type(demanded).__name__}") as raised:
        verify_release(case.recounted(case.written), case.raw, case.classes, policy, case.release)
    assert raised.value.field == "privacy"


def test_a_class_that_is_labelled_with_stars_only_counts_in_the_whole_release() -> None:
    # The class of u and v is labelled `*`: 4 records, and one each of w and y. 3/6 with it, 2/2 without.
    rule = TableRule((("u", "*"), ("v", "*"), ("w", "x"), ("y", "y")))
    rows: list[Row] = [*[("u", "d")] * 2, *[("v", "d")] * 2, ("w", "d"), ("y", "d")]
    case = Case(rows, (1,), KAnonymity(1), rules=(rule,), release_models=(AverageRisk(0.5),))
    assert case.release.suppressed == 0
    verify_release(case.recounted(case.written), case.raw, case.classes, case.policy, case.release)
