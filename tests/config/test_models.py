from typing import Any

import pytest

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
from anonspark.vocabulary import Distance, Likeness

L = {"model": "l-diversity", "attribute": "illness", "l": 2}
T = {"model": "t-closeness", "attribute": "illness", "t": 0.2}
BETA = {"model": "beta-likeness", "attribute": "illness", "beta": 1}
DELTA = {"model": "delta-disclosure", "attribute": "illness", "delta": 1.5}
ALPHA = {"model": "alpha-k", "attribute": "illness", "alpha": 0.5, "k": 3}
K_MAP = {"model": "k-map", "k": 5}
PRESENCE = {"model": "delta-presence", "delta_max": 0.8}
AVERAGE = {"model": "average-risk", "threshold": 0.1}
UNIQUES = {"model": "population-uniqueness", "threshold": 0.01, "population_size": 80_000_000}
CENSUS = {"uri": "census.parquet"}


@pytest.mark.parametrize(
    ("section", "model"),
    [
        ({"model": "k-anonymity"}, KAnonymity(5)),
        (L, DistinctDiversity(2, "illness")),
        (L | {"variant": "entropy", "l": 2.5}, EntropyDiversity(2.5, "illness")),
        (L | {"variant": "recursive", "c": 0.5}, RecursiveDiversity(0.5, 2, "illness")),
        (T, TCloseness(0.2, "illness", Distance.EQUAL)),
        (T | {"distance": "ordered", "t": 1}, TCloseness(1, "illness", Distance.ORDERED)),
        (BETA, BetaLikeness(1, "illness", Likeness.ENHANCED)),
        (BETA | {"variant": "basic", "beta": 0.5}, BetaLikeness(0.5, "illness", Likeness.BASIC)),
        (DELTA, DeltaDisclosure(1.5, "illness")),
        (ALPHA, AlphaK(0.5, 3, "illness")),
        (K_MAP, KMap(5)),
        (PRESENCE, DeltaPresence(0.8, 0.0)),
        (PRESENCE | {"delta_min": 0.1}, DeltaPresence(0.8, 0.1)),
    ],
)
def test_a_section_becomes_its_model(job_of, section: dict[str, Any], model: object) -> None:
    policy = job_of(privacy=[section], population=CENSUS).to_policy(lambda *_: [])
    assert policy.models == (model,)
    assert policy.release_models == ()
    assert policy.needs_population == (section in (K_MAP, PRESENCE, PRESENCE | {"delta_min": 0.1}))


def test_models_of_the_whole_release_are_told_apart_from_those_of_classes(job_of) -> None:
    policy = job_of(privacy=[AVERAGE, {"model": "k-anonymity", "k": 2}, UNIQUES]).to_policy(lambda *_: [])
    assert policy.models == (KAnonymity(2),)
    assert policy.release_models == (AverageRisk(0.1), PopulationUniqueness(0.01, 80_000_000))
    assert job_of(privacy=[AVERAGE]).to_policy(lambda *_: []).models == ()


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


@pytest.mark.parametrize(
    ("section", "key", "wrong"),
    [
        (BETA, "beta", (0, -1, "1", None, True, float("inf"))),
        (DELTA, "delta", (0, -1, "1", None, 701)),
        (ALPHA, "alpha", (0, 1.1, "0.5", None)),
        (ALPHA, "k", (1, 0, 2.5, None)),
        (K_MAP, "k", (1, 0, 2.5, "5", None)),
        (PRESENCE, "delta_max", (0, -0.1, 1.1, None)),
        (PRESENCE, "delta_min", (-0.1, 1.1, None)),
        (AVERAGE, "threshold", (0, 1.1, None)),
        (UNIQUES, "threshold", (-0.1, 1.1, None)),
        (UNIQUES, "population_size", (0, 1.5, None)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_number_has_its_range(faults_of, section: dict[str, Any], key: str, wrong: tuple[object, ...]) -> None:
    for value in wrong:
        assert list(faults_of(privacy=[section | {key: value}], population=CENSUS)) == [f"privacy[0].{key}"]


@pytest.mark.parametrize("section", [BETA, DELTA, ALPHA, K_MAP, PRESENCE, AVERAGE, UNIQUES])
def test_what_a_model_cannot_do_without_has_no_default(faults_of, section: dict[str, Any]) -> None:
    found = faults_of(privacy=[{"model": section["model"]}], population=CENSUS)
    assert found == {f"privacy[0].{key}": "is missing." for key in section if key != "model"}


def test_a_presence_is_between_its_bounds(faults_of) -> None:
    assert faults_of(privacy=[PRESENCE | {"delta_min": 0.9}], population=CENSUS) == {
        "privacy[0].delta_max": "found 0.8, which is below delta_min = 0.9; no class could be between them."
    }
    assert faults_of(privacy=[PRESENCE | {"delta_min": 0.8}], population=CENSUS) == {}


@pytest.mark.parametrize("section", [K_MAP, PRESENCE])
def test_a_model_of_people_needs_the_table_of_the_population(faults_of, section: dict[str, Any]) -> None:
    sentence = "which counts people of a population; name its table, population: {uri: ...}."
    for missing in ({}, {"population": None}):
        assert faults_of(privacy=[section], **missing) == {"privacy[0].model": f"is {section['model']}, {sentence}"}
    assert faults_of(privacy=[section], population=CENSUS) == {}


@pytest.mark.parametrize("section", [BETA, DELTA, ALPHA])
def test_each_model_of_an_attribute_names_a_sensitive_one(faults_of, section: dict[str, Any]) -> None:
    assert faults_of(privacy=[section | {"attribute": "illnes"}]) == {
        "privacy[0].attribute": "'illnes' is not among the attributes; did you mean 'illness'?"
    }
    assert faults_of(privacy=[section | {"attribute": "age"}]) == {
        "privacy[0].attribute": (
            f"'age' is of type quasi_identifier; {section['model']} protects attributes of type sensitive."
        )
    }


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


@pytest.mark.parametrize("section", [BETA, DELTA, ALPHA, K_MAP, PRESENCE, AVERAGE, UNIQUES])
def test_each_model_is_demanded_once_of_an_attribute_or_a_release(faults_of, section: dict[str, Any]) -> None:
    assert faults_of(privacy=[section, section], population=CENSUS) == {
        "privacy[1]": f"{section['model']} is demanded in privacy[0] too; keep the stricter one."
    }


def test_different_demands_on_one_attribute_go_together(faults_of) -> None:
    two_likenesses = [BETA, BETA | {"variant": "basic"}]
    assert faults_of(privacy=[L, L | {"variant": "entropy"}, T, T | {"distance": "ordered"}, *two_likenesses]) == {}


@pytest.mark.parametrize("privacy", [[], None, "k-anonymity", {"model": "k-anonymity"}, ["k-anonymity"]])
def test_a_job_names_its_models_in_a_list_of_mappings(faults_of, privacy: object) -> None:
    assert len(faults_of(privacy=privacy)) == 1
