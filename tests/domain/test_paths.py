import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.paths import ColumnPath, PathStep, Within, parse_path
from anonspark.errors import InputError

names = st.text(min_size=1, max_size=8)
steps = st.one_of(
    st.builds(PathStep, st.just(Within.FIELD), names),
    st.builds(PathStep, st.sampled_from([Within.ELEMENTS, Within.VALUES, Within.JSON])),
)


@given(names, st.lists(steps, max_size=4))
def test_a_path_is_read_as_it_was_written(column, ways):
    path = ColumnPath(column, tuple(ways))
    assert parse_path(str(path)) == path


def test_the_last_field_names_the_values():
    assert parse_path("order.customer.phones[]").name == "phones"
    assert parse_path("tags{}").name == "tags"
    assert parse_path("payload.$.user.mail").name == "mail"


@pytest.mark.parametrize("text", ["", "[]", "a..b", "a.", "`a", "a]b", "$"])
def test_what_is_no_path_is_refused(text):
    with pytest.raises(InputError, match="is no path"):
        parse_path(text)
