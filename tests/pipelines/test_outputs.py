"""Releases as csv, json and parquet: written beside the target, verified, published once, or not at all."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pytest
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.sources import TableSource
from anonspark.errors import AnonsparkError, ColumnTypeError, InputError, LocationError, VerificationError
from anonspark.io import moves as moves_module
from anonspark.io.file_output import StagedObjects
from anonspark.io.object_store import Storage
from anonspark.io.tables import read_table
from anonspark.pipelines import release as release_module
from anonspark.pipelines.run import run
from anonspark.vocabulary import TableFormat
from tests.pipelines.patients import (
    COLUMNS,
    N_ROWS,
    classes,
    job_in,
    patients,
    released,
    states,
    without_times,
    write_csv,
)

FORMATS = ["csv", "json", "parquet"]
PLACES = [f"out/released.{format_}" for format_ in FORMATS] + [f"out/{format_}" for format_ in FORMATS]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the patients."""
    write_csv(tmp_path / "patients.csv", patients())
    return tmp_path


def output(place: str, **more: Any) -> dict[str, Any]:
    """The job's section for a place whose name ends in its format."""
    return {"output": {"uri": place, "format": place.replace(".", "/").rpartition("/")[2], **more}}


def read(place: Path) -> pd.DataFrame:
    """The release as pandas reads it, every cell as text; a null is None."""
    kind = place.name.rpartition(".")[2]
    files = [place] if place.is_file() else sorted(place.glob("**/part-*"))
    if kind == "csv":
        parts = [pd.read_csv(file, dtype=str, keep_default_na=False, na_values=[""]) for file in files]
    elif kind == "json":
        parts = [pd.read_json(file, lines=True, dtype=False) for file in files]
    else:
        parts = [pd.read_parquet(file) for file in files]
    return pd.concat(parts)


def texts(table: pd.DataFrame) -> list[tuple[str | None, ...]]:
    """The rows as texts, without their order."""
    rows = [tuple(None if pd.isna(cell) else str(cell) for cell in row) for row in table.itertuples(index=False)]
    return sorted(rows, key=str)


def seen(folder: Path) -> dict[str, bytes]:
    """Every file that readers of the output's folder see, with its content."""
    files = [path for path in (folder / "out").rglob("*") if path.is_file()]
    shown = {str(path.relative_to(folder / "out")): path for path in files}
    return {name: path.read_bytes() for name, path in shown.items() if not name.startswith(("_", "."))}


def staged(folder: Path) -> list[Path]:
    """What runs left in the hidden folder beside the output."""
    return list((folder / "out/_anonspark").glob("staged/**/*"))


def test_every_format_holds_the_release_that_delta_holds(spark: SparkSession, folder: Path) -> None:
    of_delta = run(job_in(folder), spark)
    for place in PLACES:
        summary = run(job_in(folder, **output(place)), spark)
        assert summary["output"] == {"uri": f"file://{folder}/{place}", "version": None}
        assert without_times(summary) == without_times(of_delta)
        assert texts(read(folder / place)[COLUMNS]) == texts(released(folder)[COLUMNS])
        assert staged(folder) == []


def test_one_object_appears_with_nothing_beside_it_and_a_folder_with_its_sign(
    spark: SparkSession, folder: Path
) -> None:
    run(job_in(folder, **output("out/released.csv")), spark)
    assert list(seen(folder)) == ["released.csv"]
    run(job_in(folder, **output("out/csv")), spark)
    names = [path.name for path in (folder / "out/csv").iterdir()]
    assert "_SUCCESS" in names
    assert all(name == "_SUCCESS" or name.startswith("part-") for name in names)


def test_a_csv_release_is_read_again_as_what_it_was(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder, **output("out/released.csv")), spark)
    source = TableSource(str(folder / "out/released.csv"), format=TableFormat.CSV, schema={"cost": "int"})
    read_again = read_table(spark, source).table
    run(job_in(folder), spark)
    of_delta = spark.read.format("delta").load(str(folder / "out/released"))
    assert read_again.schema.simpleString() == of_delta.schema.simpleString()
    assert sorted(map(str, read_again.collect())) == sorted(map(str, of_delta.collect()))


