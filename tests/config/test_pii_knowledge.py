"""The catalogue as shipped, and types of one's own."""

import csv

import pytest

from anonspark.config.pii_knowledge import (
    LANGUAGES,
    catalogue_of,
    load_catalogue,
    load_knowledge,
    read_file,
    read_shipped,
)
from anonspark.domain.pii_words import joined
from anonspark.errors import ConfigurationError
from anonspark.pii.validators import VALIDATORS


def test_the_catalogue_holds_every_type_of_the_reference_with_its_name_category_and_parent(shared):
    text = (shared / "reference" / "pii_types.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    expected = {row["id"]: (row["name"], row["category"], row["parent"] or None) for row in rows}
    found = {kind.id: (kind.name, kind.category, kind.parent) for kind in load_catalogue().types.values()}
    assert found == expected
    assert len(found) == 135


def test_parents_come_before_their_children_and_every_type_says_what_it_is():
    seen = set()
    for kind in load_catalogue().types.values():
        assert kind.parent is None or kind.parent in seen
        assert kind.description.endswith(".")
        assert kind.weight in {1, 2, 3}
        seen.add(kind.id)


def test_a_type_of_ones_own_stands_below_a_shipped_one():
    own = read_file("types: {badge_number: {parent: employee_id, weight: 3}}", "own.yaml")
    catalogue = catalogue_of([own], load_catalogue().types)
    assert list(catalogue.lineage("badge_number")) == ["badge_number", "employee_id", "other_unique_id"]
    assert catalogue.types["badge_number"].name == "Badge Number"
    assert catalogue.types["badge_number"].category == "custom"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("types: {badge: {parent: employe_id}}", "did you mean 'employee_id'?"),
        ("types: {a: {parent: b}, b: {parent: a}}", "its own ancestor"),
        ("types: {Badge: {}}", "an id is words in lower case"),
        ("types: {badge: {wieght: 1}}", "did you mean 'weight'?"),
        ("types: {badge: {weight: 9}}", "at most 3"),
        ("types: [badge]", "a mapping"),
    ],
)
def test_a_fault_of_a_type_is_named_with_its_line_and_the_way_out(text, message):
    with pytest.raises(ConfigurationError, match=r"own\.yaml") as caught:
        catalogue_of([read_file(text, "own.yaml")], load_catalogue().types)
    assert message in caught.value.message


def test_every_type_has_words_of_column_names_and_every_language_names_most_of_what_people_are_asked_for():
    knowledge = load_knowledge()
    named = {meaning.pii_type for meanings in knowledge.names.meanings.values() for meaning in meanings}
    assert named == set(knowledge.catalogue.types)
    asked = {
        "name", "first_name", "last_name", "date_of_birth", "gender", "email", "phone", "address", "postal_code",
        "city", "country", "nationality", "marital_status", "job_title", "salary", "account_number", "credit_card",
        "passport", "password", "diagnosis", "blood_type", "religious", "health", "employee_id", "customer_id",
        "license_plate",
    }  # fmt: skip
    for language in LANGUAGES:
        assert asked - set(read_shipped(f"names/{language}.yaml").file.names) <= (
            {"health"} if language == "more" else set()
        )


def test_words_with_another_meaning_are_below_the_threshold_and_the_numbers_are_those_of_the_model():
    numbers = load_knowledge().confidence
    assert (numbers.exact_name, numbers.contained_name, numbers.affix_name) == (0.95, 0.85, 0.80)
    assert max(numbers.weak_name, numbers.thing_name, numbers.weak_values, numbers.missing_neighbours) < 0.8
    assert (numbers.contradiction, numbers.contradiction_values, numbers.ceiling) == (0.3, 20, 0.99)
    assert (numbers.checksum_share, numbers.checksum_values) == (0.9, 20)


def test_a_weak_shape_or_list_stays_below_the_threshold_alone():
    knowledge = load_knowledge()
    for shapes in knowledge.shapes.values():
        assert all(shape.specificity >= 0.8 for shape in shapes if shape.alone)


def test_every_check_that_a_shape_names_is_there():
    named = {shape.validator for shapes in load_knowledge().shapes.values() for shape in shapes if shape.validator}
    assert named <= set(VALIDATORS)


def test_lists_of_people_and_places_come_from_all_locales_and_fold_diacritics():
    lists = load_knowledge().lists
    assert {"anna", "jurgen", "francois", "joao"} <= lists["first_name"][0].entries
    assert {"smith", "garcia", "yamamoto", "kowalski"} <= lists["last_name"][0].entries
    assert "osterreich" in {entry for listed in lists["country"] for entry in listed.entries}


def test_words_of_ones_own_are_added_to_the_shipped_ones():
    own = "names: {email: {strong: [elektropost]}}\nstop: [quuxed]\nthings: [zeppelin]"
    knowledge = load_knowledge([own])
    assert [meaning.pii_type for meaning in knowledge.names.meanings["elektropost"]] == ["email"]
    assert "quuxed" in knowledge.names.stop
    assert "zeppelin" in knowledge.names.things
    assert joined("E-Mail") in knowledge.names.meanings
    assert "elektropost" not in load_knowledge().names.meanings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shapes: {email: [{pattern: '(?=a)b', specificity: 1}]}", "is no regular expression of RE2"),
        ("shapes: {email: [{pattern: 'a(b', specificity: 1}]}", "is no regular expression of RE2"),
        ("shapes: {email: [{pattern: 'a', specificity: 2}]}", "at most 1"),
        ("shapes: {emial: [{pattern: 'a', specificity: 1}]}", "did you mean 'email'?"),
        ("shapes: {email: [{pattern: 'a', specificity: 1, validator: emial}]}", "did you mean 'email'?"),
        ("names: {emial: {strong: [post]}}", "did you mean 'email'?"),
        ("names: {email: {stong: [post]}}", "did you mean 'strong'?"),
        ("names: {email: {strong: post}}", "write [post]"),
        ("kinds: {email: [txt]}", "did you mean 'text'?"),
        ("neighbours: {email: {raised_by: [nam]}}", "did you mean 'name'?"),
        ("lists: {name: [{faker: [person.first_nmaes], specificity: 0.5}]}", "no list of Faker"),
        ("named_only: [sallary]", "did you mean 'salary'?"),
        ("shape: {}", "did you mean 'shapes'?"),
    ],
)
def test_a_fault_of_a_file_of_ones_own_is_named_with_its_line_and_the_way_out(text, message):
    with pytest.raises(ConfigurationError, match="custom types 2:1") as caught:
        load_knowledge(["stop: [quuxed]", text])
    assert message in caught.value.message
