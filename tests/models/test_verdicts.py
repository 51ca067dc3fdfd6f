"""What classes have of each demand, by hand, and that it agrees with what the models decide."""

from dataclasses import replace
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.model import Demand, PrivacyModel
from anonspark.models.alpha_k import AlphaK
from anonspark.models.average_risk import AverageRisk
from anonspark.models.beta_likeness import BetaLikeness
from anonspark.models.delta_disclosure import DeltaDisclosure
from anonspark.models.delta_presence import DeltaPresence
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.k_map import KMap
from anonspark.models.l_diversity import DistinctDiversity, EntropyDiversity, RecursiveDiversity
from anonspark.models.population_uniqueness import PopulationUniqueness
from anonspark.models.t_closeness import TCloseness
from anonspark.models.verdicts import demands_of, shortfall, verdicts
from anonspark.vocabulary import Distance, Likeness
from tests.reference import sensitive_classes

MODELS: list[PrivacyModel] = [
    KAnonymity(3),
    KMap(4),
    DistinctDiversity(2, "ill"),
    EntropyDiversity(1.7, "ill"),
    RecursiveDiversity(1.5, 2, "ill"),
    TCloseness(0.3, "ill"),
    TCloseness(0.2, "ill", Distance.ORDERED),
    BetaLikeness(0.8, "ill", Likeness.BASIC),
    BetaLikeness(1.1, "ill", Likeness.ENHANCED),
    DeltaDisclosure(0.7, "ill"),
    AlphaK(0.6, 2, "ill"),
    DeltaPresence(0.6, 0.2),
]


def classes_of(*members: str, people: int | None = None) -> EquivalenceClasses:
    """Classes by the letters of their sensitive values."""
    found = sensitive_classes("ill", *members, order="abc")
    return found if people is None else replace(found, population=np.full(len(members), people))


def test_what_two_classes_have_of_each_demand_by_hand() -> None:
    # The whole table: a 4/8, b 3/8, c 1/8. The first class: a 3/4, b 1/4; the second: a 1/4, b 2/4, c 1/4.
    classes = classes_of("aaab", "abbc", people=8)
    told = [verdict.observed.tolist() for verdict in verdicts(MODELS, classes)]
    entropies = [-(0.75 * log(0.75) + 0.25 * log(0.25)), -(0.5 * log(0.5) + 2 * 0.25 * log(0.25))]
    assert told == [
        [4.0, 4.0],
        [8.0, 8.0],
        [2.0, 3.0],
        pytest.approx(np.exp(entropies).tolist()),
        [3.0, 1.0],
        pytest.approx([0.25, 0.25]),
        pytest.approx([(0.25 + 0.125) / 2, (0.25 + 0.125) / 2]),
        pytest.approx([0.5, 1.0]),
        # The cap of a is -ln(1/2) = 0.69 < 1.1, that of b -ln(3/8) = 0.98 < 1.1; c may gain all of 1.1.
        pytest.approx([0.5 * 1.1 / log(2), 1.0]),
        pytest.approx([log(1.5), log(2)]),
        [4.0, 4.0],
        [0.75, 0.5],
        [0.5, 0.5],
        [0.5, 0.5],
    ]


@given(st.lists(st.text("abc", min_size=1, max_size=6), min_size=1, max_size=6), st.integers(0, 9))
def test_a_class_is_forbidden_where_it_misses_a_demand_and_only_there(members: list[str], people: int) -> None:
    classes = classes_of(*members, people=people)
    found = iter(zip(demands_of(MODELS), verdicts(MODELS, classes), strict=True))
    for model in MODELS:
        of_model = [next(found) for _ in model.demands]
        missed = np.max([verdict.shortfall for _, verdict in of_model], axis=0)
        failed = np.sum([verdict.failed for _, verdict in of_model], axis=0)
        assert failed.tolist() == (~model.satisfied(classes)).astype(int).tolist()
        clear = np.abs(missed) > 1e-6  # a strict demand that is met exactly is missed
        assert (missed[clear] > 0).tolist() == failed[clear].astype(bool).tolist()


def test_of_two_demands_the_one_that_is_missed_further_is_told() -> None:
    # One record, whose value has all of the class: half of k = 2 is missing, and 1.0 is two thirds above 0.6.
    size, share = verdicts([AlphaK(0.6, 2, "ill")], classes_of("a", "abc"))
    assert (size.failed.tolist(), share.failed.tolist()) == ([False, False], [True, False])
    assert (size.shortfall[0], share.shortfall[0]) == (0.5, pytest.approx(2 / 3))


def test_too_few_values_and_nobody_in_the_population_are_past_all_bounds() -> None:
    classes = classes_of("aaa", people=0)
    recursive, _, most = verdicts([RecursiveDiversity(2.0, 2, "ill"), DeltaPresence(0.5)], classes)
    assert recursive.observed.tolist() == most.observed.tolist() == [np.inf]
    assert recursive.failed.tolist() == most.failed.tolist() == [True]


def test_nothing_misses_a_demand_of_at_least_nothing() -> None:
    assert shortfall(Demand("share", 0.0, at_least=True), np.array([0.0, 0.5])).tolist() == [0.0, -0.5]


def test_models_of_a_whole_release_tell_the_number_that_they_limit() -> None:
    assert AverageRisk(0.1).observed([(1, 2), (4, 2)]) == 0.4
    assert PopulationUniqueness(0.1, 8).observed([(1, 2), (2, 1)]) == pytest.approx(0.3182, abs=5e-5)
    assert AverageRisk(0.1).observed([]) == PopulationUniqueness(0.1, 8).observed([]) == 0.0
