from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from anonspark.domain.sources import TableSource
from anonspark.errors import (
    ColumnNotFoundError,
    ColumnTypeError,
    ConfigurationError,
    EmptyTableError,
    InputError,
    LocationError,
    MalformedCellsError,
)
from anonspark.frames.casts import (
    CELL,
    MALFORMED,
    RAGGED,
    UNDECODABLE,
    malformed_counts,
    require_well_formed,
)
from anonspark.io.failures import storage_errors
from anonspark.io.tables import ReadTable, quoted_table, read_table
from anonspark.vocabulary import TableFormat


def csv(folder: Path, content: str | bytes, name: str = "table.csv") -> str:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return str(folder / name)


def read_csv(spark: SparkSession, uri: str, **source: object) -> ReadTable:
    return read_table(spark, TableSource(uri, format=TableFormat.CSV, **source))


def rows(table: DataFrame) -> list[tuple[object, ...]]:
    return [tuple(row) for row in table.collect()]


def counts(read: ReadTable) -> dict[str, int]:
    """What the one group-by of a run counts besides its classes."""
    named = {f"n{place}": flag for place, flag in enumerate(malformed_counts(read.flagged))}
    aggregates = [count.alias(name) for name, count in zip(named, malformed_counts(read.flagged).values(), strict=True)]
    found = read.flagged.agg(*aggregates).head()
    return {flag: found[name] for name, flag in named.items()}


def test_an_unquoted_empty_field_is_null_and_a_quoted_one_is_the_empty_string(spark, tmp_path) -> None:
    read = read_csv(spark, csv(tmp_path, 'a,b,c\n,"",x\n"",,\n'))
    assert rows(read.table) == [(None, "", "x"), ("", None, None)]


def test_every_csv_cell_is_text_as_it_stands(spark, tmp_path) -> None:
    read = read_csv(spark, csv(tmp_path, 'age,name\n 007 ,"  say ""hi"", \\ you"\n1e3,#x\n'))
    assert read.table.dtypes == [("age", "string"), ("name", "string")]
    assert rows(read.table) == [(" 007 ", '  say "hi", \\ you'), ("1e3", "#x")]


def test_a_quoted_cell_may_hold_newlines(spark, tmp_path) -> None:
    read = read_csv(spark, csv(tmp_path, 'a,b\r\n1,"two\nlines"\r\n2,x\r\n'))
    assert rows(read.table) == [("1", "two\nlines"), ("2", "x")]
    assert not any(counts(read).values())


@pytest.mark.parametrize("multiline", ["true", "false"])
def test_a_byte_order_mark_belongs_to_no_column(spark, tmp_path, multiline) -> None:
    read = read_csv(spark, csv(tmp_path, b"\xef\xbb\xbfage,zip\n1,2\n"), options={"multiline": multiline})
    assert read.table.columns == ["age", "zip"]
    assert rows(read.table) == [("1", "2")]


def test_rows_with_too_few_or_too_many_cells_are_counted_and_left_out(spark, tmp_path) -> None:
    read = read_csv(spark, csv(tmp_path, "a,b,c\n1,2\n1,2,3,4\n1,2,3\n1,2,\n"))
    assert counts(read)[RAGGED] == 2
    assert rows(read.table) == [("1", "2", "3"), ("1", "2", None)]


def test_ragged_rows_are_counted_when_only_one_column_is_read(spark, tmp_path) -> None:
    read = read_csv(spark, csv(tmp_path, "a,b,c\n1,2\n1,2,3,4\n1,2,3\n"), columns=("a",))
    assert counts(read)[RAGGED] == 2
    assert rows(read.table) == [("1",)]


def test_rows_can_be_counted_without_naming_a_column(spark, tmp_path) -> None:
    read = read_csv(spark, csv(tmp_path, "a,b\n1,2\n1\n3,4\n"))
    assert read.flagged.count() == 3
    assert read.table.count() == 2


def test_cells_that_the_schema_cannot_cast_are_counted_by_column_and_left_out(spark, tmp_path) -> None:
    uri = csv(tmp_path, "age,income,city\n31,1.5,a\nold,2.5,b\n,x,c\n 7 ,,d\n")
    read = read_csv(spark, uri, schema={"age": "int", "income": "double", "city": "string"})
    assert counts(read) == {RAGGED: 0, UNDECODABLE: 0, CELL + "age": 1, CELL + "income": 1}
    assert rows(read.table) == [(31, 1.5, "a"), (7, None, "d")]


