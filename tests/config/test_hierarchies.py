import pytest

from anonspark.config.load import load_job
from anonspark.domain.rules import OrderRule, TreeRule
from anonspark.vocabulary import OnUnknown

INTERVALS = {"kind": "intervals", "min": 0, "max": 100, "widths": [5, 10]}


def test_widths_are_compared_as_they_are_written(hierarchy_faults) -> None:
    assert hierarchy_faults(INTERVALS | {"widths": [0.1, 0.3, 0.6, 1.2]}) == {}
    assert hierarchy_faults(INTERVALS | {"widths": [1e-300, 1e300]}) == {}


def test_every_width_that_is_no_larger_multiple_of_the_one_before_is_told(hierarchy_faults) -> None:
    assert hierarchy_faults(INTERVALS | {"widths": [5, 12, 24, 24, 12]}) == {
        "widths[1]": "found 12, which is not a larger multiple of the width before it, 5.",
        "widths[3]": "found 24, which is not a larger multiple of the width before it, 24.",
        "widths[4]": "found 12, which is not a larger multiple of the width before it, 24.",
    }


@pytest.mark.parametrize("width", [0, -5, float("nan"), float("inf"), True, "5", None, 10**30])
def test_a_width_is_a_finite_number_above_0(hierarchy_faults, width: object) -> None:
    assert list(hierarchy_faults(INTERVALS | {"widths": [width]})) == ["widths[0]"]


@pytest.mark.parametrize("maximum", [0, -1])
def test_the_lowest_bound_is_below_the_highest(hierarchy_faults, maximum: int) -> None:
    assert hierarchy_faults(INTERVALS | {"max": maximum}) == {"max": f"found {maximum}, which is not above min, 0."}


def test_values_outside_the_intervals_may_be_clamped_but_unknown_leaves_may_not(hierarchy_faults) -> None:
    assert hierarchy_faults(INTERVALS | {"outside": "clamp"}) == {}
    assert hierarchy_faults({"kind": "order", "order": ["A"], "unknown": "clamp"}) == {
        "unknown": "found 'clamp'; it is one of error, suppress."
    }


def test_bounds_of_top_and_bottom_coding_close_in(hierarchy_faults) -> None:
    assert hierarchy_faults({"kind": "top_bottom", "bottom": [18, 21], "top": [90.5, 80]}) == {}
    assert hierarchy_faults({"kind": "top_bottom", "top": [90]}) == {}
    assert hierarchy_faults({"kind": "top_bottom", "bottom": [21, 18], "top": [80, 80]}) == {
        "bottom[1]": "found 18, which is not above the bound before it, 21.",
        "top[1]": "found 80, which is not below the bound before it, 80.",
    }


@pytest.mark.parametrize(
    ("bounds", "fault"),
    [
        ({}, "found no bound; give numbers for top, for bottom, or for both."),
        ({"bottom": [], "top": []}, "found no bound; give numbers for top, for bottom, or for both."),
        ({"bottom": [18, 40], "top": [90, 40]}, "found 40, which is not above all of bottom, 40."),
    ],
)
def test_top_and_bottom_leave_values_between_them(hierarchy_faults, bounds: dict[str, object], fault: str) -> None:
    assert hierarchy_faults({"kind": "top_bottom", **bounds}) == {"top": fault}


@pytest.mark.parametrize("bound", [float("nan"), float("inf"), True, "5", None])
def test_a_bound_is_a_finite_number(hierarchy_faults, bound: object) -> None:
    assert list(hierarchy_faults({"kind": "top_bottom", "top": [bound]})) == ["top[0]"]


def test_a_mask_keeps_fewer_characters_at_each_level(hierarchy_faults) -> None:
    assert hierarchy_faults({"kind": "mask", "keep": [4, 2, 0]}) == {}
    assert hierarchy_faults({"kind": "mask", "keep": [2, 2, 3]}) == {
        "keep[1]": "found 2, which is not less than the 2 characters that the level before keeps.",
        "keep[2]": "found 3, which is not less than the 2 characters that the level before keeps.",
    }


@pytest.mark.parametrize("kept", [-1, 1.5, "2", False])
def test_a_mask_keeps_a_whole_number_of_characters(hierarchy_faults, kept: object) -> None:
    assert list(hierarchy_faults({"kind": "mask", "keep": [kept]})) == ["keep[0]"]


@pytest.mark.parametrize("symbol", ["", "**"])
def test_a_mask_s_symbol_and_a_file_s_separator_are_one_character(hierarchy_faults, symbol: str) -> None:
    assert list(hierarchy_faults({"kind": "mask", "keep": [1], "symbol": symbol})) == ["symbol"]
    assert list(hierarchy_faults({"kind": "csv", "uri": "age.csv", "sep": symbol})) == ["sep"]


