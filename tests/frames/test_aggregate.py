"""The counts of the one pass, against pandas on the same cells."""

import math
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.encode import RawClasses
from anonspark.errors import ColumnNotFoundError, ColumnTypeError, TooManyClassesError
from anonspark.frames import aggregate, chunks
from anonspark.frames.aggregate import collect_classes, collect_or_keep_classes
from anonspark.frames.casts import CELL, MALFORMED, add_malformed, malformed_cells, try_cast_columns
from anonspark.frames.combinations import ClusterCombinations
from tests.jvm import n_persisted
from tests.pipelines.scans import executions_so_far, rows_scanned

PLENTY = 1 << 30
NAN = float("nan")

CELLS: dict[str, tuple[str, list[Any]]] = {
    "text": ("string", ["a", "A", " a", "", "NULL", "null", None, "é", "e\u0301"]),
    "a.b": ("double", [0.0, -0.0, NAN, None, 1.5, 1e10, float("inf")]),
    "c d": ("date", [date(2024, 2, 29), date(1, 1, 1), None]),
    "e`f": ("decimal(6,2)", [Decimal("1.50"), Decimal("1.00"), Decimal("-1.50"), None]),
    "Age": ("int", [1, -1, None]),
    "age": ("bigint", [2**53, 2**53 + 1, None]),
    "at": ("timestamp_ntz", [datetime(2024, 1, 1), datetime(2024, 1, 1, 0, 0, 0, 1), None]),
    "yes": ("boolean", [True, False, None]),
}
NAMES = list(CELLS)
N_ROWS = 60


def as_text(value: Any) -> str | None:
    """Spark's cast to string, of the cells above."""
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case float():
            if math.isnan(value):
                return "NaN"
            return {math.inf: "Infinity", 1e10: "1.0E10", 0.0: "0.0"}.get(value, str(value))
        case datetime():
            return "2024-01-01 00:00:00" + (".000001" if value.microsecond else "")
        case _:
            return str(value)


