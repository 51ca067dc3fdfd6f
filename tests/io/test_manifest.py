"""The run record survives crashes, reruns and runs side by side."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable, Schema, write_deltalake
from pyspark.sql import SparkSession

from anonspark.errors import InputError, RunCancelledError, RunConflictError, VerificationError
from anonspark.io.manifest import (
    RunRow,
    append_rows,
    begin_run,
    decide_rerun,
    fail_run,
    finish_run,
    last_state,
    last_states,
    read_metadata,
)
from anonspark.io.metadata_schema import SCHEMAS
from anonspark.io.metadata_tables import (
    DriverTables,
    MetadataTables,
    SparkTables,
    arrow_rows,
    metadata_tables,
)
from anonspark.io.object_store import Storage
from anonspark.vocabulary import RunState

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
RUN = RunRow(
    "r1", "anonymize", RunState.RUNNING, NOON, config_hash="abc", config="{}", input_uri="in", output_uri="out"
)


@pytest.fixture
def tables(tmp_path: Path) -> MetadataTables:
    """Metadata tables that the driver writes."""
    return DriverTables(Storage(str(tmp_path)))


@pytest.fixture(params=["path", "catalog"])
def spark_tables(request: pytest.FixtureRequest, spark: SparkSession, tmp_path: Path) -> Iterator[MetadataTables]:
    """Metadata tables that Spark writes."""
    if request.param == "path":
        yield SparkTables(spark, uri=str(tmp_path))
        return
    spark.sql("CREATE SCHEMA run_records")
    yield SparkTables(spark, schema="run_records")
    spark.sql("DROP SCHEMA run_records CASCADE")


def test_a_run_that_never_began_has_no_state(tables: MetadataTables) -> None:
    assert last_state(tables, "r1") is None


def test_a_run_begins_and_ends_with_its_summary(tables: MetadataTables) -> None:
    started = begin_run(tables, RUN)
    assert last_state(tables, "r1") == started == replace(RUN, attempt=1)
    finish_run(tables, replace(started, input_rows=30162, output_version=0), NOON + timedelta(minutes=1), '{"rows": 1}')
    ended = last_state(tables, "r1")
    assert ended is not None
    assert (ended.state, ended.input_rows, ended.output_version) == (RunState.COMPLETED, 30162, 0)
    assert (ended.summary, ended.at) == ('{"rows": 1}', NOON + timedelta(minutes=1))


def test_spark_writes_the_same_record(spark_tables: MetadataTables) -> None:
    assert last_state(spark_tables, "r1") is None
    started = begin_run(spark_tables, RUN)
    assert last_state(spark_tables, "r1") == started
    finish_run(spark_tables, started, NOON, "{}")
    finish_run(spark_tables, started, NOON, "{}")
    assert [row["state"] for row in sorted(spark_tables.rows_of("runs", "r1"), key=lambda row: row["state"])] == [
        "completed",
        "running",
    ]


def test_spark_reads_what_the_driver_wrote(spark: SparkSession, tmp_path: Path) -> None:
    tables = metadata_tables(spark, str(tmp_path))
    assert isinstance(tables, DriverTables)
    assert read_metadata(spark, str(tmp_path), "runs").count() == 0
    for run_id in ("r1", "r2"):
        started = begin_run(tables, replace(RUN, run_id=run_id))
    fail_run(tables, started, NOON, VerificationError("Class sizes differ."))
    append_rows(tables, "lattice_nodes", "r1", [{"levels": {"age": 1, "zip": 0}, "checked": True, "bound": 0.25}])
    states = last_states(read_metadata(spark, str(tmp_path), "runs"))
    assert states.columns == SCHEMAS["runs"].names
    assert sorted((row.run_id, row.state) for row in states.collect()) == [("r1", "running"), ("r2", "failed")]
    node = read_metadata(spark, str(tmp_path), "lattice_nodes").collect()[0]
    assert (node.run_id, node.levels, node.checked, node.score, node.bound) == (
        "r1",
        {"age": 1, "zip": 0},
        True,
        None,
        0.25,
    )


def test_a_second_attempt_is_the_last_state_even_if_the_clock_went_back(tables: MetadataTables) -> None:
    fail_run(tables, begin_run(tables, RUN), NOON, VerificationError("Class sizes differ."))
    again = begin_run(tables, replace(RUN, at=NOON - timedelta(hours=1)))
    assert again.attempt == 2
    assert last_state(tables, "r1") == again


def test_our_own_error_is_recorded_with_its_sentence(tables: MetadataTables) -> None:
    row = fail_run(tables, begin_run(tables, RUN), NOON, VerificationError("Class sizes differ."), summary="{}")
    assert last_state(tables, "r1") == row
    assert (row.state, row.error_type, row.error_message) == (
        RunState.FAILED,
        "VerificationError",
        "Class sizes differ.",
    )


def test_the_text_of_any_other_error_is_not_recorded(tables: MetadataTables, tmp_path: Path) -> None:
    row = fail_run(tables, begin_run(tables, RUN), NOON, ValueError("cannot cast canary-4711"))
    assert (row.error_type, row.error_message) == ("ValueError", None)
    assert not any(b"canary" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


@pytest.mark.parametrize("error", [RunCancelledError(), KeyboardInterrupt()])
def test_a_cancelled_run_is_recorded_as_cancelled(tables: MetadataTables, error: BaseException) -> None:
    assert fail_run(tables, begin_run(tables, RUN), NOON, error).state is RunState.CANCELLED


def test_a_step_is_appended_once(tables: MetadataTables) -> None:
    rows = [{"subject": "release", "attacker": "prosecutor", "measure": "highest", "value": 0.2}]
    append_rows(tables, "risk", "r1", rows)
    append_rows(tables, "risk", "r1", rows)
    append_rows(tables, "risk", "r1", [{**rows[0], "subject": "input", "value": 1.0}], step=2)
    append_rows(tables, "risk", "r2", rows)
    assert sorted(row["value"] for row in tables.rows_of("risk", "r1")) == [0.2, 1.0]
    assert tables.rows_of("risk", "r2") == [{"run_id": "r2", **rows[0]}]


def test_no_rows_make_no_table(tables: MetadataTables, tmp_path: Path) -> None:
    append_rows(tables, "utility", "r1", [])
    assert list(tmp_path.iterdir()) == []


def test_a_column_that_the_table_does_not_have_is_an_error(tables: MetadataTables) -> None:
    with pytest.raises(KeyError, match="attaker"):
        append_rows(tables, "risk", "r1", [{"attaker": "prosecutor"}])


def test_objects_are_kept_as_json_with_sorted_keys() -> None:
    rows = arrow_rows("solutions", "r1", [{"solution": {"zip": 1, "age": (2,)}, "levels": {"zip": 1}}]).to_pylist()
    assert json.loads(rows[0]["solution"]) == {"age": [2], "zip": 1}
    assert rows[0]["solution"].startswith('{"age"')
    assert rows[0]["levels"] == [("zip", 1)]


def test_runs_side_by_side_lose_no_rows(tmp_path: Path) -> None:
    def record(number: int) -> None:
        tables = DriverTables(Storage(str(tmp_path)))
        run = begin_run(tables, replace(RUN, run_id=f"r{number}"))
        append_rows(tables, "class_histogram", run.run_id, [{"subject": "release", "class_size": 5, "classes": 1}])
        finish_run(tables, run, NOON, "{}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(record, range(16)))
    tables = DriverTables(Storage(str(tmp_path)))
    states = [last_state(tables, f"r{number}") for number in range(16)]
    assert {state.state for state in states if state} == {RunState.COMPLETED}
    assert len(DeltaTable(str(tmp_path / "runs")).to_pyarrow_table()) == 32
    assert len(DeltaTable(str(tmp_path / "class_histogram")).to_pyarrow_table()) == 16


def test_a_table_of_an_older_engine_gets_the_new_columns_and_keeps_its_rows(
    tables: MetadataTables, tmp_path: Path
) -> None:
    old = arrow_rows("risk", "r0", [{"subject": "input", "value": 1.0}]).drop_columns(["attacker"])
    write_deltalake(str(tmp_path / "risk"), old)
    append_rows(tables, "risk", "r1", [{"subject": "release", "attacker": "marketer", "value": 0.1}])
    assert tables.rows_of("risk", "r0")[0]["value"] == 1.0
    assert tables.rows_of("risk", "r1")[0]["attacker"] == "marketer"
    assert DeltaTable(str(tmp_path / "risk")).metadata().configuration == {"schema_version": "1"}


def test_spark_migrates_a_table_of_an_older_engine_too(spark: SparkSession, tmp_path: Path) -> None:
    write_deltalake(str(tmp_path / "risk"), arrow_rows("risk", "r0", [{"value": 1.0}]).drop_columns(["attacker"]))
    tables = SparkTables(spark, uri=str(tmp_path))
    append_rows(tables, "risk", "r1", [{"attacker": "marketer"}])
    assert tables.rows_of("risk", "r1")[0]["attacker"] == "marketer"
    assert tables.properties("risk")["schema_version"] == "1"


def test_a_table_of_a_newer_engine_is_refused(tables: MetadataTables, tmp_path: Path) -> None:
    DeltaTable.create(
        str(tmp_path / "runs"),
        Schema.from_json(SCHEMAS["runs"].json()),
        configuration={"schema_version": "99"},
        raise_if_key_not_exists=False,
    )
    with pytest.raises(InputError, match="newer anonspark"):
        begin_run(tables, RUN)


def test_a_hundred_thousand_lattice_nodes_are_one_commit(tables: MetadataTables, tmp_path: Path) -> None:
    nodes = [{"levels": {"age": n % 4, "zip": n % 6}, "checked": n % 2 == 0, "score": 0.5} for n in range(100_000)]
    append_rows(tables, "lattice_nodes", "r1", nodes)
    table = DeltaTable(str(tmp_path / "lattice_nodes"))
    assert table.count() == 100_000
    assert len(table.file_uris()) == 1


def test_a_rerun_of_a_complete_run_tells_its_summary_again() -> None:
    done = replace(RUN, state=RunState.COMPLETED, summary='{"rows": 1}')
    assert decide_rerun(done, "abc", alive=False) == '{"rows": 1}'


@pytest.mark.parametrize("state", list(RunState))
def test_a_run_id_with_other_settings_is_refused_in_every_state(state: RunState) -> None:
    with pytest.raises(InputError, match="other settings"):
        decide_rerun(replace(RUN, state=state), "other", alive=True)


def test_a_run_that_is_going_on_is_not_started_again() -> None:
    with pytest.raises(RunConflictError, match="going on"):
        decide_rerun(RUN, "abc", alive=True)


@pytest.mark.parametrize(
    "last", [None, RUN, replace(RUN, state=RunState.FAILED), replace(RUN, state=RunState.CANCELLED)]
)
def test_a_new_failed_cancelled_or_dead_run_runs(last: RunRow | None) -> None:
    assert decide_rerun(last, "abc", alive=False) is None