@pytest.mark.parametrize("place", ["out/released.csv", "out/released.parquet"])
def test_an_object_is_replaced_and_in_mode_error_kept(spark: SparkSession, folder: Path, place: str) -> None:
    run(job_in(folder, **output(place)), spark)
    first = seen(folder)
    run(job_in(folder, **output(place), privacy=[{"model": "k-anonymity", "k": 9}]), spark)
    assert classes(read(folder / place)).size().min() >= 9
    second = seen(folder)
    assert list(second) == list(first)
    with pytest.raises(LocationError, match=r"output\.mode: overwrite"):
        run(job_in(folder, **output(place, mode="error")), spark)
    assert seen(folder) == second


def test_nothing_is_appended_to_one_object(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder, **output("out/released.csv")), spark)
    before = seen(folder)
    with pytest.raises(InputError, match="is one object: it takes no mode append") as raised:
        run(job_in(folder, **output("out/released.csv", mode="append")), spark)
    assert raised.value.exit_code == 2
    assert seen(folder) == before


@pytest.mark.parametrize(("place", "mode"), [("out/csv", "overwrite"), ("out/parquet", "error")])
def test_a_folder_that_is_not_empty_is_refused(spark: SparkSession, folder: Path, place: str, mode: str) -> None:
    (folder / place).mkdir(parents=True)
    (folder / place / "_hidden").write_text("is no data", encoding="utf-8")
    run(job_in(folder, **output(place, mode=mode)), spark)
    before = seen(folder)
    with pytest.raises(LocationError, match=r"is not empty.*output\.format: delta") as raised:
        run(job_in(folder, **output(place, mode=mode)), spark)
    assert raised.value.exit_code == 2
    assert seen(folder) == before
    assert staged(folder) == []


@pytest.mark.parametrize("place", ["out/csv", "out/json"])
def test_files_of_the_same_columns_are_added_to_a_folder(spark: SparkSession, folder: Path, place: str) -> None:
    for _ in range(2):
        run(job_in(folder, **output(place, mode="append")), spark)
    assert len(read(folder / place)) == 2 * N_ROWS


@pytest.mark.parametrize("place", ["out/csv", "out/parquet"])
def test_files_of_other_columns_are_not_added(spark: SparkSession, folder: Path, place: str) -> None:
    run(job_in(folder, **output(place, mode="append")), spark)
    before = seen(folder)
    with pytest.raises(InputError, match="differ in presence or type: 'name'"):
        run(job_in(folder, **output(place, mode="append"), identifiers="drop"), spark)
    assert seen(folder) == before


def test_files_are_not_written_into_a_delta_table(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark)
    with pytest.raises(LocationError, match=r"is a Delta table; set output\.format: delta"):
        run(job_in(folder, output={"uri": "out/released", "format": "parquet", "mode": "append"}), spark)


def test_a_folder_is_partitioned_by_a_generalized_column(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark)
    of_delta = released(folder)
    for place in ("out/csv", "out/json", "out/parquet"):
        run(job_in(folder, **output(place, partition_by=["zip"])), spark)
        found = {unquote(path.name) for path in (folder / place).iterdir() if path.is_dir()}
        assert found == {f"zip={label}" for label in of_delta["zip"]}
        rest = [name for name in COLUMNS if name != "zip"]
        assert texts(read(folder / place)[rest]) == texts(of_delta[rest])


def one_row_less(table: DataFrame) -> DataFrame:
    return table.limit(N_ROWS - 1)


def one_name_shown(table: DataFrame) -> DataFrame:
    return table.withColumn("name", F.when(F.col("cost") == 5, "Name 5").otherwise(F.col("name")))


@pytest.mark.parametrize(
    ("place", "tamper"),
    [("out/released.csv", one_row_less), ("out/json", one_name_shown), ("out/released.parquet", one_name_shown)],
)
def test_what_was_written_wrong_is_not_published(
    spark: SparkSession,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    tamper: Callable[[DataFrame], DataFrame],
) -> None:
    if "." in place:
        run(job_in(folder, **output(place)), spark)
    before = seen(folder)
    read_staged = StagedObjects.read
    monkeypatch.setattr(StagedObjects, "read", lambda self: tamper(read_staged(self)))
    with pytest.raises(VerificationError):
        run(job_in(folder, **output(place), privacy=[{"model": "k-anonymity", "k": 9}]), spark, run_id="r1")
    assert seen(folder) == before
    assert states(folder, "r1") == ["running", "failed"]
    assert staged(folder) == []