def test_the_counts_become_an_error_that_names_columns_and_no_cell() -> None:
    with pytest.raises(MalformedCellsError) as caught:
        require_well_formed({RAGGED: 3, UNDECODABLE: 0, CELL + "age": 2, CELL + "income": 0})
    assert "2 of column 'age'" in caught.value.message
    assert "3 whole rows" in caught.value.message
    assert "income" not in caught.value.message
    require_well_formed({RAGGED: 0, CELL + "age": 0})


def test_bytes_that_are_not_in_the_encoding_are_counted(spark, tmp_path) -> None:
    uri = csv(tmp_path, "name,n\nZoë,1\nAda,2\n".encode("latin-1"))
    assert counts(read_csv(spark, uri))[UNDECODABLE] == 1
    assert rows(read_csv(spark, uri, options={"encoding": "ISO-8859-1"}).table) == [("Zoë", "1"), ("Ada", "2")]


def test_a_table_of_another_encoding_can_be_read(spark, tmp_path) -> None:
    uri = csv(tmp_path, "name,n\nZoë,1\n".encode("utf-16"))
    assert rows(read_csv(spark, uri, options={"encoding": "UTF-16"}).table) == [("Zoë", "1")]


def test_names_with_dots_blanks_and_backticks_are_columns_as_any_other(spark, tmp_path) -> None:
    uri = csv(tmp_path, "home.zip,full name,`x`,é\n1,a,7,u\n2,b,y,v\n")
    read = read_csv(spark, uri, schema={"home.zip": "int", "`x`": "int"}, where="`full name` = 'a' or ```x``` > 0")
    assert read.table.columns == ["home.zip", "full name", "`x`", "é"]
    assert rows(read.table) == [(1, "a", 7, "u")]
    assert counts(read)[CELL + "`x`"] == 1


@pytest.mark.parametrize("header", ["age,zip,age", "age,zip,AGE"])
def test_names_that_spark_does_not_tell_apart_are_refused(spark, tmp_path, header) -> None:
    with pytest.raises(InputError, match="Columns 1 and 3 of the file"):
        read_csv(spark, csv(tmp_path, f"{header}\n1,2,3\n"))


def test_a_column_without_a_name_is_called_by_its_place(spark, tmp_path) -> None:
    read = read_csv(spark, csv(tmp_path, ",age\n0,31\n"))
    assert read.table.columns == ["_c0", "age"]
    assert rows(read.table) == [("0", "31")]


def test_a_table_without_a_header_has_columns_by_place(spark, tmp_path) -> None:
    read = read_csv(
        spark, csv(tmp_path, "1;2\n3\n5;6\n"), options={"header": "false", "sep": ";"}, schema={"_c0": "int"}
    )
    assert rows(read.table) == [(1, "2"), (5, "6")]
    assert counts(read)[RAGGED] == 1


@pytest.mark.parametrize(("sep", "shown"), [(";", '";"'), ("\t", r'"\t"'), ("|", r'"|"')])
def test_the_wrong_separator_is_told_with_the_likely_one(spark, tmp_path, sep, shown) -> None:
    with pytest.raises(InputError) as caught:
        read_csv(spark, csv(tmp_path, f"age{sep}zip{sep}job\n1{sep}2{sep}3\n"))
    assert f"input.options.sep: {shown}" in caught.value.message


def test_a_table_of_one_column_is_fine(spark, tmp_path) -> None:
    assert rows(read_csv(spark, csv(tmp_path, 'age\n1\n""\n3\n')).table) == [("1",), ("",), ("3",)]


def test_an_empty_file_is_an_error_and_a_mere_header_a_table_without_rows(spark, tmp_path) -> None:
    with pytest.raises(EmptyTableError):
        read_csv(spark, csv(tmp_path, ""))
    assert rows(read_csv(spark, csv(tmp_path, "a,b\n")).table) == []


