import pytest

AGE = {"name": "age", "type": "quasi_identifier"}


@pytest.mark.parametrize("weight", [0, -1, float("nan"), float("inf"), "1", True])
def test_a_weight_is_a_finite_number_above_0(faults_of, weight: object) -> None:
    assert list(faults_of(attributes=[AGE | {"weight": weight}])) == ["attributes[0].weight"]


def test_the_lowest_level_is_not_above_the_highest(faults_of) -> None:
    assert faults_of(attributes=[AGE | {"min_level": 2, "max_level": 2}]) == {}
    assert faults_of(attributes=[AGE | {"min_level": 2, "max_level": 1}]) == {
        "attributes[0].max_level": "found 1, which is below min_level, 2."
    }


@pytest.mark.parametrize("level", [-1, 1.5, "1", True])
def test_a_level_is_a_whole_number_from_0(faults_of, level: object) -> None:
    assert list(faults_of(attributes=[AGE | {"min_level": level}])) == ["attributes[0].min_level"]
    assert list(faults_of(attributes=[AGE | {"max_level": level}])) == ["attributes[0].max_level"]


def test_only_quasi_identifiers_have_weights_and_levels(faults_of) -> None:
    illness = {"name": "illness", "type": "sensitive", "weight": 2.0, "min_level": 1, "max_level": 3}
    assert list(faults_of(attributes=[AGE, illness])) == [
        "attributes[1].weight",
        "attributes[1].min_level",
        "attributes[1].max_level",
    ]
    assert faults_of(attributes=[AGE, illness | {"weight": 1.0, "min_level": 0, "max_level": None}]) == {}


@pytest.mark.parametrize("role", ["identifier", "insensitive"])
def test_a_hierarchy_has_no_use_where_nothing_is_generalized(faults_of, role: str) -> None:
    name = {"name": "name", "type": role, "hierarchy": {"kind": "mask", "keep": [1]}}
    assert list(faults_of(attributes=[AGE, name])) == ["attributes[1].hierarchy"]


def test_a_column_stands_once(faults_of) -> None:
    assert faults_of(attributes=[AGE, AGE, AGE | {"name": "AGE"}]) == {
        "attributes[1].name": "'age' stands in attributes[0] too; leave one out.",
        "attributes[2].name": "'AGE' and 'age' of attributes[0] are one column to Spark.",
    }


def test_a_column_plays_one_role(faults_of) -> None:
    assert faults_of(attributes=[AGE, AGE | {"type": "sensitive"}]) == {
        "attributes[1].name": "'age' is sensitive here and quasi_identifier in attributes[0]; a column plays one role."
    }


def test_a_job_without_attributes_or_quasi_identifiers_is_sent_to_auto(faults_of) -> None:
    assert faults_of(attributes=[]) == {
        "attributes": "is empty, so the raw table would be the release; name them, or let the job auto do it."
    }
    assert faults_of(attributes=[AGE | {"type": "sensitive"}]) == {
        "attributes": "name no quasi_identifier, so nothing would be generalized; the job auto finds them."
    }


def test_a_misspelt_type_is_told_without_faults_that_follow_from_it(faults_of) -> None:
    found = faults_of(
        attributes=[AGE | {"type": "quasi_identifer", "weight": 2}, {"name": "illness", "type": "sensitiv"}],
        privacy=[{"model": "l-diversity", "l": 2, "attribute": "illness"}],
    )
    assert list(found) == ["attributes[0].type", "attributes[1].type"]


def test_an_attribute_is_among_the_columns_that_are_read(faults_of) -> None:
    found = faults_of(input={"uri": "a.csv", "columns": ["Age", "ilness"]})
    assert found == {"attributes[1].name": "'illness' is not among input.columns; did you mean 'ilness'?"}


@pytest.mark.parametrize("name", ["", None, ["age"]])
def test_a_name_is_a_text(faults_of, name: object) -> None:
    assert list(faults_of(attributes=[AGE, {"name": name, "type": "sensitive"}])) == ["attributes[1].name"]


def test_one_value_a_class_is_for_quasi_identifiers_and_needs_no_hierarchy(faults_of, job_of) -> None:
    mean = {"name": "age", "type": "quasi_identifier", "microaggregation": "mean"}
    assert faults_of(attributes=[mean]) == {}
    job = job_of(attributes=[mean, AGE | {"name": "height"}])
    age, height = job.to_policy(lambda *_: []).quasi_identifiers
    assert (age.microaggregation, age.min_level, age.max_level) == ("mean", 1, 1)
    assert (height.microaggregation, height.min_level, height.max_level) == (None, 0, None)
    assert list(faults_of(attributes=[mean | {"microaggregation": "middle"}])) == ["attributes[0].microaggregation"]
    illness = {"name": "illness", "type": "sensitive", "microaggregation": "mode"}
    assert list(faults_of(attributes=[AGE, illness])) == ["attributes[1].microaggregation"]


def test_bounds_of_levels_need_levels(faults_of) -> None:
    mean = {"name": "age", "type": "quasi_identifier", "microaggregation": "mean", "max_level": 1}
    assert list(faults_of(attributes=[mean])) == ["attributes[0].microaggregation"]
    ages = {"kind": "intervals", "min": 0, "max": 100, "widths": [5]}
    assert faults_of(attributes=[mean | {"hierarchy": ages}]) == {}


def test_models_that_one_value_a_class_could_break_are_refused(faults_of) -> None:
    mean = {"name": "age", "type": "quasi_identifier", "microaggregation": "mean"}
    privacy = [{"model": "k-anonymity"}, {"model": "average-risk", "threshold": 0.1}]
    assert faults_of(attributes=[AGE | {"name": "height"}, mean], privacy=privacy) == {
        "privacy[1]": (
            "average-risk cannot be promised for classes that have labels of their own; "
            "leave out microaggregation of attributes[1]."
        )
    }