@pytest.mark.parametrize(
    ("place", "spoilt"),
    [("out/released.csv", "1,2\n"), ("out/released.csv", "*,*,*,*,C18,many\n"), ("out/released.json", '{"name": \n')],
)
def test_a_row_that_cannot_be_read_again_is_not_published(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, place: str, spoilt: str
) -> None:
    read_staged = StagedObjects.read

    def spoil(self: StagedObjects) -> DataFrame:
        (file,) = Path(self.location.removeprefix("file://")).glob("part-*")
        for checksum in file.parent.glob(".*.crc"):
            checksum.unlink()
        with file.open("a", encoding="utf-8") as stream:
            stream.write(spoilt)
        return read_staged(self)

    monkeypatch.setattr(StagedObjects, "read", spoil)
    with pytest.raises(VerificationError, match="cannot be read again"):
        run(job_in(folder, **output(place)), spark)
    assert seen(folder) == {}


@pytest.mark.parametrize("place", ["out/released.csv", "out/parquet"])
def test_a_complete_run_is_told_again_and_not_repeated(spark: SparkSession, folder: Path, place: str) -> None:
    first = run(job_in(folder, **output(place, mode="error")), spark, run_id="r1")
    before = seen(folder)
    (folder / "patients.csv").unlink()
    assert run(job_in(folder, **output(place, mode="error")), spark, run_id="r1") == first
    assert seen(folder) == before


