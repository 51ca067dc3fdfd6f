"""The catalogue as shipped, and types of one's own."""

import csv

import pytest

from anonspark.config.pii_knowledge import catalogue_of, load_catalogue, read_file
from anonspark.errors import ConfigurationError


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
