"""Listed tables, trees, orders, masks, and what is derived for strings."""

import pytest

from anonspark.domain.builders import build_hierarchy
from anonspark.domain.rules import DerivedRule, MaskRule, OrderRule, TableRule, Tree, TreeRule
from anonspark.errors import HierarchyError
from anonspark.vocabulary import OnUnknown

JOBS = (("clerk", "office", "*"), ("boss", "office", "*"), ("smith", "works", "*"))


def once(*values: str | None) -> dict[str | None, int]:
    return dict.fromkeys(values, 1)


def rows(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(line.split(";")) for line in text.split())


def refused(rule: TableRule | TreeRule | OrderRule | MaskRule, values: dict[str | None, int]) -> str:
    with pytest.raises(HierarchyError) as raised:
        build_hierarchy("job", rule, values, "string")
    assert raised.value.exit_code == 2
    assert raised.value.field == "job"
    return raised.value.message


def test_a_table_keeps_all_its_rows_in_their_order_whatever_the_column_holds():
    hierarchy = build_hierarchy("job", TableRule(JOBS), once("smith"), "string")
    assert hierarchy.leaves == ("clerk", "boss", "smith")
    assert hierarchy.labels[1:] == (("office", "works"), ("*",))
    assert hierarchy.domain_size == 3


def test_nothing_is_put_above_a_table_that_does_not_end_in_one_label():
    hierarchy = build_hierarchy("job", TableRule((("a", "x"), ("b", "y"))), once("a", None), "string")
    assert hierarchy.labels == (("a", "b", None), ("x", "y", None))


def test_a_table_of_leaves_alone_has_height_zero():
    hierarchy = build_hierarchy("job", TableRule((("a",), ("b",))), once("a", None), "string")
    assert hierarchy.labels == (("a", "b", None),)


def test_null_follows_the_rows_and_counts_in_the_domain():
    hierarchy = build_hierarchy("job", TableRule(JOBS), once(None, "boss"), "string")
    assert hierarchy.leaves == ("clerk", "boss", "smith", None)
    assert hierarchy.label_of_each_leaf(1) == ["office", "office", "works", None]
    assert hierarchy.label_of_each_leaf(2) == ["*"] * 4
    assert hierarchy.domain_size == 4


def test_a_table_that_lists_null_has_its_say_about_it():
    table = TableRule((("a", "x", "*"), (None, "none given", "*")))
    hierarchy = build_hierarchy("job", table, once("a", None), "string")
    assert hierarchy.labels == (("a", None), ("x", "none given"), ("*",))
    assert hierarchy.domain_size == 2


def test_null_goes_the_way_of_leaves_that_a_table_labels_with_null():
    table = TableRule((("a", "x", "all"), ("b", None, "rest"), ("c", "y", "all")))
    hierarchy = build_hierarchy("job", table, once("a", None), "string")
    assert hierarchy.label_of_each_leaf(1) == ["x", None, "y", None]
    assert hierarchy.label_of_each_leaf(2) == ["all", "rest", "all", "rest"]


def test_null_and_the_empty_string_are_two_leaves():
    hierarchy = build_hierarchy("job", TableRule((("", "*"), ("a", "*"))), once("", None), "string")
    assert hierarchy.leaves == ("", "a", None)


def test_missing_values_are_an_error_with_counts_and_without_values():
    message = refused(TableRule(JOBS), {"clerk": 1, "nurse": 30, "vet": 4, None: 7})
    assert message == (
        "The hierarchy of 'job' misses 2 of 3 values of the column (34 records); add them or set hierarchy.unknown: "
        "suppress."
    )


def test_values_that_only_blanks_part_from_their_leaves_are_told():
    assert "1 of them would match without the blanks around them" in refused(TableRule(JOBS), {"clerk ": 1, "boss": 1})


def test_a_table_that_knows_no_value_at_all_is_called_in_question():
    assert "None matches" in refused(TableRule(JOBS), {"1": 1, "2": 1})


