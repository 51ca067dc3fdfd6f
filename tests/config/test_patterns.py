from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.config.patterns import checked, read_patterns, written
from anonspark.domain.patterns import ColumnPattern
from anonspark.errors import ConfigurationError
from anonspark.vocabulary import Identity

text = st.text(min_size=1, max_size=12)
patterns = st.builds(
    ColumnPattern,
    name=text,
    classification=st.sampled_from(Identity),
    column_patterns=st.lists(text, min_size=1, max_size=3).map(tuple),
    priority=st.integers(1, 1000),
    value_patterns=st.lists(st.sampled_from(["[0-9]+", r"\d{5}", "é|ü", "'"]), max_size=2).map(tuple),
    min_match_ratio=st.floats(0, 1),
    description=st.none() | text,
    id=st.uuids().map(str),
    created_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    created_by=st.none() | text,
)


@given(st.lists(patterns, max_size=4, unique_by=lambda pattern: pattern.name.casefold()))
def test_a_file_is_read_as_it_was_written(many):
    assert read_patterns(written(many), "patterns.yaml") == tuple(many)


def test_the_seeds_defaults_hold():
    pattern = checked({"name": "customer", "classification": "DI", "column_patterns": ["*_id"]})
    assert (pattern.priority, pattern.min_match_ratio, pattern.value_patterns) == (50, 0.8, ())


def test_every_fault_is_told_at_once_with_its_line():
    broken = """\
patterns:
  - name: plate
    classification: XX
    column_patterns: []
    priority: 0
  - name: badge
    classification: QI
    column_patterns: [badge]
    value_patterns: ["(", "(?=a)", "(a)\\\\1"]
    min_match_ratio: 1.5
    colour: red
"""
    with pytest.raises(ConfigurationError) as told:
        read_patterns(broken, "p.yaml")
    fields = {field for field, _ in told.value.problems}
    assert fields == {
        "patterns[0].classification",
        "patterns[0].column_patterns",
        "patterns[0].priority",
        "patterns[1].value_patterns[0]",
        "patterns[1].value_patterns[1]",
        "patterns[1].value_patterns[2]",
        "patterns[1].min_match_ratio",
        "patterns[1].colour",
    }
    assert "p.yaml:3" in str(told.value)


def test_two_patterns_of_one_name_are_a_fault():
    entry = "{name: a, classification: QI, column_patterns: [a]}"
    other = entry.replace("name: a", "name: A")
    with pytest.raises(ConfigurationError, match=r"patterns\[1\].name: 'A' is another pattern's name too"):
        read_patterns(f"patterns: [{entry}, {other}]", "p.yaml")


def test_a_time_that_is_none_is_a_fault():
    with pytest.raises(ConfigurationError, match="which is no time"):
        read_patterns("patterns: [{name: a, classification: QI, column_patterns: [a], created_at: soon}]", "p.yaml")


def test_a_pattern_that_would_backtrack_for_years_answers():
    pattern = checked({"name": "slow", "classification": "QI", "column_patterns": ["*a" * 200 + "b"]})
    assert not pattern.fits_name("a" * 100_000)
    assert pattern.fits_name("a" * 100_000 + "b")
