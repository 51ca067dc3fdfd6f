"""What a run left behind is read back whole, by the driver and by Spark."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anonspark.errors import InputError, LocationError, NoReleaseError
from anonspark.io.manifest import RunRow, append_rows, begin_run, fail_run, finish_run
from anonspark.io.metadata_tables import DriverTables, MetadataTables, SparkTables
from anonspark.io.object_store import Storage
from anonspark.io.run_records import NodeRecord, RiskRecord, RunRecords, UtilityRecord, open_metadata, read_run
from anonspark.vocabulary import RunState

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
RUN = RunRow("r1", "anonymize", RunState.RUNNING, NOON, config_hash="abc", config='{"metric": "loss"}')


def minutes(count: int) -> datetime:
    return NOON + timedelta(minutes=count)


@pytest.fixture(params=["driver", pytest.param("spark", marks=pytest.mark.nightly)])
def tables(request: pytest.FixtureRequest, tmp_path: Path) -> MetadataTables:
    """Metadata tables that the driver reaches, and those that only Spark does."""
    if request.param == "driver":
        return DriverTables(Storage(str(tmp_path)))
    return SparkTables(request.getfixturevalue("spark"), uri=str(tmp_path))


def leave_a_release(tables: MetadataTables) -> None:
    """What the second attempt of a run leaves, and a row of another run in every table."""
    first = begin_run(tables, RUN)
    fail_run(tables, first, minutes(1), NoReleaseError("No node."), '{"status": "failed"}')
    second = begin_run(tables, replace(RUN, at=minutes(5)))
    for run_id, levels in (("other", {"age": 4, "zip": 4}), ("r1", {"age": 1, "zip": 2})):
        solution = {"solution": {"derived": {}}, "levels": levels, "metric": "loss", "score": 0.25, "optimal": True}
        append_rows(tables, "solutions", run_id, [solution])
        verdicts = [({"age": 0, "zip": 2}, False, 9, None), ({"age": 2, "zip": 2}, True, 0, 0.5),
                    ({"age": 0, "zip": 3}, False, 7, None), (levels, True, 1, 0.25)]  # fmt: skip
        nodes = [
            {"levels": node, "checked": True, "satisfied": held, "suppressed": lost, "score": score}
            for node, held, lost, score in verdicts
        ]
        append_rows(tables, "lattice_nodes", run_id, nodes)
        sizes = [("release", 40, 1), ("release", 5, 3), ("input", 1, 60)]
        rows = [{"subject": subject, "class_size": size, "classes": count} for subject, size, count in sizes]
        append_rows(tables, "class_histogram", run_id, rows)
        risk = {"subject": "input", "attacker": "marketer", "measure": "average", "value": 1.0}
        append_rows(tables, "risk", run_id, [risk])
        append_rows(tables, "utility", run_id, [{"column": None, "metric": "loss", "value": 0.25}])
    finish_run(tables, replace(second, output_version=3), minutes(7), '{"status": "completed"}')


def test_a_run_is_read_with_its_states_its_settings_and_all_that_it_found(tables: MetadataTables) -> None:
    leave_a_release(tables)
    found = read_run(tables, "r1")
    assert (found.run.state, found.run.attempt, found.run.output_version) == (RunState.COMPLETED, 2, 3)
    assert (found.started, found.run.at) == (minutes(5), minutes(7))
    assert [state.state for state in found.states] == ["running", "failed", "running", "completed"]
    assert (found.config, found.summary) == ({"metric": "loss"}, {"status": "completed"})
    assert (found.solution, found.levels) == ({"derived": {}}, {"age": 1, "zip": 2})
    assert found.histogram == {"release": ((5, 3), (40, 1)), "input": ((1, 60),)}
    assert found.risk == (RiskRecord("input", "marketer", "average", 1.0),)
    assert found.utility == (UtilityRecord(None, "loss", 0.25),)


def test_the_best_node_comes_first_and_those_that_failed_last(tables: MetadataTables) -> None:
    leave_a_release(tables)
    assert read_run(tables, "r1").nodes == (
        NodeRecord({"age": 1, "zip": 2}, True, 1, 0.25),
        NodeRecord({"age": 2, "zip": 2}, True, 0, 0.5),
        NodeRecord({"age": 0, "zip": 3}, False, 7, None),
        NodeRecord({"age": 0, "zip": 2}, False, 9, None),
    )


def test_a_run_that_goes_on_has_no_summary_and_no_solution(tables: MetadataTables) -> None:
    begin_run(tables, RUN)
    found = read_run(tables, "r1")
    assert found == RunRecords(found.run, (found.run,), {"metric": "loss"}, {})
    assert found.run.state is RunState.RUNNING


def test_an_unknown_run_is_told_with_the_nearest_one_or_the_last_ones(tables: MetadataTables) -> None:
    for place in range(7):
        begin_run(tables, replace(RUN, run_id=f"2026-0{place}", at=minutes(place)))
    with pytest.raises(InputError, match=r"no run '2026-O6'; did you mean '2026-06'\?"):
        read_run(tables, "2026-O6")
    with pytest.raises(InputError, match=r"'x'; the last ones are 2026-06, 2026-05, 2026-04, 2026-03, 2026-02\.$"):
        read_run(tables, "x")


@pytest.mark.parametrize("prepare", [Path.exists, Path.mkdir, Path.touch])
def test_a_place_without_metadata_tables_is_told(tmp_path: Path, prepare: Callable[[Path], object]) -> None:
    prepare(tmp_path / "_anonspark")
    with pytest.raises(LocationError, match=r"There are no metadata tables at .*_anonspark; see metadata\.uri"):
        open_metadata(str(tmp_path / "_anonspark"))


def test_tables_of_this_machine_are_opened_without_a_session(tmp_path: Path) -> None:
    begin_run(DriverTables(Storage(str(tmp_path))), RUN)
    assert read_run(open_metadata(str(tmp_path)), "r1").run.run_id == "r1"
    assert read_run(open_metadata(f"file://{tmp_path}/"), "r1").run.run_id == "r1"


def test_tables_elsewhere_ask_for_a_session() -> None:
    with pytest.raises(ValueError, match="a Spark session is needed to reach s3a"):
        open_metadata("s3://bucket/_anonspark")