def test_unknown_values_follow_as_groups_of_their_own_that_print_nothing():
    rule = TableRule(JOBS, OnUnknown.SUPPRESS)
    hierarchy = build_hierarchy("job", rule, once("works", "clerk", None, "nurse"), "string")
    assert hierarchy.leaves == ("clerk", "boss", "smith", None, "nurse", "works")
    assert hierarchy.unknown.tolist() == [False] * 4 + [True] * 2
    assert hierarchy.label_of_each_leaf(1) == ["office", "office", "works", None, "*", "*"]
    assert hierarchy.groups[1].tolist() == [0, 0, 1, 2, 3, 4]
    assert hierarchy.labels[2] == ("*",)
    assert hierarchy.domain_size == 4


def test_an_unknown_value_stands_alone_where_the_last_level_is_not_one_group():
    rule = TableRule((("a", "x"), ("b", "y")), OnUnknown.SUPPRESS)
    hierarchy = build_hierarchy("job", rule, once("a", "c"), "string")
    assert hierarchy.labels[1] == ("x", "y", "*")


def test_a_line_of_another_length_is_named():
    assert "not rectangular: line 2 has 1 column, expected 3 as in line 1" in refused(
        TableRule((("a", "x", "*"), ("b",))), once("a")
    )


def test_a_leaf_in_two_lines_is_named_by_both():
    message = refused(TableRule(rows("a;x;* b;x;* c;y;* b;x;*")), once("a"))
    assert "line 4 repeats the leaf of line 2" in message


def test_lines_that_part_again_are_named_with_their_level():
    message = refused(TableRule(rows("a;x;p;* b;y;p;* c;x;q;*")), once("a"))
    assert "lines 1 and 3 agree at level 1 and differ at level 2" in message


def test_an_empty_table_is_refused():
    assert "is empty" in refused(TableRule(()), once("a"))


def test_no_message_about_a_table_holds_a_label_or_a_value():
    for table in ("secret;x;* hidden", "secret;x;* secret;x;*", "secret;x;p hidden;x;q"):
        message = refused(TableRule(rows(table)), once("secret"))
        assert "secret" not in message
        assert "hidden" not in message


def test_a_hundred_thousand_leaves_are_told_from_a_column_that_uses_few():
    table = tuple((f"{n:05d}", f"{n // 10:04d}*", f"{n // 1000:02d}***", "*") for n in range(100_000))
    hierarchy = build_hierarchy("zip", TableRule(table), once("00042", None), "string")
    assert [len(labels) for labels in hierarchy.labels] == [100_001, 10_001, 101, 1]


def test_a_tree_gives_each_leaf_the_labels_above_it():
    tree: Tree = {"White collar": ("Clerk", "Manager"), "Blue collar": ("Smith",)}
    hierarchy = build_hierarchy("job", TreeRule(tree), once("Smith", "Clerk", "Manager", None), "string")
    assert hierarchy.leaves == ("Clerk", "Manager", "Smith", None)
    assert hierarchy.label_of_each_leaf(1) == ["White collar", "White collar", "Blue collar", None]
    assert hierarchy.labels[2] == ("*",)
    assert hierarchy.domain_size == 4


def test_a_short_branch_repeats_its_topmost_label():
    tree: Tree = {"A": {"B": ("x",), "C": ("y",)}, "D": ("z",)}
    hierarchy = build_hierarchy("job", TreeRule(tree), once("x", "y", "z"), "string")
    assert hierarchy.labels[1:] == (("B", "C", "D"), ("A", "D"), ("*",))


def test_a_tree_with_one_root_needs_no_other():
    hierarchy = build_hierarchy(
        "job", TreeRule({"any job": {"A": ("x",), "B": ("y",)}}), once("x", "y", None), "string"
    )
    assert hierarchy.labels[1:] == (("A", "B", None), ("any job",))


def test_a_tree_that_misses_values_is_an_error_unless_they_are_suppressed():
    tree: Tree = {"A": ("x",), "B": ("y",)}
    assert "misses 1 of 3 values of the column (5 records)" in refused(TreeRule(tree), {"x": 1, "y": 1, "q": 5})
    hierarchy = build_hierarchy("job", TreeRule(tree, OnUnknown.SUPPRESS), {"x": 1, "y": 1, "q": 5}, "string")
    assert hierarchy.leaves == ("q", "x", "y")
    assert hierarchy.unknown.tolist() == [True, False, False]
    assert hierarchy.domain_size == 2


