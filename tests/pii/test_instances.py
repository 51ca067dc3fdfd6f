import re

from anonspark.config.pii_knowledge import load_knowledge
from anonspark.domain.pii import ColumnFinding, ColumnProfile
from anonspark.pii.instances import estimated_cells, shape_of
from anonspark.vocabulary import DataKind, DetectionMethod


def found(pii_type: str, share: float | None = 1.0) -> ColumnFinding:
    return ColumnFinding("c", pii_type, 0.9, DetectionMethod.PATTERN, (), share)


def test_an_instance_has_a_shape_of_the_type_or_of_one_of_its_kinds():
    shape = shape_of(found("ip_address"), load_knowledge())
    assert shape is not None
    assert re.fullmatch(shape, "192.0.2.7")
    assert re.fullmatch(shape, "2001:db8::7")
    assert not re.fullmatch(shape, "seven")


def test_shapes_that_only_do_not_contradict_a_name_make_no_instance():
    knowledge = load_knowledge()
    for pii_type, shapes in knowledge.shapes.items():
        shape = shape_of(found(pii_type), knowledge)
        told = {each.pattern for each in shapes if each.specificity > 0}
        silent = {each.pattern for each in shapes if each.specificity == 0} - told
        assert shape is None or not any(f"(?:{pattern})" in shape for pattern in silent)


def test_what_only_a_name_tells_counts_every_cell():
    assert shape_of(found("email", None), load_knowledge()) is None
    assert shape_of(found("first_name"), load_knowledge()) is None


def test_the_share_of_a_sample_is_the_share_of_its_filled_cells():
    profile = ColumnProfile("c", DataKind.TEXT, 10, 2, ("a", "b", " "), (3, 4, 1))
    assert estimated_cells(profile, found("email", 0.5), "shape") == round(8 * 7 / 8 * 0.5)
    assert estimated_cells(profile, found("email", None), None) == 7
