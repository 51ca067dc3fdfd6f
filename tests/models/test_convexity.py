"""What every model must keep to, for any class and any way to split it."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.model import PrivacyModel
from anonspark.models.alpha_k import AlphaK
from anonspark.models.beta_likeness import BetaLikeness
from anonspark.models.convexity import records_beyond
from anonspark.models.delta_disclosure import DeltaDisclosure
from anonspark.models.delta_presence import DeltaPresence
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.k_map import KMap
from anonspark.models.l_diversity import DistinctDiversity, EntropyDiversity, RecursiveDiversity
from anonspark.models.t_closeness import TCloseness, _worst_distance, distances
from anonspark.search.judge import judge
from anonspark.vocabulary import Distance, Likeness
from tests import oracle
from tests.reference import sensitive_classes

VALUES = "abcde"
TREE = {"a": ("a", "x", "*"), "b": ("b", "x", "*"), "c": ("c", "y", "*"), "d": ("d", "y", "*"), "e": ("e", "e", "*")}

fractions = st.sampled_from((0.0, 0.1, 0.2, 0.25, 0.4, 0.5, 0.75, 1.0))


def presence(shares: list[float]) -> DeltaPresence:
    return DeltaPresence(max(shares), min(shares))


models = st.one_of(
    st.builds(KAnonymity, st.integers(1, 8)),
    st.builds(DistinctDiversity, st.integers(1, 5), st.just("s")),
    st.builds(EntropyDiversity, st.floats(1, 5), st.just("s")),
    st.builds(
        RecursiveDiversity, st.sampled_from((0.5, 1.0, 1.1, 1.5, 2.0, 3.3, 4.0)), st.integers(1, 4), st.just("s")
    ),
    st.builds(TCloseness, fractions, st.just("s"), st.sampled_from(Distance)),
    st.builds(BetaLikeness, st.sampled_from((0.1, 0.25, 0.5, 1.0, 3.0)), st.just("s"), st.sampled_from(Likeness)),
    st.builds(DeltaDisclosure, st.sampled_from((0.1, 0.3, 0.7, 1.0, 2.0)), st.just("s")),
    st.builds(AlphaK, fractions.filter(bool), st.integers(1, 6), st.just("s")),
    st.builds(KMap, st.integers(1, 40)),
    st.lists(fractions, min_size=2, max_size=2).map(presence),
)
classes = st.lists(st.sampled_from("aaaabbcde"), min_size=1, max_size=25)
"""The sensitive values of the records of a class."""

crowds = st.lists(st.integers(0, 20), min_size=5, max_size=5)
"""People of the population in each of up to five classes."""


def of(*members: list[str], people: Sequence[int] = (1, 2, 3, 4, 5)) -> EquivalenceClasses:
    """Classes with these sensitive values and people of the population."""
    population = np.array((*people, *[9] * len(members))[: len(members)])
    return replace(sensitive_classes("s", *members, order=list(VALUES), tree=TREE), population=population)


@settings(deadline=None, max_examples=600, derandomize=True)
@given(models, classes, classes, st.lists(st.integers(0, 4), min_size=25, max_size=25), crowds)
def test_no_way_to_split_a_class_suppresses_fewer_records_than_are_unavoidable(
    model: PrivacyModel, whole: list[str], rest_of_the_table: list[str], part_of_record: list[int], people: list[int]
) -> None:
    # A part without records has people too: those of the population alone.
    parts = [[value for value, own in zip(whole, part_of_record, strict=False) if own == part] for part in range(5)]
    of_parts = [crowd for crowd, part in zip(people, parts, strict=True) if part]
    split = of(*filter(None, parts), rest_of_the_table, people=of_parts)
    suppressed = split.sizes[:-1][~model.satisfied(split)[:-1]].sum()
    assert model.unavoidable(of(whole, rest_of_the_table, people=[sum(people)]))[0] <= suppressed


@settings(deadline=None, max_examples=300, derandomize=True)
@given(models, classes, classes, crowds)
def test_nothing_is_unavoidable_in_a_safe_class_and_something_is_in_an_unsafe_one_of_a_convex_model(
    model: PrivacyModel, one: list[str], other: list[str], people: list[int]
) -> None:
    both = of(one, other, people=people)
    unavoidable, safe = model.unavoidable(both), model.satisfied(both)
    assert not unavoidable[safe].any()
    assert (unavoidable <= both.sizes).all()
    if model.convex:
        assert (unavoidable[~safe] > 0).all()
    if model.monotone:
        assert model.convex
        assert (unavoidable[~safe] == both.sizes[~safe]).all()


@settings(deadline=None, max_examples=300, derandomize=True)
@given(st.lists(models, max_size=3), classes, classes, crowds)
def test_several_models_judge_as_each_of_them_alone(
    demanded: list[PrivacyModel], one: list[str], other: list[str], people: list[int]
) -> None:
    both = of(one, other, people=people)
    judged = judge(demanded, both)
    for place in range(2):
        assert judged.unsafe[place] == (not all(model.satisfied(both)[place] for model in demanded))
        assert judged.unavoidable[place] == max((model.unavoidable(both)[place] for model in demanded), default=0)


@settings(deadline=None, max_examples=300, derandomize=True)
@given(models, classes, classes, classes, crowds)
def test_where_a_model_says_monotone_or_convex_what_contains_or_unites_safe_classes_is_safe(
    model: PrivacyModel, one: list[str], other: list[str], rest_of_the_table: list[str], people: list[int]
) -> None:
    parts = model.satisfied(of(one, other, rest_of_the_table, people=people))
    merged = model.satisfied(of(one + other, rest_of_the_table, people=[people[0] + people[1]]))
    if model.monotone and parts[:2].any():
        assert merged[0]
    if model.convex and parts[:2].all():
        assert merged[0]


@settings(deadline=None, max_examples=300, derandomize=True)
@given(models, classes, classes)
def test_no_safe_class_is_smaller_than_a_model_says(model: PrivacyModel, one: list[str], other: list[str]) -> None:
    both = of(one, other)
    assert (both.sizes[model.satisfied(both)] >= model.smallest_safe_class).all()


@settings(deadline=None, max_examples=200, derandomize=True)
@given(st.lists(classes, min_size=1, max_size=4))
def test_every_distance_is_the_earth_movers_distance_in_fractions(members: list[list[str]]) -> None:
    values = tuple(value for of_class in members for value in of_class)
    table = oracle.Table((), ((),) * len(values), {"s": oracle.Sensitive(values, tuple(VALUES), TREE)})
    ends = np.cumsum([0, *map(len, members)]).tolist()
    histograms = of(*members).sensitive["s"]
    for distance, measure in (
        (Distance.EQUAL, oracle.equal_distance),
        (Distance.ORDERED, oracle.ordered_distance),
        (Distance.HIERARCHICAL, oracle.hierarchical_distance),
    ):
        expected = [measure(table, "s", range(*span)) for span in pairwise(ends)]
        assert distances(histograms, distance) == pytest.approx([float(each) for each in expected], abs=1e-14)
        assert max(expected) <= Fraction(_worst_distance(histograms, distance)) + Fraction(1, 10**14)


@settings(deadline=None, max_examples=200, derandomize=True)
@given(
    st.lists(st.sampled_from("aaaabbcde"), min_size=1, max_size=40),
    st.floats(1, 6),
    st.sampled_from((0.5, 1.0, 2.0, 3.0)),
    st.integers(1, 5),
)
def test_diversity_is_that_of_the_definitions(values: list[str], entropy_l: float, c: float, l: int) -> None:  # noqa: E741
    table = oracle.Table((), ((),) * len(values), {"s": oracle.Sensitive(tuple(values), tuple(VALUES))})
    one, rows = of(values), range(len(values))
    assert DistinctDiversity(l, "s").satisfied(one)[0] == oracle.distinct_diversity(l, "s")(table, rows, 0)
    assert EntropyDiversity(entropy_l, "s").satisfied(one)[0] == oracle.entropy_diversity(entropy_l, "s")(
        table, rows, 0
    )
    expected = oracle.recursive_diversity(Fraction(c), l, "s")(table, rows, 0)
    assert RecursiveDiversity(c, l, "s").satisfied(one)[0] == expected


def test_the_share_beyond_the_limit_of_what_the_worst_value_is_beyond_it_is_lost() -> None:
    beyond = records_beyond(np.array([10, 10, 10, 3]), np.array([0.2, 0.6, 1.0, 0.2001]), limit=0.2, worst=1.0)
    assert beyond.tolist() == [0, 5, 10, 1]


def test_nothing_is_lost_where_no_class_can_be_beyond_the_limit() -> None:
    assert records_beyond(np.array([10]), np.array([0.5]), limit=1.0, worst=1.0).tolist() == [0]