@pytest.mark.parametrize(("place", "mode"), [("out/released.csv", "error"), ("out/parquet", "append")])
def test_a_run_that_died_after_publishing_only_completes_its_record(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, place: str, mode: str
) -> None:
    def break_down(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(release_module, "record_solution", break_down)
        with pytest.raises(ConnectionError):
            run(job_in(folder, **output(place, mode=mode)), spark, run_id="r1")
    before = seen(folder)
    assert run(job_in(folder, **output(place, mode=mode)), spark, run_id="r1")["status"] == "completed"
    assert seen(folder) == before


class Died(BaseException):
    """The process ended here."""


@pytest.mark.parametrize("who", ["r1", "r2"])
def test_a_release_whose_files_were_half_moved_is_finished_by_the_next_run(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    parts = spark.createDataFrame(pd.DataFrame(patients(), columns=COLUMNS).astype({"age": int, "cost": int}))
    parts.repartition(4).write.parquet(str(folder / "raw"))
    changes = {"input": {"uri": "raw", "format": "parquet"}, **output("out/parquet", mode="append")}
    files = Storage.files
    moved: list[str] = []

    class Dying:
        def __init__(self, of_storage: Any) -> None:
            self.files = of_storage

        def __getattr__(self, name: str) -> Any:
            return getattr(self.files, name)

        def move(self, source: str, goal: str) -> None:
            if goal.startswith("parquet/"):
                if len(moved) == 2:
                    raise Died
                moved.append(goal)
            self.files.move(source, goal)

    with monkeypatch.context() as broken:
        broken.setattr(Storage, "files", lambda self: Dying(files(self)))
        with pytest.raises(Died):
            run(job_in(folder, **changes), spark, run_id="r1")
    assert len(seen(folder)) == 2
    run(job_in(folder, **changes), spark, run_id=who)
    assert len(read(folder / "out/parquet")) == (N_ROWS if who == "r1" else 2 * N_ROWS)
    assert staged(folder) == []


def test_what_a_killed_run_staged_is_deleted_by_the_next_one(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as broken:
        broken.setattr(StagedObjects, "read", die)
        broken.setattr(StagedObjects, "discard", die)
        with pytest.raises(Died):
            run(job_in(folder, **output("out/released.csv")), spark)
    assert staged(folder) != []
    run(job_in(folder, **output("out/released.csv")), spark)
    assert staged(folder) == []


def test_a_run_that_another_took_over_publishes_nothing(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry_out = moves_module.Moves._carry_out

    def overtaken(self: moves_module.Moves, place: str) -> bool:
        carry_out(self, place)
        return carry_out(self, place)

    monkeypatch.setattr(moves_module.Moves, "_carry_out", overtaken)
    with pytest.raises(AnonsparkError, match="took over"):
        run(job_in(folder, **output("out/released.csv")), spark)


AWKWARD = {
    "double": ["1.0E10", "1.0E-7", "-0.0", "0.1", "NaN", "Infinity", None],
    "float": ["1.0E10", "0.1", "3.4028235E38", None],
    "decimal(38,18)": ["0.000000000000000001", "12345678901234567890.5", "0", None],
    "timestamp": ["2024-01-01 00:00:00.123456", "1850-02-03 04:05:06", "2024-07-01 12:00:00.5", None],
    "timestamp_ntz": ["2024-03-31 02:30:00.000001", "1600-01-01 00:00:00", None],
    "date": ["0001-01-01", "2024-02-29", "9999-12-31", None],
    "boolean": ["true", "false", None],
    "string": ["", " ", " x ", '"', '""', "a,b", "a\nb", "a\r\nb", "a\rb", "\\", "null", "NULL", "é\ufffd", None],
}
"""Values by type, as Spark casts them from texts."""


@pytest.mark.parametrize("place", ["out/released.csv", "out/released.json", "out/csv"])
def test_sensitive_values_of_every_type_come_back_as_they_were(spark: SparkSession, folder: Path, place: str) -> None:
    longest = max(map(len, AWKWARD.values()))
    rows = [("x", *(values[row % len(values)] for values in AWKWARD.values())) for row in range(longest)]
    names = [f"a {kind.partition('(')[0]}" for kind in AWKWARD]
    table = spark.createDataFrame(rows, ["zip", *names])
    casts = [F.col(f"`{name}`").cast(kind).alias(name) for name, kind in zip(names, AWKWARD, strict=True)]
    table.select("zip", *casts).write.parquet(str(folder / "raw"))
    attributes = [{"name": "zip", "type": "quasi_identifier"}, *({"name": name, "type": "sensitive"} for name in names)]
    privacy = [{"model": "k-anonymity", "k": 2}]
    job = job_in(
        folder,
        input={"uri": "raw", "format": "parquet"},
        attributes=attributes,
        privacy=privacy,
        **output(place),
    )
    assert run(job, spark)["rows"] == longest


def test_microseconds_are_written(spark: SparkSession, folder: Path) -> None:
    raw = spark.sql("SELECT 'x' AS zip, timestamp '2024-01-01 00:00:00.123456' AS at FROM range(2)")
    raw.write.parquet(str(folder / "raw"))
    attributes = [{"name": "zip", "type": "quasi_identifier"}]
    changes = {"attributes": attributes, "privacy": [{"model": "k-anonymity", "k": 2}]}
    run(job_in(folder, input={"uri": "raw", "format": "parquet"}, **changes, **output("out/released.json")), spark)
    rows = (folder / "out/released.json").read_text(encoding="utf-8").splitlines()
    assert [json.loads(row)["at"] for row in rows] == ["2024-01-01T00:00:00.123456Z"] * 2


def test_a_nested_column_does_not_fit_csv(spark: SparkSession, folder: Path) -> None:
    spark.sql("SELECT 'x' AS zip, array(1) AS tags FROM range(5)").write.parquet(str(folder / "raw"))
    attributes = [{"name": "zip", "type": "quasi_identifier"}]
    changes = {
        "input": {"uri": "raw", "format": "parquet"},
        "attributes": attributes,
        "privacy": [{"model": "k-anonymity"}],
    }
    with pytest.raises(ColumnTypeError, match="'tags' has type array<int>; CSV cannot hold it"):
        run(job_in(folder, **changes, **output("out/released.csv")), spark)
    assert run(job_in(folder, **changes, **output("out/released.json")), spark)["rows"] == 5


def test_a_table_of_the_catalog_holds_delta_only(spark: SparkSession, folder: Path) -> None:
    place = {"output": {"table": "default.released", "format": "csv"}, "metadata": {"uri": "out/_anonspark"}}
    with pytest.raises((InputError, PySparkException), match="is a table of the catalog"):
        run(job_in(folder, **place), spark)
