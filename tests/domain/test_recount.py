"""A release is verified by what was written; each way to write it wrong is found and told without a value."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.classes import size_counts
from anonspark.domain.encode import RawClasses, build_hierarchies, encode
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label
from anonspark.domain.lattice import lattice_of
from anonspark.domain.model import PrivacyModel, ReleaseModel
from anonspark.domain.policy import Policy, QuasiIdentifier, SensitiveAttribute
from anonspark.domain.population import with_population
from anonspark.domain.recount import verify_release
from anonspark.domain.release import Release
from anonspark.domain.rules import HierarchyRule, IntervalRule, MaskRule, TableRule
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
from anonspark.search.in_memory import InMemoryChecker
from anonspark.vocabulary import Distance, Metric, OnUnknown, Suppression
from tests.domain.raw import Row, raw_classes

MASKS = (MaskRule((1,)), MaskRule((1,)))
ROWS: list[Row] = [
    ("10", "a1", "u"), ("11", "a2", "v"), ("12", "a1", "CANARY-v"),
    ("20", "b1", "u"), ("21", "b2", "w"), ("22", None, "w"),
    ("20", "b2", "v"), ("23", "b3", "CANARY-v"), ("CANARY-30", "c1", "u"), ("24", None, "u"),
]  # fmt: skip


class Case:
    """A table released at a node, and its release as rows."""

    def __init__(
        self,
        rows: list[Row],
        node: tuple[int, ...],
        *models: PrivacyModel,
        rules: tuple[HierarchyRule, ...] = MASKS,
        suppression: Suppression = Suppression.MASK,
        sensitive_rule: HierarchyRule | None = None,
        release_models: tuple[ReleaseModel, ...] = (),
        people: list[Row] | None = None,
    ) -> None:
        names = [f"q{place}" for place in range(len(rules))]
        self.policy = Policy(
            tuple(QuasiIdentifier(name, rule) for name, rule in zip(names, rules, strict=True)),
            models or (KAnonymity(2),),
            (SensitiveAttribute("diagnosis", sensitive_rule),),
            identifiers=("name",),
            max_suppression=1.0,
            suppression=suppression,
            release_models=release_models,
        )
        self.raw = raw_classes(rows, names, ["diagnosis"])
        self.hierarchies = build_hierarchies(self.policy, self.raw)
        self.classes = encode(self.raw, self.policy, self.hierarchies)
        searched, population = self.classes, raw_classes(people or [], names)
        if people is not None:
            searched = with_population(self.classes, population, self.policy, self.hierarchies)
        checker = InMemoryChecker(
            searched,
            self.hierarchies,
            self.policy.models,
            lattice_of(self.hierarchies),
            len(rows),
            release_models=release_models,
        )
        at_node, safe = checker.classes_at(node)
        self.release = Release(
            node,
            self.hierarchies,
            at_node.codes,
            at_node.sizes,
            safe,
            len(rows),
            Metric.LOSS,
            0.0,
            True,
            {},
            {},
            at_node.population,
        )
        self.written = self._released(rows, at_node.codes[:, safe].T.tolist())

    def _released(self, rows: list[Row], safe: list[list[int]]) -> list[Row]:
        """Row by row, as the definition says; nothing of the engine but the hierarchies."""
        written = []
        for row in rows:
            leaves = [each.leaves.index(value) for each, value in zip(self.hierarchies, row, strict=False)]
            groups = [
                int(each.groups[level][leaf])
                for each, level, leaf in zip(self.hierarchies, self.release.node, leaves, strict=True)
            ]
            unknown = any(each.unknown[leaf] for each, leaf in zip(self.hierarchies, leaves, strict=True))
            if groups in safe and not unknown:
                written.append((*self._labels(groups), row[-1]))
            elif self.policy.suppression is Suppression.MASK:
                written.append((*["*"] * len(groups), row[-1]))
        return written

    def _labels(self, groups: list[int]) -> list[Label]:
        hierarchies: tuple[GeneralizationHierarchy, ...] = self.hierarchies
        return [
            each.labels[level][group] for each, level, group in zip(hierarchies, self.release.node, groups, strict=True)
        ]

    def verify(self, written: list[Row], unmasked: int = 0) -> None:
        verify_release(self.recounted(written, unmasked), self.raw, self.classes, self.policy, self.release)

    def recounted(self, written: list[Row], unmasked: int = 0) -> RawClasses:
        return raw_classes(written, self.policy.names, ["diagnosis"], malformed={"name": unmasked})


def masked(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row[:2] == ("*", "*")]


def kept(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row[:2] != ("*", "*")]


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


@given(st.lists(st.integers(1, 9), max_size=30))
def test_a_histogram_counts_the_classes_of_each_size(sizes: list[int]) -> None:
    assert size_counts(np.array(sizes, dtype=np.int64)) == sorted(Counter(sizes).items())