def test_files_of_a_folder_are_one_table_if_their_headers_agree(spark, tmp_path) -> None:
    csv(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n", "1.csv")
    csv(tmp_path, "a,b\n3,4\n", "2.csv")
    assert sorted(rows(read_csv(spark, str(tmp_path)).table)) == [("1", "2"), ("3", "4")]


def test_files_of_a_folder_whose_headers_differ_are_refused(spark, tmp_path) -> None:
    csv(tmp_path, "a,b\n1,2\n", "1.csv")
    csv(tmp_path, "b,a\n4,3\n", "2.csv")
    read = read_csv(spark, str(tmp_path))
    with pytest.raises(LocationError, match="headers differ"), storage_errors(read.description):
        read.table.collect()


def test_a_value_for_null_can_be_named(spark, tmp_path) -> None:
    read = read_csv(spark, csv(tmp_path, 'a,b\nNA,1\n,2\n"",3\n'), options={"nullvalue": "NA"})
    assert rows(read.table) == [(None, "1"), (None, "2"), ("", "3")]


def test_options_that_reach_beyond_the_file_are_refused(spark, tmp_path) -> None:
    options = {"seperator": ";", "fs.s3a.endpoint": "x", "SEP": ";"}
    with pytest.raises(ConfigurationError) as caught:
        read_csv(spark, csv(tmp_path, "a\n1\n"), options=options)
    assert len(caught.value.problems) == 2


def test_where_keeps_the_rows_for_which_it_holds(spark, tmp_path) -> None:
    uri = csv(tmp_path, "age,city\n17,a\n18,a\n40,b\n,a\n50,\n")
    read = read_csv(spark, uri, schema={"age": "int"}, where="age >= 18 and city is not null")
    assert rows(read.table) == [(18, "a"), (40, "b")]


def test_where_does_not_hide_rows_that_are_malformed_where_it_looks(spark, tmp_path) -> None:
    uri = csv(tmp_path, "age,income,city\nold,1,a\n40,x,a\n41,x,b\n9\n")
    read = read_csv(spark, uri, schema={"age": "int", "income": "int"}, where="age > 18 and city = 'a'")
    assert counts(read) == {RAGGED: 1, UNDECODABLE: 0, CELL + "age": 1, CELL + "income": 1}
    assert rows(read.table) == []


def test_columns_that_are_not_asked_for_are_neither_read_nor_judged(spark, tmp_path) -> None:
    uri = csv(tmp_path, "age,income,city\n1,x,a\n2,y,b\n")
    read = read_csv(spark, uri, schema={"age": "int", "income": "int"}, columns=("city", "age"), where="age > 1")
    assert read.table.columns == ["city", "age"]
    assert CELL + "income" not in counts(read)
    assert rows(read.table) == [("b", 2)]


@pytest.mark.parametrize(
    "source", [{"schema": {"ages": "int"}}, {"columns": ("ages",)}, {"where": "ages is null"}], ids=str
)
def test_a_column_that_is_not_there_is_named_with_the_nearest(spark, tmp_path, source) -> None:
    with pytest.raises(ColumnNotFoundError, match="did you mean 'age'"):
        read_csv(spark, csv(tmp_path, "age,zip\n1,2\n"), **source)


def test_text_is_not_compared_with_a_number(spark, tmp_path) -> None:
    with pytest.raises(ColumnTypeError, match=r"input\.schema"):
        read_csv(spark, csv(tmp_path, "age,zip\n1,2\n"), where="age > 18")


@pytest.mark.parametrize("format_", list(TableFormat))
def test_a_missing_file_is_told_without_sparks_words(spark, tmp_path, format_) -> None:
    uri = str(tmp_path / "nowhere")
    with pytest.raises(LocationError) as caught:
        read_table(spark, TableSource(uri, format=format_))
    assert caught.value.message == f"{uri} does not exist."


def test_a_missing_version_or_folder_of_delta_is_told(spark, tmp_path) -> None:
    with pytest.raises(LocationError, match=r"does not exist\.$"):
        read_table(spark, TableSource(str(tmp_path / "nowhere"), version=3))
    spark.range(3).write.format("delta").save(str(tmp_path / "table"))
    with pytest.raises(LocationError, match="has no such version"):
        read_table(spark, TableSource(str(tmp_path / "table"), version=3))


def test_a_delta_table_is_pinned_to_the_version_it_has_when_it_is_read(spark, tmp_path) -> None:
    uri = str(tmp_path / "with `blank` and.dot")
    spark.range(3).write.format("delta").save(uri)
    spark.range(4).write.format("delta").mode("append").save(uri)
    read = read_table(spark, TableSource(uri))
    spark.range(5).write.format("delta").mode("append").save(uri)
    assert (read.version, read.table.count()) == (1, 7)
    older = read_table(spark, TableSource(uri, version=0))
    assert (older.version, older.table.count()) == (0, 3)


def test_a_table_that_cannot_be_malformed_bears_no_marks(spark, tmp_path) -> None:
    spark.range(3).write.parquet(str(tmp_path / "ids"))
    read = read_table(spark, TableSource(str(tmp_path / "ids"), format=TableFormat.PARQUET))
    assert read.flagged.columns == read.table.columns == ["id"]
    assert (read.version, malformed_counts(read.flagged)) == (None, {})


def test_a_cast_of_another_format_is_counted_too(spark, tmp_path) -> None:
    spark.createDataFrame([("1",), ("x",), (None,)], "n string").write.parquet(str(tmp_path / "t"))
    read = read_table(spark, TableSource(str(tmp_path / "t"), format=TableFormat.PARQUET, schema={"n": "int"}))
    assert counts(read) == {CELL + "n": 1}
    assert MALFORMED not in read.table.columns
    assert sorted(rows(read.table), key=str) == [(1,), (None,)]


def test_a_table_of_the_catalog_is_read_at_its_version(spark) -> None:
    spark.range(3).write.format("delta").saveAsTable("default.people")
    try:
        read = read_table(spark, TableSource(table="spark_catalog.default.people"))
        spark.range(2).write.format("delta").mode("append").saveAsTable("default.people")
        assert (read.version, read.table.count()) == (0, 3)
    finally:
        spark.sql("DROP TABLE default.people")


def test_a_view_has_no_version(spark) -> None:
    spark.range(3).createOrReplaceTempView("some_people")
    read = read_table(spark, TableSource(table="some_people"))
    assert (read.version, read.table.count()) == (None, 3)


def test_a_table_that_the_catalog_does_not_have_is_told(spark) -> None:
    with pytest.raises(LocationError, match="is not in the catalog"):
        read_table(spark, TableSource(table="default.nobody"))
    with pytest.raises(LocationError, match=r"catalog\.schema\.name"):
        read_table(spark, TableSource(table="people; drop table people"))


def test_json_keeps_its_types_and_counts_lines_that_are_none(spark, tmp_path) -> None:
    uri = csv(tmp_path, '{"age":31,"name":"a","at":{"zip":"1"}}\n{"age":\n{"age":null,"name":""}\n', "t.json")
    read = read_table(spark, TableSource(uri, format=TableFormat.JSON))
    assert dict(read.table.dtypes)["age"] == "bigint"
    assert counts(read) == {RAGGED: 1}
    assert [row["age"] for row in read.table.collect()] == [31, None]


def test_a_csv_is_not_json(spark, tmp_path) -> None:
    uri = csv(tmp_path, "age,zip\n1,2\n")
    with pytest.raises(LocationError, match="no JSON records"):
        read_table(spark, TableSource(uri, format=TableFormat.JSON))


def test_damaged_parquet_is_told_without_sparks_words(spark, tmp_path) -> None:
    uri = csv(tmp_path, b"PAR1 this is none PAR1", "t.parquet")
    with pytest.raises(LocationError, match="is damaged, or not in the format") as caught:
        read_table(spark, TableSource(uri, format=TableFormat.PARQUET))
    assert "Exception" not in caught.value.message


def test_a_delta_table_is_not_read_as_parquet_and_parquet_not_as_delta(spark, tmp_path) -> None:
    spark.range(3).write.format("delta").save(str(tmp_path / "delta"))
    spark.range(3).write.parquet(str(tmp_path / "parquet"))
    with pytest.raises(LocationError, match=r"set input\.format: delta"):
        read_table(spark, TableSource(str(tmp_path / "delta"), format=TableFormat.PARQUET))
    with pytest.raises(LocationError, match="is not a Delta table"):
        read_table(spark, TableSource(str(tmp_path / "parquet"), format=TableFormat.DELTA))


def test_the_parts_of_a_table_name_are_quoted_once() -> None:
    assert quoted_table("main.`a b`.t-1") == "`main`.`a b`.`t-1`"


CELLS = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\r\ufeff\ufffd"), max_size=6)


def written(cell: str | None) -> str:
    return "" if cell is None else '"' + cell.replace('"', '""') + '"'


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5))
def test_what_rfc_4180_writes_is_read_cell_by_cell(spark, tmp_path, table) -> None:
    lines = ["a,b,c", *(",".join(map(written, row)) for row in table)]
    read = read_csv(spark, csv(tmp_path, "\n".join(lines) + "\n"))
    assert rows(read.table) == table