def cells_of(place: int) -> tuple[Any, ...]:
    """A row; the columns have different periods, so most combinations occur once and some often."""
    place = place if place % 4 else 0
    return tuple(cells[(place // (axis + 1)) % len(cells)] for axis, (_, cells) in enumerate(CELLS.values()))


ROWS = [cells_of(place) for place in range(N_ROWS)]


@pytest.fixture
def table(spark: SparkSession) -> DataFrame:
    schema = ", ".join(f"c{place} {kind}" for place, (kind, _) in enumerate(CELLS.values()))
    return spark.createDataFrame(ROWS, schema).toDF(*NAMES)


def combinations(raw: RawClasses) -> Counter[tuple[str | None, ...]]:
    columns = [*raw.quasi_identifiers, *raw.sensitive]
    for column in columns:
        assert len(set(column.values)) == len(column.values)
    rows = zip(*([column.values[code] for code in column.codes] for column in columns), strict=True)
    found: Counter[tuple[str | None, ...]] = Counter()
    for row, count in zip(rows, raw.counts.tolist(), strict=True):
        assert row not in found, "a combination came twice"
        found[row] = count
    return found


def expected(names: Sequence[str]) -> Counter[tuple[str | None, ...]]:
    return Counter(tuple(as_text(row[NAMES.index(name)]) for name in names) for row in ROWS)


def test_every_combination_is_counted_as_often_as_its_rows(table: DataFrame) -> None:
    raw = collect_classes(table, NAMES[:-2], NAMES[-2:], PLENTY)
    assert combinations(raw) == expected(NAMES)
    assert [column.name for column in raw.quasi_identifiers] == NAMES[:-2]
    assert [column.name for column in raw.sensitive] == NAMES[-2:]
    assert {column.name: column.data_type for column in [*raw.quasi_identifiers, *raw.sensitive]} == {
        name: kind for name, (kind, _) in CELLS.items()
    }
    assert raw.malformed == {}


def test_names_that_differ_only_in_case_are_different_columns(table: DataFrame) -> None:
    assert combinations(collect_classes(table, ["age"], [], PLENTY)) == expected(["age"])
    assert combinations(collect_classes(table, ["Age"], [], PLENTY)) == expected(["Age"])


def test_null_the_empty_string_and_the_word_null_are_three_values_and_the_two_zeros_one(spark: SparkSession) -> None:
    rows = [("", 0.0), (None, 0.0), ("NULL", -0.0), ("", -0.0), (None, NAN), (None, None), (None, NAN)]
    raw = collect_classes(spark.createDataFrame(rows, "q string, s double"), ["q"], ["s"], PLENTY)
    assert combinations(raw) == {
        ("", "0.0"): 2,
        (None, "0.0"): 1,
        ("NULL", "0.0"): 1,
        (None, "NaN"): 2,
        (None, None): 1,
    }


@pytest.mark.parametrize("rows_a_chunk", [3, 1000])
def test_chunks_and_partitions_change_no_count(
    table: DataFrame, monkeypatch: pytest.MonkeyPatch, rows_a_chunk: int
) -> None:
    monkeypatch.setattr(chunks, "CELLS_A_CHUNK", 3 * rows_a_chunk)
    names = ["yes", "Age"]
    for partitions in (1, 7):
        raw = collect_classes(table.repartition(partitions), names[:1], names[1:], PLENTY)
        assert combinations(raw) == expected(names)


def test_a_table_without_rows_has_no_combinations(table: DataFrame) -> None:
    raw = collect_classes(table.limit(0), ["text"], ["Age"], PLENTY)
    assert raw.n_records == len(raw.counts) == 0
    assert raw.quasi_identifiers[0].values == ()
    assert raw.quasi_identifiers[0].codes.shape == (0,)


def marked_table(spark: SparkSession) -> DataFrame:
    rows = [("1", "x"), ("1", "7"), ("1", None), ("y", "z"), (None, "7"), ("1", "7"), ("CANARY-7431", "7")]
    raw = spark.createDataFrame(rows, "q string, n string")
    casts = {"q": "int", "n": "int"}
    return raw.transform(add_malformed(malformed_cells(casts))).transform(try_cast_columns(casts))


@pytest.mark.parametrize("rows_a_chunk", [1, 1000])
def test_malformed_rows_are_counted_by_mark_and_left_out(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, rows_a_chunk: int
) -> None:
    monkeypatch.setattr(chunks, "CELLS_A_CHUNK", 3 * rows_a_chunk)
    raw = collect_classes(marked_table(spark), ["q"], ["n"], PLENTY)
    assert raw.malformed == {CELL + "q": 2, CELL + "n": 2}
    assert combinations(raw) == {("1", "7"): 2, ("1", None): 1, (None, "7"): 1}
    assert "CANARY-7431" not in raw.quasi_identifiers[0].values


def test_the_marks_are_found_wherever_their_column_stands(spark: SparkSession) -> None:
    marked = marked_table(spark)
    raw = collect_classes(marked.select(MALFORMED, "n", "q"), ["q"], ["n"], PLENTY)
    assert combinations(raw) == {("1", "7"): 2, ("1", None): 1, (None, "7"): 1}


def test_a_table_of_nothing_but_malformed_rows_has_no_combinations(spark: SparkSession) -> None:
    raw = collect_classes(marked_table(spark).where(F.col(MALFORMED).getField(CELL + "n")), ["q"], ["n"], PLENTY)
    assert raw.n_records == 0
    assert raw.malformed == {CELL + "q": 1, CELL + "n": 2}


def test_more_classes_than_the_memory_holds_are_told_and_freed(
    spark: SparkSession, table: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CELLS_A_CHUNK", 6)
    before = n_persisted(spark)
    with pytest.raises(TooManyClassesError, match="raise min_level of the attributes with most values") as raised:
        collect_classes(table, ["text"], [], 500)
    assert raised.value.field == "search.memory_mb"
    assert n_persisted(spark) == before
    collect_classes(table, ["text"], [], 5000)
    assert n_persisted(spark) == before


def test_values_that_come_again_in_every_chunk_take_memory_once(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "x" * 1000
    wide = spark.range(200).select(F.lit(long).alias("q"), F.col("id").alias("s"))
    monkeypatch.setattr(chunks, "CELLS_A_CHUNK", 60)
    # 200 records, their numbers and one long text: about 30 kB; the text once a chunk would be 10 kB more.
    assert len(collect_classes(wide, ["q"], ["s"], 36_000).counts) == 200


def test_a_column_that_is_not_there_or_has_no_text_is_refused_before_anything_runs(spark: SparkSession) -> None:
    table = spark.range(1).select(F.lit("x").alias("zip"), F.array(F.lit(1)).alias("tags"))
    with pytest.raises(ColumnNotFoundError, match=r"'zap'.*did you mean 'zip'"):
        collect_classes(table, ["zap"], [], PLENTY)
    with pytest.raises(ColumnTypeError, match="Column 'tags' has type array<int>"):
        collect_classes(table, ["zip"], ["tags"], PLENTY)


@pytest.mark.parametrize("rows_a_chunk", [4, 1000])
def test_the_table_is_read_once_however_many_chunks_it_comes_in(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_a_chunk: int
) -> None:
    monkeypatch.setattr(chunks, "CELLS_A_CHUNK", 2 * rows_a_chunk)
    spark.range(40).select((F.col("id") % 11).alias("q")).write.parquet(str(tmp_path / "table"))
    table = spark.read.parquet(str(tmp_path / "table"))
    since = executions_so_far(spark)
    with ExitStack() as held:
        counted = collect_or_keep_classes(table, ["q"], [], PLENTY, held)
    assert isinstance(counted, RawClasses)
    assert len(counted.counts) == 11
    assert rows_scanned(spark, since)["Scan parquet"] == 40


@pytest.mark.parametrize(("rows_a_chunk", "passes"), [(4, 2), (1000, 1)])
def test_what_is_not_kept_is_persisted_for_several_chunks_alone(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_a_chunk: int, passes: int
) -> None:
    monkeypatch.setattr(chunks, "CELLS_A_CHUNK", 2 * rows_a_chunk)
    spark.range(40).select((F.col("id") % 11).alias("q")).write.parquet(str(tmp_path / "table"))
    table = spark.read.parquet(str(tmp_path / "table"))
    since = executions_so_far(spark)
    assert len(collect_classes(table, ["q"], [], PLENTY).counts) == 11
    assert rows_scanned(spark, since)["Scan parquet"] == passes * 40


def test_what_does_not_fit_stays_on_the_cluster_and_the_values_of_each_column_come(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> RawClasses:
        raise TooManyClassesError("They do not fit.")

    before = n_persisted(spark)
    expected = collect_classes(marked_table(spark), ["q"], ["n"], PLENTY)
    monkeypatch.setattr(aggregate, "_collected", refuse)
    with ExitStack() as held:
        kept = collect_or_keep_classes(marked_table(spark), ["q"], ["n"], PLENTY, held)
        assert isinstance(kept, ClusterCombinations)
        assert kept.malformed == expected.malformed
        assert kept.n_records == expected.n_records
        for found, column in zip(
            [*kept.quasi_identifiers, *kept.sensitive], [*expected.quasi_identifiers, *expected.sensitive], strict=True
        ):
            assert found.records() == column.records(expected.counts)
            assert (found.column.name, found.column.data_type) == (column.name, column.data_type)
        rows = {(row["q0"], row["s0"]): row["records"] for row in kept.table.collect()}
        assert rows == dict(combinations(expected))
    assert n_persisted(spark) == before


def test_values_that_do_not_fit_either_are_refused_and_freed(spark: SparkSession) -> None:
    before = n_persisted(spark)
    with ExitStack() as held, pytest.raises(TooManyClassesError, match="more distinct values than fit"):
        collect_or_keep_classes(spark.range(500).select(F.col("id").alias("q")), ["q"], [], 500, held)
    assert n_persisted(spark) == before


def test_persons_are_told_apart_by_number_and_their_names_stay_on_the_cluster(spark: SparkSession) -> None:
    rows = [("a", "CANARY-1"), ("a", "CANARY-2"), ("a", "CANARY-1"), ("b", "CANARY-2"), ("b", None)]
    with ExitStack() as held:
        counted = collect_or_keep_classes(
            spark.createDataFrame(rows, "q string, p string"), ["q"], [], PLENTY, held, "p"
        )
        assert isinstance(counted, RawClasses)
        (column,) = counted.quasi_identifiers
        assert counted.persons is not None
        values = [column.values[code] for code in column.codes]
        records = list(zip(values, counted.persons.tolist(), counted.counts.tolist(), strict=True))
    assert counted.n_records == 5
    assert counted.n_persons == 3
    assert sorted((value, count) for value, _, count in records) == [("a", 1), ("a", 2), ("b", 1), ("b", 1)]
    assert len({person for value, person, _ in records if value == "a"}) == 2
    assert "CANARY" not in repr(counted)
