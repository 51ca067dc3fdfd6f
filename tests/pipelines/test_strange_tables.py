"""Tables that are allowed, however odd: the release is right, and the verification agrees."""

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from anonspark.config.job import AnonymizeJob
from anonspark.errors import HierarchyError, InputError
from anonspark.pipelines.run import run
from tests.pipelines.patients import classes, kept, released, write_csv


def job_of(folder: Path, quasi_identifiers: list[Any], k: int = 2, **changes: Any) -> AnonymizeJob:
    """k-anonymity over some columns, without hierarchies where only names are given."""
    return AnonymizeJob.from_dict(
        {
            "input": {"uri": "raw", "format": "parquet"},
            "output": {"uri": "out/released", "format": "delta"},
            "attributes": [
                {"type": "quasi_identifier", **({"name": each} if isinstance(each, str) else each)}
                for each in quasi_identifiers
            ],
            "privacy": [{"model": "k-anonymity", "k": k}],
            **changes,
        },
        base=str(folder),
    )


def write_raw(spark: SparkSession, folder: Path, rows: list[tuple[Any, ...]], schema: str) -> None:
    spark.createDataFrame(rows, schema).coalesce(1).write.mode("overwrite").parquet(str(folder / "raw"))


def test_a_table_of_one_row_can_only_be_suppressed(spark: SparkSession, tmp_path: Path) -> None:
    write_raw(spark, tmp_path, [("a", 1)], "zip string, cost int")
    summary = run(job_of(tmp_path, ["zip"], max_suppression=1.0), spark)
    assert summary["suppressed"] == 1
    assert released(tmp_path).to_dict("list") == {"zip": ["*"], "cost": [1]}


@pytest.mark.parametrize("stored_as", ["parquet", "csv"])
def test_two_hundred_columns(spark: SparkSession, tmp_path: Path, stored_as: str) -> None:
    names = [f"column{place}" for place in range(200)]
    rows = [tuple(str(row * place % 3) for place in range(200)) for row in range(12)]
    if stored_as == "csv":
        write_csv(tmp_path / "raw", rows, names)
    else:
        write_raw(spark, tmp_path, rows, ", ".join(f"{name} string" for name in names))
    run(job_of(tmp_path, names[1:5], input={"uri": "raw", "format": stored_as}), spark)
    table = released(tmp_path)
    assert list(table.columns) == names
    assert classes(table, names[1:5]).size().min() >= 2
    assert sorted(table["column199"]) == sorted(row[199] for row in rows)


def test_names_with_dots_blanks_backticks_and_semicolons(spark: SparkSession, tmp_path: Path) -> None:
    names = ["a.b", "first name", "tick`s", "semi;colon", "ünï", "a", "id"]
    rows = [("x", "y", "z", "s", "u", "v", place) for place in range(4)]
    spark.createDataFrame(rows, names).write.parquet(str(tmp_path / "raw"))
    attributes = [*names[:5], "a"]
    job = job_of(tmp_path, attributes)
    summary = run(job, spark)
    assert summary["levels"] == dict.fromkeys(attributes, 0)
    # Such names need Delta's column mapping, which the other library does not read.
    table = spark.read.format("delta").load(str(tmp_path / "out/released"))
    assert table.columns == names
    assert sorted(map(tuple, table.collect())) == rows


def test_columns_that_differ_only_in_case_are_refused(spark: SparkSession, tmp_path: Path) -> None:
    write_csv(tmp_path / "two.csv", [["1", "2"], ["1", "2"]], ["zip", "ZIP"])
    with pytest.raises(InputError, match="rename one"):
        run(job_of(tmp_path, ["zip"], input={"uri": "two.csv"}), spark)


def test_an_attribute_is_found_in_exactly_its_letters(spark: SparkSession, tmp_path: Path) -> None:
    write_raw(spark, tmp_path, [("a",), ("a",)], "Zip string")
    with pytest.raises(InputError, match="did you mean 'Zip'"):
        run(job_of(tmp_path, ["zip"]), spark)


def test_columns_of_nothing_but_nulls(spark: SparkSession, tmp_path: Path) -> None:
    rows = [(None, None, None, place) for place in range(3)]
    write_raw(spark, tmp_path, rows, "zip string, age int, diagnosis string, id int")
    models = [{"model": "k-anonymity", "k": 3}, {"model": "t-closeness", "t": 0.1, "attribute": "diagnosis"}]
    ages = {"name": "age", "hierarchy": {"kind": "intervals", "min": 0, "max": 10, "widths": [5]}}
    diagnosis = {"name": "diagnosis", "type": "sensitive"}
    summary = run(job_of(tmp_path, ["zip", ages, diagnosis], privacy=models), spark)
    assert summary["suppressed"] == 0
    assert released(tmp_path)[["zip", "age", "diagnosis"]].isna().to_numpy().all()


