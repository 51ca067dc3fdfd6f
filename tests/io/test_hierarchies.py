"""Hierarchy files as bytes, with and without Spark."""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.errors import HierarchyError, LocationError
from anonspark.io.hierarchies import parse_hierarchy, read_hierarchy_file, read_hierarchy_rows

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_an_unquoted_empty_cell_is_null_and_a_quoted_one_the_empty_string():
    assert parse_hierarchy(b'"";x;*\n;y;*\n') == (("", "x", "*"), (None, "y", "*"))


def test_cells_are_text_and_nothing_is_trimmed_or_read_as_null():
    assert parse_hierarchy(b" 01 ;NA;null\n1.0;true;2024-03-05\n") == (
        (" 01 ", "NA", "null"),
        ("1.0", "true", "2024-03-05"),
    )


def test_byte_order_mark_line_ends_and_blank_last_lines_leave_no_trace():
    assert parse_hierarchy(b"\xef\xbb\xbfa;*\r\nb;*\r\n\r\n") == (("a", "*"), ("b", "*"))
    assert parse_hierarchy(b"a;*\nb;*") == (("a", "*"), ("b", "*"))


def test_quotes_hold_separators_line_breaks_and_quotes():
    assert parse_hierarchy(b'"a;b";"c\nd";"say ""e"""\nx;y;z\n') == (("a;b", "c\nd", 'say "e"'), ("x", "y", "z"))


def test_a_line_break_in_the_first_cell_does_not_hide_the_columns():
    assert parse_hierarchy(b'"a\nb";x\nc;y\n') == (("a\nb", "x"), ("c", "y"))


@given(
    st.lists(
        st.tuples(*[st.none() | st.text(st.characters(exclude_categories=["Cs"]))] * 3).filter(lambda row: any(row)),
        min_size=1,
    )
)
def test_what_is_quoted_comes_back_as_it_was(rows: list[tuple[str | None, ...]]):
    cells = [["" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in row] for row in rows]
    assert parse_hierarchy("\n".join(";".join(line) for line in cells).encode()) == tuple(rows)


@pytest.mark.parametrize("sep", [",", "\t", "|"])
def test_the_separator_is_the_given_one(sep: str):
    assert parse_hierarchy(f"a;b{sep}*\n".encode(), sep) == (("a;b", "*"),)


@pytest.mark.parametrize(("sep", "name"), [(",", "comma"), ("\t", "tab"), ("|", "bar")])
def test_a_wrong_separator_is_guessed(sep: str, name: str):
    with pytest.raises(HierarchyError, match=f"has one column, but each line holds a {name}; set hierarchy.sep"):
        parse_hierarchy(f"a{sep}*\nb{sep}*\n".encode())


def test_a_file_of_leaves_alone_is_read():
    assert parse_hierarchy(b"a\nb, c\n") == (("a",), ("b, c",))


def test_a_line_of_another_length_is_named_by_its_number_and_not_its_text():
    with pytest.raises(HierarchyError) as raised:
        parse_hierarchy(b"a;x;*\nb;y;*\nsecret;*\n", attribute="job")
    assert raised.value.message == (
        "The hierarchy of 'job' is not rectangular: line 3 has 2 columns, expected 3 as in line 1; give every leaf a "
        "label at every level."
    )
    assert raised.value.field == "job"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n\r\n", "is empty"),
        (b"\na;*\n", "delete line 1"),
        (b"a;*\n\nb;*\n", "has no text in line 2"),
        (b"a;*\n;\nb;*\n", "has no text in line 2"),
        (b"a;*\nb\xff;*\n", "is not UTF-8 in line 2"),
        ("a;*\n".encode("utf-16"), "is not UTF-8 in line 1"),
        (b'a;"*\nb;*\n', "a quote is opened and never closed"),
        (b'a;*\nb;"*\n', "a quote is opened and never closed"),
        (b'a;x;*\nb;"y;*\nc;z;*\n', "line 2 has 2 columns, expected 3 .* A quote in it is opened and never closed"),
        (b'"' + b"a" * 200_000, "a quote is opened and never closed"),
    ],
)
def test_a_file_that_is_no_hierarchy_is_refused(content: bytes, sentence: str):
    with pytest.raises(HierarchyError, match=sentence):
        parse_hierarchy(content)


@pytest.mark.parametrize("sep", ["", ";;", "§", '"', "\n"])
def test_a_separator_that_is_not_one_ascii_character_is_refused(sep: str):
    with pytest.raises(HierarchyError, match=r"hierarchy\.sep must be one ASCII character"):
        parse_hierarchy(b"a;*\n", sep)


def test_a_file_is_read_through_spark_with_its_digest(spark: "SparkSession", tmp_path: Path):
    file = tmp_path / "marital status 100%[a]*.csv"
    file.write_bytes(b"a;*\r\nb;*\r\n")
    (tmp_path / "marital status 100%a.csv").write_bytes(b"another;*\n")
    for uri in (str(file), f"file:{file}", f"file://{file}"):
        found = read_hierarchy_file(spark, uri)
        assert found.rows == read_hierarchy_rows(spark, uri) == (("a", "*"), ("b", "*"))
        assert found.sha256 == sha256(b"a;*\r\nb;*\r\n").hexdigest()


def test_a_file_that_is_not_there_is_told(spark: "SparkSession", tmp_path: Path):
    with pytest.raises(LocationError, match=r"There is no hierarchy .*/none\.csv"):
        read_hierarchy_rows(spark, f"{tmp_path}/none.csv")


def test_a_folder_is_no_hierarchy(spark: "SparkSession", tmp_path: Path):
    (tmp_path / "age.csv").write_text("a;*\n")
    with pytest.raises(LocationError, match="is a folder; name one file in it"):
        read_hierarchy_rows(spark, str(tmp_path))


def test_an_empty_file_and_an_empty_folder_are_told(spark: "SparkSession", tmp_path: Path):
    (tmp_path / "age.csv").touch()
    (tmp_path / "ages").mkdir()
    for name in ("age.csv", "ages"):
        with pytest.raises(LocationError, match="is an empty file or folder"):
            read_hierarchy_rows(spark, f"{tmp_path}/{name}")


def test_a_scheme_without_its_connector_is_told_without_sparks_words(spark: "SparkSession"):
    with pytest.raises(LocationError, match=r"cannot be read \(\w+\); check its scheme, its connector") as raised:
        read_hierarchy_rows(spark, "nowhere://bucket/age.csv")
    assert "Exception:" not in raised.value.message


def test_an_error_of_the_text_names_the_column_it_is_for(spark: "SparkSession", tmp_path: Path):
    (tmp_path / "age.csv").write_bytes(b"a;*\nb\n")
    with pytest.raises(HierarchyError, match="The hierarchy of 'age' is not rectangular"):
        read_hierarchy_file(spark, f"{tmp_path}/age.csv", attribute="age")
