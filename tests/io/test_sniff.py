"""How a CSV file is to be read, from its beginning alone."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.errors import LocationError
from anonspark.io.sniff import HEAD_BYTES, SEPARATORS, read_head, sniff

CELL = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters=';\t|,"'), min_size=1)


@given(st.sampled_from(SEPARATORS), st.integers(2, 5).flatmap(lambda n: st.lists(st.lists(CELL, min_size=n, max_size=n), min_size=2, max_size=5)))  # fmt: skip  # noqa: E501
def test_the_separator_of_a_table_without_other_separators_is_found(separator: str, rows: list[list[str]]) -> None:
    found = sniff("".join(f"{separator.join(row)}\n" for row in rows).encode(), complete=True)
    assert (found.separator, found.encoding, found.doubts) == (separator, "UTF-8", ())


@pytest.mark.parametrize(
    ("head", "separator"),
    [
        (b"name;place\nA, B;1\nC;2\n", ";"),
        (b'name,place\n"A; B",1\n"C; D",2\n', ","),
        (b"one column\n1\n2\n", ","),
        (b"a|b\r\n1|2\r\n", "|"),
        (b"", ","),
    ],
)
def test_separators_within_cells_and_single_columns_are_no_doubt(head: bytes, separator: str) -> None:
    found = sniff(head, complete=True)
    assert (found.separator, found.doubts) == (separator, ())


def test_two_separators_that_would_do_are_a_doubt_that_names_the_way_out() -> None:
    (doubt,) = sniff(b"a,b;c,d\n1,2;3,4\n", complete=True).doubts
    assert doubt.startswith("The cells were taken to be separated by ',', though ';' would do;")
    assert "--set input.options.sep=" in doubt


def test_rows_of_another_length_than_the_header_are_a_doubt() -> None:
    found = sniff(b"a,b,c\n1,2\n", complete=True)
    assert found.separator == ","
    assert "Not all rows have as many cells as the header" in found.doubts[0]


def test_a_beginning_that_ends_within_a_character_or_a_row_is_none() -> None:
    whole = "näme;plàce\n1;2\n3;ü".encode()
    found = sniff(whole[:-1], complete=False)
    assert (found.separator, found.encoding, found.doubts) == (";", "UTF-8", ())


def test_other_encodings_are_told_apart() -> None:
    assert sniff("\ufeffa;b\n1;2\n".encode(), complete=True).encoding == "UTF-8"
    assert sniff("a;b\n1;2\n".encode("utf-16"), complete=True).encoding == "UTF-16"
    latin = sniff("näme;b\n1;2\n".encode("latin-1"), complete=True)
    assert (latin.separator, latin.encoding) == (";", "ISO-8859-1")
    assert "--set input.options.encoding" in latin.doubts[0]


def test_the_head_of_a_file_is_bounded_and_unpacked(tmp_path: Path) -> None:
    plain, packed = tmp_path / "t.csv", tmp_path / "t.csv.gz"
    plain.write_bytes(b"x" * (HEAD_BYTES + 10))
    packed.write_bytes(gzip.compress(b"a;b\n"))
    assert read_head(str(plain)) == (b"x" * HEAD_BYTES, False)
    assert read_head(f"file://{packed}") == (b"a;b\n", True)
    with pytest.raises(LocationError, match="There is no file"):
        read_head(str(tmp_path / "nobody.csv"))
    packed.write_bytes(b"no gzip")
    with pytest.raises(LocationError, match="cannot be read"):
        read_head(str(packed))
