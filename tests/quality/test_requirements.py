"""What a release must be, from a policy; what the requirements say is read by people, so it is compared as text."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from anonspark.domain.model import PrivacyModel, ReleaseModel
from anonspark.domain.policy import Policy, QuasiIdentifier, SensitiveAttribute
from anonspark.domain.written import WrittenFacts
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
from anonspark.quality.requirements import Requirement, expected_columns, requirements
from anonspark.quality.words import name_and_sentence
from anonspark.vocabulary import MicroAggregation, ModelName, Suppression
from tests.domain.released_case import ROWS, Case

POLICY = Policy(
    quasi_identifiers=(QuasiIdentifier("age"), QuasiIdentifier("zip")),
    models=(KAnonymity(5), DistinctDiversity(2, "diagnosis")),
    sensitive=(SensitiveAttribute("diagnosis"),),
    identifiers=("name",),
    release_models=(AverageRisk(0.1),),
)
RAW = {"name": "string", "age": "int", "zip": "string", "diagnosis": "string", "cost": "double"}
RELEASED = {**RAW, "age": "string"}
FACTS = WrittenFacts(
    rows=10,
    unmasked={"name": 0},
    foreign_labels={"age": 0, "zip": 0},
    foreign_values={"diagnosis": 0},
    smallest_class=5,
    unsafe_classes=(0, 0),
    excess_classes=(0,),
)


def of(
    facts: WrittenFacts = FACTS, policy: Policy = POLICY, written: Mapping[str, str] = RELEASED
) -> list[Requirement]:
    chosen = Case(ROWS, (1, 1)).release  # ten rows, one of them suppressed
    return requirements(facts, policy, chosen, RAW, written)


def failing(found: list[Requirement]) -> list[str]:
    return [each.name for each in found if each.count != each.wanted]


def test_a_release_as_it_must_be_meets_every_requirement() -> None:
    found = of()
    assert failing(found) == []
    assert [each.name for each in found] == [
        "identifier 'name'",
        "k-anonymity (k = 5)",
        "distinct l-diversity of 'diagnosis' (l = 2)",
        "average risk (at most 0.1)",
        "labels of 'age'",
        "labels of 'zip'",
        "values of 'diagnosis'",
        "rows",
        "columns",
        "types",
    ]
    assert found[1].found == "Groups of persons for whom that is not so: 0. Persons in the smallest group: 5."


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"unmasked": {"name": 3}}, "identifier 'name'"),
        ({"unsafe_classes": (2, 0)}, "k-anonymity (k = 5)"),
        ({"unsafe_classes": (0, 1)}, "distinct l-diversity of 'diagnosis' (l = 2)"),
        ({"excess_classes": (4,)}, "average risk (at most 0.1)"),
        ({"foreign_labels": {"age": 0, "zip": 1}}, "labels of 'zip'"),
        ({"foreign_values": {"diagnosis": 1}}, "values of 'diagnosis'"),
        ({"rows": 9}, "rows"),
        ({"rows": 11}, "rows"),
    ],
)
def test_each_count_decides_one_requirement(changed: dict[str, Any], name: str) -> None:
    assert failing(of(replace(FACTS, **changed))) == [name]


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ({name: kind for name, kind in RELEASED.items() if name != "cost"}, ["columns"]),
        ({**RELEASED, "more": "int"}, ["columns"]),
        (dict(reversed(RELEASED.items())), ["columns"]),
        ({**RELEASED, "cost": "int"}, ["types"]),
        (RAW, ["types"]),
        ({**RELEASED, "age": "string collate UNICODE_CI"}, []),
    ],
)
def test_columns_are_those_of_the_input_in_the_types_that_the_job_decides(
    written: Mapping[str, str], names: list[str]
) -> None:
    assert failing(of(written=written)) == names


def test_dropped_rows_and_identifiers_are_not_expected() -> None:
    policy = replace(POLICY, suppression=Suppression.DROP, identifier_treatment=Suppression.DROP)
    assert list(expected_columns(RAW, policy)) == ["age", "zip", "diagnosis", "cost"]
    without = {name: kind for name, kind in RELEASED.items() if name != "name"}
    facts = replace(FACTS, rows=9, unmasked={})
    assert failing(of(facts, policy, without)) == []
    assert failing(of(facts, policy, RELEASED)) == ["identifier 'name'", "columns"]
    assert failing(of(replace(facts, rows=10), policy, without)) == ["rows"]


def test_one_value_a_class_is_named_as_what_it_is() -> None:
    age = QuasiIdentifier("age", microaggregation=MicroAggregation.MEDIAN)
    policy = replace(POLICY, quasi_identifiers=(age, QuasiIdentifier("zip")))
    (sentence,) = [each.sentence for each in of(policy=policy) if each.name == "labels of 'age'"]
    assert "is a median of one of the release's groups" in sentence


MODELS: list[PrivacyModel | ReleaseModel] = [
    KAnonymity(5), KMap(5), DistinctDiversity(3, "illness"), EntropyDiversity(2.5, "illness"),
    RecursiveDiversity(3.0, 2, "illness"), TCloseness(0.2, "illness"), BetaLikeness(1.0, "illness"),
    DeltaDisclosure(1.1, "illness"), AlphaK(0.5, 5, "illness"), DeltaPresence(0.5, 0.1), AverageRisk(0.1),
    PopulationUniqueness(0.05, 1000),
]  # fmt: skip


def test_every_model_has_a_name_of_its_own_and_a_sentence_with_what_it_protects() -> None:
    assert {type(model).__module__.rpartition(".")[2] for model in MODELS} == {
        name.replace("-", "_") for name in ModelName
    }
    told = [name_and_sentence(model) for model in MODELS]
    assert len({name for name, _ in told}) == len(MODELS)
    for model, (name, sentence) in zip(MODELS, told, strict=True):
        if getattr(model, "attribute", None):
            assert "'illness'" in name
            assert "'illness'" in sentence


def test_two_strengths_of_one_model_are_told_apart() -> None:
    assert name_and_sentence(TCloseness(0.2, "a"))[0] != name_and_sentence(TCloseness(0.3, "a"))[0]
