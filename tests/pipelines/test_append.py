"""Daily batches of a Delta table, appended to its release: the union satisfies the models each time."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from anonspark.config.apply import ApplyJob
from anonspark.config.validate import ValidateJob
from anonspark.errors import ConfigurationError, InputError, NoReleaseError, TooManyClassesError, UnionUnsafeError
from anonspark.pipelines import release as release_module
from anonspark.pipelines.run import run
from tests.jvm import is_connect
from tests.pipelines.on_cluster import refuse_where
from tests.pipelines.patients import COLUMNS, classes, job_in, kept, multiset, patients, released
from tests.pipelines.scans import executions_so_far, rows_scanned

SCHEMA = "name string, age int, zip string, sex string, diagnosis string, cost int"
SOURCE = {"uri": "source", "format": "delta"}
OUTPUT = {"uri": "out/released", "format": "delta", "mode": "append"}
K, L = 4, 2


def day(number: int, rows: int = 40) -> list[tuple[Any, ...]]:
    """The patients of a day, each with a cost of their own."""
    of_day = patients()[number * rows : (number + 1) * rows]
    return [(row[0], int(str(row[1])), *row[2:5], number * rows + place) for place, row in enumerate(of_day)]


def bring(spark: SparkSession, folder: Path, rows: list[tuple[Any, ...]], **options: str) -> None:
    """Append rows to the source."""
    table = spark.createDataFrame(rows, SCHEMA)
    assert table.columns == list(COLUMNS)
    table.coalesce(1).write.format("delta").mode("append").options(**options).save(str(folder / "source"))


def first_in(folder: Path, **changes: Any) -> Any:
    return job_in(folder, input=SOURCE, output={"uri": "out/released", "format": "delta"}, **changes)


def append_in(folder: Path, **changes: Any) -> ApplyJob:
    job = {"version": 1, "job": "apply", "input": SOURCE, "output": OUTPUT, "solution": "first", **changes}
    return ApplyJob.from_dict(job, base=str(folder))


def die(*_: object) -> None:
    raise RuntimeError("died")


def validity(spark: SparkSession, folder: Path) -> dict[str, Any]:
    job = {
        "version": 1,
        "job": "validate",
        "input": {"uri": "out/released", "format": "delta"},
        "quasi_identifiers": ["age", "zip", "sex"],
        "sensitive": ["diagnosis"],
        "privacy": [{"model": "k-anonymity", "k": K}, {"model": "l-diversity", "l": L, "attribute": "diagnosis"}],
    }
    return run(ValidateJob.from_dict(job, base=str(folder)), spark)


def require_safe(table: pd.DataFrame) -> None:
    sizes = classes(table)
    assert min(len(members) for _, members in sizes) >= K
    assert min(members["diagnosis"].nunique() for _, members in sizes) >= L


def test_three_daily_batches_give_three_versions_whose_union_is_safe_each_time(
    spark: SparkSession, tmp_path: Path
) -> None:
    bring(spark, tmp_path, day(0))
    run(first_in(tmp_path), spark, run_id="first")
    for number in (1, 2):
        bring(spark, tmp_path, day(number))
        summary = run(append_in(tmp_path), spark, run_id=f"day-{number}")
        table = released(tmp_path)
        require_safe(table)
        assert validity(spark, tmp_path)["is_valid"]
        assert len(table) == 40 * (number + 1)
        assert summary["rows"] == 40
        assert summary["source"] == {"from_version": number - 1, "to_version": number, "rows": 40}
        assert summary["output"]["version"] == number
        assert summary["union"]["records"] == len(kept(table))
        assert summary["union"]["classes"]["kept"] == classes(table).ngroups
        assert summary["risk"]["release"]["prosecutor"]["highest"] == 1 / min(map(len, classes(table).groups.values()))
        assert summary["quality"]["passed"]
    runs = DeltaTable(tmp_path / "out/_anonspark/runs").to_pandas()
    done = runs[(runs["state"] == "completed") & (runs["job"] != "validate")].sort_values("input_version")
    assert list(done["input_version"]) == list(done["output_version"]) == [0, 1, 2]


def test_a_new_record_is_let_into_a_released_class_that_is_safe_with_it(spark: SparkSession, tmp_path: Path) -> None:
    bring(spark, tmp_path, day(0))
    run(first_in(tmp_path), spark, run_id="first")
    before = kept(released(tmp_path))
    place = int(before.iloc[0]["cost"])
    twin = next(row for row in day(0) if row[5] == place)
    bring(spark, tmp_path, [(*twin[:5], 900)])
    summary = run(append_in(tmp_path), spark)
    (new,) = released(tmp_path).query("cost == 900").itertuples()
    old = before.iloc[0]
    # Alone it would be a class of one.
    assert (new.age, new.zip, new.sex) == (old["age"], old["zip"], old["sex"])
    assert summary["suppressed"] == 0


def test_a_new_record_that_is_alone_is_suppressed(spark: SparkSession, tmp_path: Path) -> None:
    bring(spark, tmp_path, day(0))
    run(first_in(tmp_path), spark, run_id="first")
    bring(spark, tmp_path, [("CANARY", 99, "01234", "X", "C18", 900)])
    summary = run(append_in(tmp_path), spark)
    (new,) = released(tmp_path).query("cost == 900").itertuples()
    assert (new.name, new.age, new.zip, new.sex) == ("*", "*", "*", "*")
    assert summary["suppressed"] == 1
    assert any("better levels of its own" in warning for warning in summary["warnings"])


def test_a_released_class_that_new_records_elsewhere_would_break_stops_the_append(
    spark: SparkSession, tmp_path: Path
) -> None:
    # Half of all have each diagnosis, and so has every class. Then a hundred others with one of them come.
    rows = [("n", 30 + 20 * (place % 2), "69410", "F", "CE"[place // 2 % 2], place) for place in range(40)]
    bring(spark, tmp_path, rows)
    closeness = [{"model": "t-closeness", "t": 0.2, "attribute": "diagnosis"}]
    run(first_in(tmp_path, privacy=closeness, max_suppression=0), spark, run_id="first")
    before = multiset(released(tmp_path))
    bring(spark, tmp_path, [("n", 90, "01234", "M", "C", 100 + place) for place in range(200)])
    with pytest.raises(UnionUnsafeError, match="released already") as raised:
        run(append_in(tmp_path), spark)
    assert raised.value.exit_code == 3
    assert multiset(released(tmp_path)) == before


def test_only_what_is_new_is_read(spark: SparkSession, tmp_path: Path) -> None:
    if is_connect(spark):
        pytest.skip("rows are counted in the JVM")
    bring(spark, tmp_path, day(0, rows=60))
    run(first_in(tmp_path, quality="off"), spark, run_id="first")
    bring(spark, tmp_path, [*day(4, rows=20)])
    before = executions_so_far(spark)
    run(append_in(tmp_path, quality="off"), spark)
    # New rows to count and to write, the release to count, the new rows as they were written.
    assert rows_scanned(spark, before)["Scan parquet"] <= 20 + 20 + 60 + 20


def test_nothing_new_is_no_failure(spark: SparkSession, tmp_path: Path) -> None:
    bring(spark, tmp_path, day(0))
    run(first_in(tmp_path), spark, run_id="first")
    summary = run(append_in(tmp_path), spark)
    assert (summary["rows"], summary["output"]["version"]) == (0, 0)
    assert any("no new rows since version 0" in warning for warning in summary["warnings"])
    # Compacted files hold no new rows either.
    bring(spark, tmp_path, day(1))
    run(append_in(tmp_path), spark)
    DeltaTable(tmp_path / "source").optimize.compact()
    summary = run(append_in(tmp_path), spark)
    assert (summary["rows"], summary["source"]["to_version"]) == (0, 2)
    bring(spark, tmp_path, day(2))
    assert run(append_in(tmp_path), spark)["source"] == {"from_version": 2, "to_version": 3, "rows": 40}
    assert sorted(released(tmp_path)["cost"]) == list(range(120))


def test_a_change_of_old_rows_asks_for_a_new_release(spark: SparkSession, tmp_path: Path) -> None:
    bring(spark, tmp_path, day(0))
    run(first_in(tmp_path), spark, run_id="first")
    DeltaTable(tmp_path / "source").delete("cost = 3")
    with pytest.raises(InputError, match="Between versions 0 and 1 of the input rows were changed or deleted"):
        run(append_in(tmp_path), spark)


def test_a_table_of_the_catalog_is_read_by_its_change_data_feed(spark: SparkSession, tmp_path: Path) -> None:
    name, source = "daily_patients", {"table": "daily_patients", "format": "delta"}
    spark.sql(f"DROP TABLE IF EXISTS {name}")
    spark.sql(f"CREATE TABLE {name} ({SCHEMA}) USING delta TBLPROPERTIES (delta.enableChangeDataFeed = true)")
    try:
        spark.createDataFrame(day(0), SCHEMA).write.format("delta").mode("append").saveAsTable(name)
        run(job_in(tmp_path, input=source), spark, run_id="first")
        spark.createDataFrame(day(1), SCHEMA).write.format("delta").mode("append").saveAsTable(name)
        assert run(append_in(tmp_path, input=source), spark)["source"] == {
            "from_version": 1,
            "to_version": 2,
            "rows": 40,
        }
        require_safe(released(tmp_path))
        spark.sql(f"DELETE FROM {name} WHERE cost = 3")
        with pytest.raises(InputError, match="changed or deleted"):
            run(append_in(tmp_path, input=source), spark)
    finally:
        spark.sql(f"DROP TABLE IF EXISTS {name}")


def test_mapped_columns_without_a_feed_are_refused(spark: SparkSession, tmp_path: Path) -> None:
    bring(spark, tmp_path, day(0), **{"delta.columnMapping.mode": "name"})
    run(first_in(tmp_path), spark, run_id="first")
    bring(spark, tmp_path, day(1))
    with pytest.raises(InputError, match=r"delta\.enableChangeDataFeed = true"):
        run(append_in(tmp_path), spark)


def test_a_partitioned_source_is_read_by_its_new_files(spark: SparkSession, tmp_path: Path) -> None:
    for number, rows in enumerate((day(0), day(1))):
        table = spark.createDataFrame(rows, SCHEMA)
        table.write.format("delta").mode("append").partitionBy("sex", "diagnosis").save(str(tmp_path / "source"))
        if not number:
            run(first_in(tmp_path), spark, run_id="first")
    assert run(append_in(tmp_path), spark)["rows"] == 40
    require_safe(released(tmp_path))
    diagnosis_of = {row[5]: row[4] for row in [*day(0), *day(1)]}
    assert all(diagnosis_of[row.cost] == row.diagnosis for row in released(tmp_path).itertuples())


def test_a_file_is_a_batch_of_its_own(spark: SparkSession, tmp_path: Path) -> None:
    bring(spark, tmp_path, day(0))
    run(first_in(tmp_path), spark, run_id="first")
    spark.createDataFrame(day(1), SCHEMA).write.parquet(str(tmp_path / "tuesday"))
    summary = run(append_in(tmp_path, input={"uri": "tuesday", "format": "parquet"}), spark)
    assert (summary["rows"], len(released(tmp_path))) == (40, 80)
    require_safe(released(tmp_path))


def test_the_first_batch_can_be_appended_to_nothing(spark: SparkSession, tmp_path: Path) -> None:
    bring(spark, tmp_path, day(0))
    run(first_in(tmp_path), spark, run_id="first")
    other = {"uri": "out/other", "format": "delta", "mode": "append"}
    assert run(append_in(tmp_path, output=other), spark, run_id="other-0")["rows"] == 40
    bring(spark, tmp_path, day(1))
    assert run(append_in(tmp_path, output=other), spark, run_id="other-1")["rows"] == 40
    require_safe(released(tmp_path, "other"))


def test_a_run_that_published_and_died_is_finished_by_its_own_id_and_by_no_other(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(spark, tmp_path, day(0))
    run(first_in(tmp_path), spark, run_id="first")
    bring(spark, tmp_path, day(1))
    with monkeypatch.context() as patch:
        patch.setattr(release_module, "record_solution", die)
        with pytest.raises(RuntimeError):
            run(append_in(tmp_path), spark, run_id="tuesday")
    assert len(released(tmp_path)) == 80
    with pytest.raises(InputError, match="'tuesday' has published"):
        run(append_in(tmp_path), spark, run_id="wednesday")
    summary = run(append_in(tmp_path), spark, run_id="tuesday")
    assert (summary["rows"], summary["output"]["version"]) == (40, 1)
    assert summary["union"]["rows_released_before"] == 40
    assert len(released(tmp_path)) == 80


def test_rows_that_came_after_a_run_died_are_left_to_the_next_append(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(spark, tmp_path, day(0))
    run(first_in(tmp_path), spark, run_id="first")
    bring(spark, tmp_path, day(1))
    with monkeypatch.context() as patch:
        patch.setattr(release_module, "record_solution", die)
        with pytest.raises(RuntimeError):
            run(append_in(tmp_path), spark, run_id="day-1")
    bring(spark, tmp_path, day(2))
    again = run(append_in(tmp_path), spark, run_id="day-1")
    assert again["source"] == {"from_version": 0, "to_version": 1, "rows": 40}
    following = run(append_in(tmp_path), spark, run_id="day-2")
    assert following["source"] == {"from_version": 1, "to_version": 2, "rows": 40}
    assert len(released(tmp_path)) == 120


def test_a_release_of_something_else_is_not_appended_to(spark: SparkSession, tmp_path: Path) -> None:
    bring(spark, tmp_path, day(0))
    run(first_in(tmp_path), spark, run_id="first")
    spark.createDataFrame(day(1), SCHEMA).write.format("delta").save(str(tmp_path / "other"))
    with pytest.raises(InputError, match="made it of another input"):
        run(append_in(tmp_path, input={"uri": "other", "format": "delta"}), spark)
    spark.createDataFrame(day(1), SCHEMA).write.format("delta").save(str(tmp_path / "out/unknown"))
    with pytest.raises(InputError, match="No run is recorded that wrote"):
        run(append_in(tmp_path, output={**OUTPUT, "uri": "out/unknown"}), spark)


@pytest.mark.parametrize(
    "changes",
    [
        {"search": {"recoding": "strict"}},
        {"privacy": [{"model": "k-anonymity", "k": 4}], "person_id": "name"},
    ],
    ids=["levels", "persons"],
)
def test_what_labels_alone_do_not_tell_is_refused(spark: SparkSession, tmp_path: Path, changes: dict[str, Any]) -> None:
    bring(spark, tmp_path, patients_by_name())
    run(first_in(tmp_path, **changes), spark, run_id="first")
    with pytest.raises(ConfigurationError, match="an append cannot keep up"):
        run(append_in(tmp_path), spark)


def patients_by_name() -> list[tuple[Any, ...]]:
    return [(f"n{place}", *row[1:]) for place, row in enumerate(day(0))]


def test_more_new_combinations_than_the_driver_holds_are_refused(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(spark, tmp_path, day(0))
    run(first_in(tmp_path), spark, run_id="first")
    bring(spark, tmp_path, day(1))
    refuse_where(monkeypatch, "both")
    with pytest.raises((TooManyClassesError, NoReleaseError)):
        run(append_in(tmp_path), spark)


def test_files_cannot_be_appended_to(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"output\.mode: append counts what is released already"):
        append_in(tmp_path, output={"uri": "out/released", "format": "parquet", "mode": "append"})
