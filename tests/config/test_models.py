from typing import Any

import pytest

from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.l_diversity import DistinctDiversity, EntropyDiversity, RecursiveDiversity
from anonspark.models.t_closeness import TCloseness
from anonspark.vocabulary import Distance

L = {"model": "l-diversity", "attribute": "illness", "l": 2}
T = {"model": "t-closeness", "attribute": "illness", "t": 0.2}


@pytest.mark.parametrize(
    ("section", "model"),
    [
        ({"model": "k-anonymity"}, KAnonymity(5)),
        (L, DistinctDiversity(2, "illness")),
        (L | {"variant": "entropy", "l": 2.5}, EntropyDiversity(2.5, "illness")),
        (L | {"variant": "recursive", "c": 0.5}, RecursiveDiversity(0.5, 2, "illness")),
        (T, TCloseness(0.2, "illness", Distance.EQUAL)),
        (T | {"distance": "ordered", "t": 1}, TCloseness(1, "illness", Distance.ORDERED)),
    ],
)
def test_a_section_becomes_its_model(job_of, section: dict[str, Any], model: object) -> None:
    assert job_of(privacy=[section]).to_policy(lambda *_: []).models == (model,)


@pytest.mark.parametrize("k", [1, 0, -5, 5.0, "5", True, None, 2**63])
def test_k_is_a_whole_number_of_at_least_2(faults_of, k: object) -> None:
    assert list(faults_of(privacy=[{"model": "k-anonymity", "k": k}])) == ["privacy[0].k"]


@pytest.mark.parametrize("l", [1, 0, 2.5, "2", True, None, float("nan")])
def test_l_is_a_whole_number_of_at_least_2(faults_of, l: object) -> None:  # noqa: E741
    assert list(faults_of(privacy=[L | {"l": l}])) == ["privacy[0].l"]


@pytest.mark.parametrize("t", [0, -0.1, 1.1, "0.2", False, float("nan"), float("inf")])
def test_t_is_a_number_above_0_and_at_most_1(faults_of, t: object) -> None:
    assert list(faults_of(privacy=[T | {"t": t}])) == ["privacy[0].t"]


@pytest.mark.parametrize(("model", "key"), [("l-diversity", "l"), ("t-closeness", "t")])
def test_l_and_t_have_no_default(faults_of, model: str, key: str) -> None:
    assert faults_of(privacy=[{"model": model, "attribute": "illness"}]) == {f"privacy[0].{key}": "is missing."}


def test_c_belongs_to_the_recursive_variant_and_only_to_it(faults_of) -> None:
    assert faults_of(privacy=[L | {"variant": "recursive"}]) == {
        "privacy[0].c": "is missing; variant: recursive needs it, a number above 0."
    }
    assert faults_of(privacy=[L | {"c": 2}]) == {
        "privacy[0].c": "is only for variant: recursive, not for distinct; leave it out."
    }
    assert list(faults_of(privacy=[L | {"variant": "recursive", "c": 0}])) == ["privacy[0].c"]


def test_an_unknown_model_variant_or_distance_is_told_with_the_nearest_one(faults_of) -> None:
    found = faults_of(privacy=[{"model": "k-anonimity"}, L | {"variant": "entropie"}, T | {"distance": "hierarchic"}])
    assert list(found) == ["privacy[0].model", "privacy[1].variant", "privacy[2].distance"]
    assert [sentence.rpartition("; ")[2] for sentence in found.values()] == [
        "did you mean 'k-anonymity'?",
        "did you mean 'entropy'?",
        "did you mean 'hierarchical'?",
    ]


def test_the_seeds_names_are_told_with_ours(faults_of) -> None:
    assert faults_of(privacy=[L | {"diversity_type": "distinct"}, T | {"distance_metric": "equal"}]) == {
        "privacy[0].diversity_type": "is an unknown key; did you mean 'variant'?",
        "privacy[1].distance_metric": "is an unknown key; did you mean 'distance'?",
    }


def test_a_model_protects_an_attribute_of_type_sensitive(faults_of) -> None:
    assert faults_of(privacy=[L | {"attribute": "age"}, T | {"attribute": "illnes"}, T | {"attribute": "x"}]) == {
        "privacy[0].attribute": "'age' is of type quasi_identifier; l-diversity protects attributes of type sensitive.",
        "privacy[1].attribute": "'illnes' is not among the attributes; did you mean 'illness'?",
        "privacy[2].attribute": "'x' is not among the attributes; add it to attributes with type: sensitive.",
    }


def test_a_hierarchical_distance_needs_a_hierarchy(faults_of) -> None:
    age = {"name": "age", "type": "quasi_identifier"}
    illness = {"name": "illness", "type": "sensitive"}
    privacy = [T | {"distance": "hierarchical"}]
    assert list(faults_of(privacy=privacy, attributes=[age, illness])) == ["privacy[0].distance"]
    assert faults_of(privacy=privacy, attributes=[age, illness | {"hierarchy": {"kind": "csv", "uri": "a.csv"}}]) == {}


def test_the_same_demand_twice_is_a_fault_with_equal_and_with_other_numbers(faults_of) -> None:
    k, stricter = ({"model": "k-anonymity", "k": k} for k in (5, 10))
    twice = [k, stricter, L, L | {"variant": "distinct", "l": 3}]
    assert faults_of(privacy=twice) == {
        "privacy[1]": "k-anonymity is demanded in privacy[0] too; keep the stricter one.",
        "privacy[3]": "l-diversity is demanded in privacy[2] too; keep the stricter one.",
    }


def test_different_demands_on_one_attribute_go_together(faults_of) -> None:
    assert faults_of(privacy=[L, L | {"variant": "entropy"}, T, T | {"distance": "ordered"}]) == {}


@pytest.mark.parametrize("privacy", [[], None, "k-anonymity", {"model": "k-anonymity"}, ["k-anonymity"]])
def test_a_job_names_its_models_in_a_list_of_mappings(faults_of, privacy: object) -> None:
    assert len(faults_of(privacy=privacy)) == 1
