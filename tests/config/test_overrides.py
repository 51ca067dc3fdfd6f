import pytest

from anonspark.config.overrides import override


def test_a_value_is_replaced_in_a_mapping_and_in_a_list() -> None:
    data, paths, faults = override({"a": {"b": ["x", "y"]}}, ["a.b[1]=z", "a.c={d: 1}"])
    assert data == {"a": {"b": ["x", "z"], "c": {"d": "1"}}}
    assert paths == [("a", "b", 1), ("a", "c")]
    assert faults == []


def test_a_later_setting_sees_an_earlier_one() -> None:
    data, _, _ = override({}, ["a=[x]", "a[1]=y", "a[0]=null"])
    assert data == {"a": [None, "y"]}


def test_what_is_missing_or_null_on_the_way_is_made() -> None:
    assert override({"a": None}, ["a.b[0].c=1"])[0] == {"a": {"b": [{"c": "1"}]}}


def test_a_key_of_other_characters_is_quoted() -> None:
    assert override({}, ['a."b.c \\"d\\""=1'])[0] == {"a": {'b.c "d"': "1"}}


def test_the_value_is_yaml_and_may_hold_an_equals_sign() -> None:
    assert override({}, ["where=age = 5", "n=", "q='5'"])[0] == {"where": "age = 5", "n": None, "q": "5"}


@pytest.mark.parametrize("setting", ["", "a", "=1", "a b=1", ".a=1", "a..b=1", "a[x]=1", "a[-1]=1", 'a."b=1', "[0=1"])
def test_a_setting_that_names_no_path_is_a_fault(setting: str) -> None:
    data, paths, faults = override({"a": "x"}, [setting])
    assert (data, paths) == ({"a": "x"}, [])
    assert "write a path, =, and a value in YAML" in faults[0][1]


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("a[2]=1", "a has 1 entries, counted from 0; [1] adds one."),
        ("a.b=1", "a is a list and has no keys."),
        ("a[0].b=1", "a[0] is 'x' and has no keys."),
        ("b[0]=1", "b is a mapping and has no entries to count."),
        ("[0]=1", "the job is a mapping and has no entries to count."),
        ("a=[", "the value is wrong: This is not YAML: "),
    ],
)
def test_a_setting_that_does_not_fit_the_job_is_a_fault_and_changes_nothing(setting: str, reason: str) -> None:
    data, _, faults = override({"a": ["x"], "b": {}}, [setting])
    assert data == {"a": ["x"], "b": {}}
    assert reason in faults[0][1]