def test_a_null_is_a_value_that_an_attacker_sees(spark: SparkSession, tmp_path: Path) -> None:
    write_raw(spark, tmp_path, [("a",), ("a",), (None,)], "zip string")
    one_alone = run(job_of(tmp_path, [{"name": "zip", "max_level": 0}], max_suppression=0.34), spark)
    assert one_alone["suppressed"] == 1
    assert sorted(released(tmp_path)["zip"]) == ["*", "a", "a"]
    write_raw(spark, tmp_path, [("a",), ("a",), (None,), (None,)], "zip string")
    two_alike = run(job_of(tmp_path, [{"name": "zip", "max_level": 0}]), spark)
    assert two_alike["suppressed"] == 0
    assert released(tmp_path)["zip"].isna().sum() == 2


def test_the_empty_text_is_no_null_in_a_csv(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "gaps.csv").write_text('zip,id\n"",1\n"",2\n,3\n,4\n', encoding="utf-8")
    summary = run(job_of(tmp_path, [{"name": "zip", "max_level": 0}], input={"uri": "gaps.csv"}), spark)
    assert summary["classes"]["kept"] == 2
    table = released(tmp_path)
    assert list(table.sort_values("id")["zip"].fillna("null")) == ["", "", "null", "null"]


def test_a_letter_and_the_same_letter_in_two_signs_are_two_values(spark: SparkSession, tmp_path: Path) -> None:
    composed, split = (unicodedata.normalize(form, "Zürich") for form in ("NFC", "NFD"))
    write_raw(spark, tmp_path, [(composed,), (composed,), (split,)], "city string")
    summary = run(job_of(tmp_path, [{"name": "city", "max_level": 0}], max_suppression=0.4), spark)
    assert summary["suppressed"] == 1
    assert sorted(released(tmp_path)["city"]) == sorted(["*", composed, composed])
    (tmp_path / "cities.csv").write_text(f"{composed};*\n", encoding="utf-8")
    listed = {"name": "city", "hierarchy": {"kind": "csv", "uri": "cities.csv"}}
    with pytest.raises(HierarchyError, match=r"misses 1 of 2 values of the column \(1 record\)"):
        run(job_of(tmp_path, [listed]), spark)


def test_zero_and_minus_zero_are_one_number_and_not_a_number_is_a_value(spark: SparkSession, tmp_path: Path) -> None:
    rows = [(0.0,), (-0.0,), (float("nan"),), (float("nan"),), (1.5,)]
    write_raw(spark, tmp_path, rows, "weight double")
    summary = run(job_of(tmp_path, [{"name": "weight", "max_level": 0}], max_suppression=0.2), spark)
    assert (summary["suppressed"], summary["classes"]["kept"]) == (1, 2)
    assert sorted(released(tmp_path)["weight"]) == ["*", "0.0", "0.0", "NaN", "NaN"]


def test_values_that_look_like_suppressed_ones_stay_apart_or_are_counted_as_such(
    spark: SparkSession, tmp_path: Path
) -> None:
    write_raw(spark, tmp_path, [("*", 1), ("*", 2), ("b", 3), ("b", 4)], "zip string, id int")
    summary = run(job_of(tmp_path, [{"name": "zip", "max_level": 0}]), spark)
    assert summary["suppressed"] == 0
    assert len(kept(released(tmp_path), ["zip"])) == 2


def test_decimals_dates_booleans_and_long_numbers_are_texts_in_a_release(spark: SparkSession, tmp_path: Path) -> None:
    spark.sql(
        "select cast('1.50' as decimal(10,2)) price, date '2024-02-29' born, true married, 9223372036854775807L big, "
        "timestamp '2024-03-01 12:00:00' at from range(2)"
    ).write.parquet(str(tmp_path / "raw"))
    run(job_of(tmp_path, ["price", "born", "married", "big", "at"]), spark)
    assert released(tmp_path).drop_duplicates().to_dict("records") == [
        {
            "price": "1.50",
            "born": "2024-02-29",
            "married": "true",
            "big": "9223372036854775807",
            "at": "2024-03-01 12:00:00",
        }
    ]