def test_dates_nest(hierarchy_faults) -> None:
    assert hierarchy_faults({"kind": "date", "levels": ["day", "week"]}) == {}
    assert hierarchy_faults({"kind": "date", "levels": ["month", "day", "day"]}) == {
        "levels[1]": "day is not longer than month, the level before it.",
        "levels[2]": "day is not longer than day, the level before it.",
    }
    assert list(hierarchy_faults({"kind": "date", "levels": ["week", "month"]})) == ["levels[1]"]


def test_an_unknown_stretch_of_time_is_told_with_the_known_ones(hierarchy_faults) -> None:
    assert hierarchy_faults({"kind": "date", "levels": ["years"]}) == {
        "levels[0]": "found 'years'; it is one of day, week, month, quarter, year, decade; did you mean 'year'?"
    }


def test_every_fault_of_a_tree_is_told_at_its_place(hierarchy_faults) -> None:
    tree = {"a b": ["x", "y"], "c": {"d": ["x", None], "e": [], "f": "z"}, "g": None}
    assert hierarchy_faults({"kind": "tree", "tree": tree}) == {
        "tree.c.d[0]": "the leaf 'x' stands twice in the tree; leave one out.",
        "tree.c.d[1]": "found null where a text is expected; put it into quotes if it is a word.",
        "tree.c.e": "found nothing where a list of leaves or a mapping of branches is expected.",
        "tree.c.f": "found 'z' where a list of leaves or a mapping of branches is expected.",
        "tree.g": "found nothing where a list of leaves or a mapping of branches is expected.",
    }


def test_the_values_of_an_order_stand_once(hierarchy_faults) -> None:
    assert hierarchy_faults({"kind": "order", "order": ["A", "B", "A"]}) == {
        "order[2]": "the value 'A' stands twice; leave one out."
    }


@pytest.mark.parametrize("fanout", [1, 2.0])
def test_an_order_merges_at_least_two_neighbours(hierarchy_faults, fanout: object) -> None:
    assert list(hierarchy_faults({"kind": "order", "order": ["A", "B"], "fanout": fanout})) == ["fanout"]


@pytest.mark.parametrize(
    ("kind", "key"),
    [("intervals", "widths"), ("mask", "keep"), ("date", "levels"), ("order", "order"), ("tree", "tree")],
)
def test_a_hierarchy_without_a_level_is_a_fault(hierarchy_faults, kind: str, key: str) -> None:
    bounds = {"min": 0, "max": 1} if kind == "intervals" else {}
    assert list(hierarchy_faults({"kind": kind, key: [], **bounds})) == [key]


def test_one_value_instead_of_a_list_is_told_with_the_list_to_write(hierarchy_faults) -> None:
    assert hierarchy_faults({"kind": "order", "order": "A"}) == {
        "order": "found 'A' where a list is expected; write [A]."
    }


def test_an_unknown_kind_is_told_with_the_known_ones(hierarchy_faults) -> None:
    assert hierarchy_faults({"kind": "interval"}) == {
        "kind": "found 'interval'; it is one of csv, intervals, top_bottom, mask, date, tree, order; "
        "did you mean 'intervals'?"
    }
    assert hierarchy_faults({"uri": "age.csv"}) == {
        "kind": "is missing; it is one of csv, intervals, top_bottom, mask, date, tree, order."
    }


def test_a_key_of_another_kind_is_unknown(hierarchy_faults) -> None:
    assert hierarchy_faults({"kind": "mask", "keep": [1], "width": 5}) == {
        "width": "is an unknown key; known are kind, keep, symbol."
    }


def test_categories_are_the_texts_that_the_file_shows() -> None:
    job = load_job(
        """\
version: 1
job: anonymize
input: {uri: a.csv}
output: {uri: out/a}
attributes:
  - {name: no, type: quasi_identifier, hierarchy: {kind: tree, tree: {1: [No, 010], on: [2024-01-01, true, 1.50]}}}
  - {name: grade, type: quasi_identifier, hierarchy: {kind: order, order: [1, 02, "3", yes], unknown: suppress}}
privacy: [{model: k-anonymity}]
""",
        "job.yaml",
    )
    no, grade = job.to_policy(lambda *_: []).quasi_identifiers
    assert no.name == "no"
    assert no.rule == TreeRule({"1": ("No", "010"), "on": ("2024-01-01", "true", "1.50")})
    assert grade.rule == OrderRule(("1", "02", "3", "yes"), unknown=OnUnknown.SUPPRESS)