def test_a_leaf_in_two_branches_is_refused():
    assert "names a leaf twice" in refused(TreeRule({"A": ("x",), "B": ("x",)}), once("x"))


def test_a_label_in_two_branches_is_refused_whatever_the_column_holds():
    tree: Tree = {"A": {"other": ("x",)}, "B": {"other": ("y",)}}
    assert "a label of level 1 stands under two labels of level 2" in refused(TreeRule(tree), once("x"))


def test_neighbours_of_an_order_merge_until_one_group_is_left():
    rule = OrderRule(("A", "B", "C", "D", "E"))
    hierarchy = build_hierarchy("grade", rule, once("E", "D", "C", "B", "A", None), "string")
    assert hierarchy.labels[1:] == (("A..B", "C..D", "E", None), ("A..D", "E", None), ("A..E",))


def test_an_order_ranks_its_leaves_and_keeps_labels_that_name_absent_values():
    rule = OrderRule(("low", "middle", "high"))
    hierarchy = build_hierarchy("grade", rule, once("high", "low"), "string")
    assert hierarchy.leaves == ("low", "high")
    assert hierarchy.labels[1:] == (("low..middle", "high"), ("low..high",))
    assert hierarchy.domain_size == 2


def test_the_fanout_of_an_order_says_how_many_merge():
    hierarchy = build_hierarchy("grade", OrderRule(tuple("ABCDEF"), fanout=3), once(*"ABCDEF"), "string")
    assert hierarchy.labels[1:] == (("A..C", "D..F"), ("A..F",))


def test_an_order_that_misses_values_is_an_error_unless_they_are_suppressed():
    assert "misses 1 of 2 values" in refused(OrderRule(("A", "B")), once("A", "Z"))
    hierarchy = build_hierarchy("grade", OrderRule(("A", "B"), 2, OnUnknown.SUPPRESS), once("A", "0", None), "string")
    assert hierarchy.leaves == ("A", "0", None)
    assert hierarchy.unknown.tolist() == [False, True, False]


def test_an_order_that_is_none_is_refused():
    assert "names a value twice" in refused(OrderRule(("A", "A")), once("A"))
    assert "fanout must be at least 2" in refused(OrderRule(("A", "B"), fanout=1), once("A"))


def test_a_code_keeps_fewer_characters_level_by_level():
    hierarchy = build_hierarchy("zip", MaskRule((4, 3, 2, 1)), once("01234", "01299", "98765"), "string")
    labels = [hierarchy.label_of_each_leaf(level)[0] for level in range(6)]
    assert labels == ["01234", "0123*", "012**", "01***", "0****", "*"]
    assert hierarchy.labels[2] == ("012**", "987**")


def test_a_mask_shows_the_length_of_codes_and_leaves_short_ones_whole():
    hierarchy = build_hierarchy("code", MaskRule((2,), "#"), once("a", "ab", "abc", "abcd", "äöü"), "string")
    assert hierarchy.label_of_each_leaf(1) == ["a", "ab", "ab#", "ab##", "äö#"]


def test_a_mask_that_does_not_nest_is_refused():
    assert "must keep fewer characters" in refused(MaskRule((3, 3)), once("a"))
    assert "must keep fewer characters" in refused(MaskRule((2, 3)), once("a"))
    assert "must keep fewer characters" in refused(MaskRule((-1,)), once("a"))
    assert "give one character as symbol" in refused(MaskRule((1,), "xx"), once("a"))


def test_strings_that_are_codes_get_a_prefix_mask():
    hierarchy = build_hierarchy("zip", DerivedRule(), once(*(f"{n:05d}" for n in range(0, 90_000, 3000))), "string")
    assert [hierarchy.label_of_each_leaf(level)[1] for level in range(6)] == [
        "03000",
        "0300*",
        "030**",
        "03***",
        "0****",
        "*",
    ]


@pytest.mark.parametrize(
    "values",
    [
        once("red", "green", "blue"),
        once(*(f"street {n}" for n in range(30))),
        once(*(f"{n:05d}" for n in range(5))),
        once("true", "false"),
    ],
)
def test_other_strings_only_go_to_the_root(values: dict[str | None, int]):
    hierarchy = build_hierarchy("colour", DerivedRule(), values, "string")
    assert hierarchy.labels[1:] == (("*",),)
