"""What the gate of a run does with releases that were tampered with once they were staged."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession

from anonspark.config.job import AnonymizeJob
from anonspark.domain.policy import Policy
from anonspark.errors import EnvironmentProblem, QualityGateError
from anonspark.frames.encoded import EncodedClasses
from anonspark.io import outputs as outputs_module
from anonspark.io.delta_log import nullable
from anonspark.io.stage import read_staged
from anonspark.io.tables import read_table
from anonspark.pipelines import gate as gate_module
from anonspark.pipelines import release as release_module
from anonspark.pipelines.anonymize import count_classes, solve
from anonspark.pipelines.apply import apply
from anonspark.pipelines.follow import Follower
from anonspark.pipelines.gate import column_types
from anonspark.pipelines.run import run
from anonspark.pipelines.solution import Solution
from anonspark.pipelines.write import recount_written
from anonspark.quality.gate import run_gate
from anonspark.quality.requirements import requirements
from tests.jvm import is_connect
from tests.pipelines.on_cluster import refuse_where
from tests.pipelines.patients import (
    N_ROWS,
    job_dict,
    job_in,
    multiset,
    patients,
    released,
    states,
    version,
    without_times,
    write_csv,
)
from tests.pipelines.test_run import executions_so_far, rows_scanned

Row = dict[str, Any]
Tamper = Callable[[list[Row]], list[Row]]

K, L = "k-anonymity (k = 4)", "distinct l-diversity of 'diagnosis' (l = 2)"
N_EXPECTATIONS = 10
"""An identifier, two models, three quasi-identifiers, a sensitive attribute; rows, columns, types."""

PRIVACY = [
    *job_dict()["privacy"],
    {"model": "t-closeness", "t": 0.9, "attribute": "diagnosis", "distance": "equal"},
]


RECODED = [pytest.param(f"{where}, recoded", marks=pytest.mark.nightly) for where in ("driver", "cluster")]


class Made:
    """A release that was found, not written: its rows, and what judges any rows in their place."""

    def __init__(self, spark: SparkSession, job: AnonymizeJob, held: ExitStack) -> None:
        self.spark, self.source = spark, read_table(spark, job.source())
        self.policy: Policy = job.to_policy(lambda *_: [])
        raw = count_classes(self.source.flagged, self.policy, Follower(), held)
        self.solution: Solution = solve(raw, self.policy, Follower())
        chosen = self.solution.release
        table = apply(self.source.table, self.policy, chosen, self.solution.safe_classes, self.solution.recoded)
        self.schema, self.rows = nullable(table.schema), [row.asDict() for row in table.collect()]

    def failed(self, rows: list[Row]) -> list[str]:
        """The expectations that do not hold of these rows."""
        written = self.spark.createDataFrame(rows, self.schema)
        facts = recount_written(written, self.policy, self.solution, verify=False)
        types = column_types(self.source.table), column_types(written)
        expected = requirements(facts, self.policy, self.solution.release, *types)
        return list(run_gate(expected, "t", "f").failed)


@pytest.fixture(scope="module", params=["driver", "cluster", *RECODED])
def made(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Made]:
    """A release of the patients, its classes in memory or on the cluster, at a node or with levels of their own."""
    folder = tmp_path_factory.mktemp("made")
    write_csv(folder / "patients.csv", patients())
    search = {"search": {"recoding": "strict"}} if "recoded" in request.param else {}
    with pytest.MonkeyPatch.context() as patch, ExitStack() as held:
        if "cluster" in request.param:
            refuse_where(patch, "both")
        release = Made(spark, job_in(folder, privacy=PRIVACY, **search), held)
        assert isinstance(release.solution.classes, EncodedClasses) == ("cluster" in request.param)
        patch.undo()
        yield release


def largest_class(rows: list[Row]) -> list[Row]:
    """The rows of a class with more than k + 2 records and at least three diagnoses."""
    by_class: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if row["zip"] != "*" or row["age"] != "*":
            by_class.setdefault((row["age"], row["zip"], row["sex"]), []).append(row)
    found = max(by_class.values(), key=len)
    assert len(found) > 6
    assert len({row["diagnosis"] for row in found}) >= 3
    return found


def an_identifier_left(rows: list[Row]) -> list[Row]:
    largest_class(rows)[0]["name"] = "CANARY"
    return rows


def an_identifier_lost(rows: list[Row]) -> list[Row]:
    largest_class(rows)[0]["name"] = None
    return rows


def a_foreign_label(rows: list[Row]) -> list[Row]:
    for row in largest_class(rows):
        row["zip"] = "CANARY"
    return rows


def a_raw_value_where_a_label_should_be(rows: list[Row]) -> list[Row]:
    for row in largest_class(rows):
        row["zip"] = "69400"
    return rows


def a_class_below_k(rows: list[Row]) -> list[Row]:
    one, *others = largest_class(rows)
    two = next(row for row in others if row["diagnosis"] != one["diagnosis"])
    for row in others:
        if row is not two:
            row |= dict.fromkeys(("age", "zip", "sex"), "*")
    return rows


def a_row_lost(rows: list[Row]) -> list[Row]:
    rows.remove(largest_class(rows)[0])
    return rows


def a_row_twice(rows: list[Row]) -> list[Row]:
    return [*rows, largest_class(rows)[0]]


def one_diagnosis_in_a_class(rows: list[Row]) -> list[Row]:
    for row in largest_class(rows):
        row["diagnosis"] = "C18"
    return rows


def a_foreign_diagnosis(rows: list[Row]) -> list[Row]:
    members = largest_class(rows)
    next(row for row in members if row["diagnosis"] == "C18")["diagnosis"] = "CANARY"
    return rows


def nothing(rows: list[Row]) -> list[Row]:
    return rows


@pytest.mark.parametrize(
    ("tamper", "failed"),
    [
        (nothing, []),
        (an_identifier_left, ["identifier 'name'"]),
        (an_identifier_lost, ["identifier 'name'"]),
        (a_foreign_label, ["labels of 'zip'"]),
        (a_raw_value_where_a_label_should_be, ["labels of 'zip'"]),
        (a_class_below_k, [K]),
        (a_row_lost, ["rows"]),
        (a_row_twice, ["rows"]),
        (one_diagnosis_in_a_class, [L]),
        (a_foreign_diagnosis, ["values of 'diagnosis'"]),
    ],
)
def test_each_fault_fails_its_own_expectation(made: Made, tamper: Tamper, failed: list[str]) -> None:
    assert made.failed(tamper([dict(row) for row in made.rows])) == failed


@pytest.fixture
def tampered(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> Callable[[Tamper], None]:
    """From the call on, what was staged is read back as something else."""

    def start(tamper: Tamper) -> None:
        def read(*given: Any) -> DataFrame:
            table = read_staged(*given)
            return spark.createDataFrame(tamper([row.asDict() for row in table.collect()]), table.schema)

        monkeypatch.setattr(outputs_module, "read_staged", read)

    return start


def page(folder: Path, run_id: str) -> str:
    return (folder / "out/_anonspark/data_docs" / run_id / "index.html").read_text(encoding="utf-8")


def test_a_release_that_passes_is_published_and_its_page_lies_beside_the_metadata(
    spark: SparkSession, folder: Path
) -> None:
    summary = run(job_in(folder), spark, run_id="r1")
    assert summary["quality"] == {
        "passed": True,
        "expectations": N_EXPECTATIONS,
        "failed": [],
        "docs": f"file://{folder}/out/_anonspark/data_docs/r1/index.html",
    }
    assert summary["warnings"] == []
    assert "All 10 expectations hold." in page(folder, "r1")
    assert summary["timings_s"]["gate"] > 0
    assert sorted(path.name for path in (folder / "out/_anonspark/data_docs/r1").iterdir()) == [
        "index.html",
        "validation.json",
    ]


def test_a_release_that_fails_is_not_published_and_the_target_keeps_its_version(
    spark: SparkSession, folder: Path, tampered: Callable[[Tamper], None]
) -> None:
    run(job_in(folder), spark)
    before = multiset(released(folder))
    tampered(an_identifier_left)
    with pytest.raises(QualityGateError) as raised:
        run(job_in(folder, verify=False), spark, run_id="r1")
    assert raised.value.exit_code == 3
    assert raised.value.field == "quality"
    docs = f"file://{folder}/out/_anonspark/data_docs/r1/index.html"
    assert raised.value.message == (
        "The quality gate failed, nothing was published: 1 of 10 expectations does not hold (identifier 'name'). "
        f"See {docs}."
    )
    assert (version(folder), multiset(released(folder))) == (0, before)
    assert states(folder, "r1") == ["running", "failed"]
    assert [path for path in (folder / "out/released").glob("anonspark-r1/**/*") if path.is_file()] == []
    assert "1 of 10 expectations does not hold. Nothing was published." in page(folder, "r1")
    runs = DeltaTable(folder / "out/_anonspark/runs").to_pandas().query("run_id == 'r1' and state == 'failed'")
    told = json.loads(runs["summary"].item())
    assert told["status"] == "failed"
    assert told["quality"] == {"passed": False, "expectations": 10, "failed": ["identifier 'name'"], "docs": docs}


def test_a_run_whose_gate_failed_can_run_again(
    spark: SparkSession, folder: Path, tampered: Callable[[Tamper], None]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outputs_module, "read_staged", lambda *given: read_staged(*given).limit(N_ROWS - 1))
        with pytest.raises(QualityGateError):
            run(job_in(folder, verify=False), spark, run_id="r1")
    assert "Failed." in page(folder, "r1")
    again = run(job_in(folder, verify=False), spark, run_id="r1")
    assert (again["quality"]["passed"], version(folder)) == (True, 0)
    assert "Passed." in page(folder, "r1")
    assert run(job_in(folder, verify=False), spark, run_id="r1") == again
    assert version(folder) == 0


def test_a_gate_that_only_warns_publishes_and_tells(
    spark: SparkSession, folder: Path, tampered: Callable[[Tamper], None]
) -> None:
    tampered(a_row_lost)
    summary = run(job_in(folder, verify=False, quality="warn"), spark, run_id="r1")
    assert summary["status"] == "completed"
    assert (summary["quality"]["passed"], summary["quality"]["failed"]) == (False, ["rows"])
    (warning,) = summary["warnings"]
    assert "The release was published nevertheless" in page(folder, "r1")
    assert warning.startswith(
        "The quality gate failed, and the release was published: 1 of 10 expectations does not hold (rows). See file:"
    )
    assert version(folder) == 0


def test_without_a_gate_nothing_is_judged(
    spark: SparkSession, folder: Path, tampered: Callable[[Tamper], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    tampered(an_identifier_left)
    called: list[str] = []
    monkeypatch.setattr(gate_module, "run_gate", lambda *_: called.append("run_gate"))
    monkeypatch.setattr(gate_module, "load", lambda: called.append("load"))
    summary = run(job_in(folder, verify=False, quality="off"), spark)
    assert called == []
    assert "quality" not in summary
    assert summary["warnings"] == []
    assert version(folder) == 0
    assert not (folder / "out/_anonspark/data_docs").exists()


@pytest.mark.parametrize("quality", [{}, {"quality": "warn"}])
def test_where_great_expectations_is_missing_a_run_warns_and_says_how_to_install_it(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, quality: dict[str, str]
) -> None:
    monkeypatch.setattr(gate_module, "is_installed", lambda: False)
    summary = run(job_in(folder, **quality), spark)
    assert version(folder) == 0
    assert "quality" not in summary
    (warning,) = summary["warnings"]
    assert "did not run" in warning
    assert "pip install 'anonspark[quality]'" in warning


def test_a_job_that_insists_on_its_gate_is_refused_where_great_expectations_is_missing(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_module, "is_installed", lambda: False)
    told: list[str] = []
    with pytest.raises(EnvironmentProblem, match=r"pip install 'anonspark\[quality\]'") as raised:
        run(job_in(folder, quality="fail"), spark, tell=lambda step: told.append(step.name))
    assert (raised.value.exit_code, raised.value.field) == (2, "quality")
    assert "classes" not in told
    assert version(folder) is None


@pytest.mark.parametrize("where", ["driver", "cluster"])
@pytest.mark.parametrize("verify", [True, False])
def test_the_gate_reads_the_release_once_and_not_again_where_it_was_verified(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, where: str, verify: bool
) -> None:
    if is_connect(spark):
        pytest.skip("Connect does not show what was scanned")
    if where == "cluster":
        refuse_where(monkeypatch, "both")
    since = executions_so_far(spark)
    run(job_in(folder, verify=verify), spark)
    assert rows_scanned(spark, since)["Scan parquet"] == N_ROWS


def test_a_run_that_died_after_publishing_tells_what_its_gate_had_found(
    spark: SparkSession, folder: Path, tampered: Callable[[Tamper], None]
) -> None:
    tampered(a_row_lost)
    job = job_in(folder, verify=False, quality="warn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release_module, "record_solution", lambda *_: (_ for _ in ()).throw(RuntimeError("died")))
        with pytest.raises(RuntimeError):
            run(job, spark, run_id="r1")
    assert version(folder) == 0
    again = run(job, spark, run_id="r1")
    other = run(job, spark, run_id="r2")
    assert without_times(again)["quality"] == without_times(other)["quality"]
    assert again["warnings"] == [warning.replace("/r2/", "/r1/") for warning in other["warnings"]]
    assert again["quality"]["docs"].endswith("/data_docs/r1/index.html")


def canaries() -> list[list[str | None]]:
    """The patients, with values in every column that nothing but the table may hold."""
    rows = patients()
    rows[0] = ["CANARY-name", "77", "CANARY-zip", "CANARY-sex", "CANARY-diagnosis", "987654321"]
    rows[1:9] = [["CANARY-name", "41", f"CANARY-{place}", "F", "CANARY-diagnosis", "987654321"] for place in range(8)]
    return rows


@pytest.mark.parametrize("fails", [False, True])
def test_no_value_of_the_input_is_in_a_page_a_result_a_summary_or_a_log(
    spark: SparkSession,
    tmp_path: Path,
    tampered: Callable[[Tamper], None],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    fails: bool,
) -> None:
    write_csv(tmp_path / "patients.csv", canaries())
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, "great_expectations")
    caplog.set_level(logging.DEBUG, "anonspark")
    told = ""
    try:
        if fails:
            tampered(lambda rows: a_foreign_diagnosis(an_identifier_left(rows)))
        told = json.dumps(run(job_in(tmp_path, verify=False), spark, run_id="r1"))
        assert not fails
    except QualityGateError as error:
        assert fails
        told = f"{error.message} {error.quality} {error!r}"
    printed = capfd.readouterr()
    docs = tmp_path / "out/_anonspark/data_docs/r1"
    assert len(list(docs.iterdir())) == 2
    below = {str(path): path.read_text("latin-1") for path in metadata_files(tmp_path)}
    tables = {str(path): DeltaTable(path).to_pandas().to_csv() for path in metadata_tables(tmp_path)}
    assert len(tables) == (1 if fails else 6)
    shown = {"told": told, "log": caplog.text, "out": printed.out, "err": printed.err}
    for place, text in {**below, **tables, **shown}.items():
        assert "CANARY" not in text, place
        assert "987654321" not in text, place


def metadata_files(folder: Path) -> list[Path]:
    return [path for path in (folder / "out/_anonspark").rglob("*") if path.is_file()]


def metadata_tables(folder: Path) -> list[Path]:
    return [path.parent for path in (folder / "out/_anonspark").glob("*/_delta_log")]
