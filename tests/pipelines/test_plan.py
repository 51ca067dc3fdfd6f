"""A plan says what the run would do, and every reason why it could not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from anonspark.config.job import AnonymizeJob
from anonspark.errors import RunCancelledError
from anonspark.io.lease import lease, lease_uri
from anonspark.io.object_store import reachable_storage
from anonspark.pipelines.plan import make_plan
from anonspark.pipelines.planned import Plan
from anonspark.pipelines.run import run
from tests.pipelines.on_cluster import refuse_where
from tests.pipelines.patients import COLUMNS, QUASI_IDENTIFIERS, job_dict, job_in, patients, write_csv
from tests.pipelines.test_run import executions_so_far, rows_scanned

CANARY = "CANARY-7431"

Planned = Callable[..., Plan]


@pytest.fixture
def planned(spark: SparkSession, folder: Path) -> Planned:
    """The plan of the patients' job with some keys replaced; nothing is written and no value of the data is told."""

    def plan(*, sample: int | None = None, **changes: Any) -> Plan:
        before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
        made = make_plan(job_in(folder, **changes), spark, sample=sample)
        assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
        assert CANARY not in json.dumps(made.to_dict())
        return made

    return plan


def changed(attribute: str, /, **keys: Any) -> list[dict[str, Any]]:
    """The attributes with other keys for one of them."""
    return [each | keys if each["name"] == attribute else each for each in job_dict()["attributes"]]


def messages(plan: Plan) -> list[str]:
    return [str(problem["message"]) for problem in plan.problems]


def frame() -> pd.DataFrame:
    return pd.DataFrame(patients(), columns=COLUMNS)


def test_a_plan_counts_values_nulls_and_classes_as_another_library_does(planned: Planned) -> None:
    plan, table = planned(), frame()
    assert [each.name for each in plan.columns] == COLUMNS
    for each in plan.columns:
        values = table[each.name]
        assert each.nulls == values.isna().sum()
        assert each.exact is (each.name in (*QUASI_IDENTIFIERS, "diagnosis"))
        assert each.distinct == pytest.approx(values.nunique(), rel=0 if each.exact else 0.1)
    sizes = table.groupby(QUASI_IDENTIFIERS, dropna=False).size()
    assert plan.base_classes == len(sizes)
    assert plan.risk is not None
    assert plan.risk.prosecutor.average == pytest.approx(len(sizes) / len(table))
    assert plan.risk.unique_fraction == pytest.approx((sizes == 1).sum() / len(table))
    assert plan.input.rows == len(table)


def test_a_plan_names_roles_and_types(planned: Planned) -> None:
    told = {each.name: (str(each.role), each.data_type) for each in planned().columns}
    assert told == {
        "name": ("identifier", "string"),
        "age": ("quasi_identifier", "int"),
        "zip": ("quasi_identifier", "string"),
        "sex": ("quasi_identifier", "string"),
        "diagnosis": ("sensitive", "string"),
        "cost": ("insensitive", "int"),
    }


def test_a_run_then_does_what_its_plan_said(planned: Planned, spark: SparkSession, folder: Path) -> None:
    plan = planned(max_suppression=0.1)
    assert (plan.exit_code, plan.problems) == (0, [])
    summary = run(job_in(folder, max_suppression=0.1), spark)
    assert plan.search is not None
    assert plan.release is not None
    lattice, heights = summary["lattice"], summary["heights"]
    assert (plan.search.nodes, plan.base_classes) == (lattice["nodes"], lattice["base_classes"])
    assert plan.search.checker == lattice["checker"]
    assert {each.attribute: each.height for each in plan.hierarchies} == heights
    assert plan.risk is not None
    assert plan.to_dict()["risk"] == summary["risk"]["input"]
    assert (plan.release.possible, plan.release.limit) == (True, 12)
    assert plan.output is not None
    assert plan.output.uri == summary["output"]["uri"]
    assert plan.metadata is not None
    assert plan.metadata.uri == summary["metadata"]["uri"]


def test_a_plan_reads_the_table_once(planned: Planned, spark: SparkSession) -> None:
    since = executions_so_far(spark)
    planned()
    header = rows_scanned(spark, since)["Scan csv"] - len(frame())
    assert header in (0, 1, 2)  # the header is read as a row, where CSV is looked at


def test_a_plan_tells_what_it_will_find_at_the_output(planned: Planned, spark: SparkSession, folder: Path) -> None:
    def action(**output: Any) -> str | None:
        plan = planned(output={"uri": "out/released", "format": "delta", **output})
        assert plan.output is not None
        return plan.output.action

    assert action() == "creates it"
    assert action(format="parquet", uri="out/files") == "creates it"
    run(job_in(folder), spark)
    assert action() == "replaces version 0"
    assert action(mode="append") == "adds to version 0"
    assert action(mode="error") is None
    plan = planned()
    assert plan.metadata is not None
    assert plan.metadata.found is True


def test_everything_that_is_wrong_is_told_at_once(planned: Planned, folder: Path) -> None:
    (folder / "zips.csv").write_text("69401;694\n69400;694\n", encoding="utf-8")
    (folder / "out/released").mkdir(parents=True)
    (folder / "out/released/notes.txt").write_text("mine", encoding="utf-8")
    attributes = [
        {"name": "name", "type": "identifier"},
        {"name": "phone", "type": "identifier"},
        {"name": "agee", "type": "quasi_identifier"},
        {"name": "zip", "type": "quasi_identifier", "hierarchy": {"kind": "csv", "uri": "zips.csv"}},
        {"name": "sex", "type": "quasi_identifier", "max_level": 7},
        {"name": "cost", "type": "quasi_identifier", "hierarchy": {"kind": "csv", "uri": "nothing.csv"}},
        {"name": "diagnosis", "type": "sensitive", "hierarchy": {"kind": "order", "order": ["C18", "E11"]}},
    ]
    plan = planned(attributes=attributes, population={"uri": "census.csv"})
    found = messages(plan)
    assert len(found) == 8, found
    for words in (
        "There is no hierarchy",
        "Column 'phone' is not in the table",
        "Column 'agee' is not in the table; did you mean 'age'?",
        "census.csv does not exist",
        "The hierarchy of 'zip' misses 7 of 9 values of the column (86 records)",
        "'sex' has levels 0 to 1, but max_level is 7",
        "The hierarchy of 'diagnosis' misses 1 of 3 values of the column (22 records)",
        "is not empty and not a Delta table",
    ):
        assert [sentence for sentence in found if words in sentence], words
    assert plan.exit_code == 2
    assert {problem["type"] for problem in plan.problems} >= {"ColumnNotFoundError", "HierarchyError", "LocationError"}
    assert [(each.attribute, each.height, each.unknown_values, each.unknown_records) for each in plan.hierarchies] == [
        ("zip", 1, 7, 86),
        ("sex", 1, 0, 0),
        ("cost", None, None, None),
    ]


def test_an_input_that_is_not_there_hides_no_other_fault(planned: Planned, folder: Path) -> None:
    attributes = changed("zip", hierarchy={"kind": "csv", "uri": "nothing.csv"})
    (folder / "file").write_text("", encoding="utf-8")
    plan = planned(input={"uri": "nobody.csv"}, attributes=attributes, output={"uri": "file/released"})
    there, hierarchy, output, metadata = sorted(messages(plan), key=lambda told: ("file" in told, "metadata" in told))
    assert "nobody.csv does not exist" in there + hierarchy
    assert "There is no hierarchy" in there + hierarchy
    assert "file is a file; name another place" in output
    assert "file is a file; name another place" in metadata
    assert (plan.exit_code, plan.columns, plan.base_classes, plan.search) == (2, (), None, None)


def test_an_output_that_may_not_be_replaced_is_told_though_the_input_is_not_there(
    planned: Planned, spark: SparkSession, folder: Path
) -> None:
    run(job_in(folder), spark)
    output = {"uri": "out/released", "mode": "error", "partition_by": ["sex"]}
    plan = planned(input={"uri": "nobody.csv"}, output=output)
    assert len(messages(plan)) == 2
    assert "out/released exists; set output.mode" in messages(plan)[1]
    assert plan.output is not None
    assert (plan.output.found, plan.output.action) == ("version 0", None)
    assert len(messages(planned(input={"uri": "nobody.csv"}, output={"uri": "out/released", "mode": "append"}))) == 1


def test_values_that_a_hierarchy_does_not_know_are_counted_where_they_are_suppressed(
    planned: Planned, folder: Path
) -> None:
    rows = patients()
    rows[0][2] = rows[1][2] = CANARY
    write_csv(folder / "patients.csv", rows)
    zips = sorted({str(row[2]) for row in patients()})
    (folder / "zips.csv").write_text("".join(f"{zip_};*\n" for zip_ in zips), encoding="utf-8")
    hierarchy = {"kind": "csv", "uri": "zips.csv", "unknown": "suppress"}
    plan = planned(attributes=changed("zip", hierarchy=hierarchy))
    (zip_,) = [each for each in plan.hierarchies if each.attribute == "zip"]
    assert (zip_.height, zip_.unknown_values, zip_.unknown_records) == (1, 1, 2)
    assert plan.exit_code == 0
    assert plan.release is not None
    assert (plan.release.suppressed_at_top, plan.release.limit) == (2, 6)
    strict = planned(attributes=changed("zip", hierarchy=hierarchy), max_suppression=0.01)
    assert strict.exit_code == 3
    assert "Set max_suppression to at least 0.017" in messages(strict)[0]


def test_numbers_outside_of_the_intervals_are_a_problem_and_counted(planned: Planned) -> None:
    hierarchy = {"kind": "intervals", "min": 20, "max": 90, "widths": [10]}
    plan = planned(attributes=changed("age", hierarchy=hierarchy))
    age = plan.hierarchies[0]
    assert (age.kind, age.unknown_values, age.unknown_records) == ("intervals", 2, 2)
    assert len(messages(plan)) == 1
    assert "'age'" in messages(plan)[0]


def test_a_k_beyond_the_table_ends_with_3_and_with_2_where_something_is_wrong_too(
    planned: Planned, folder: Path
) -> None:
    models = [{"model": "k-anonymity", "k": 121}]
    plan = planned(privacy=models)
    assert messages(plan) == ["k = 121 needs 121 records, and the table has 120; lower k."]
    assert plan.exit_code == 3
    assert plan.release is not None
    assert plan.release.possible is False
    assert planned(privacy=[{"model": "k-anonymity", "k": 120}]).exit_code == 0
    (folder / "file").write_text("", encoding="utf-8")
    broken = planned(privacy=models, output={"uri": "file/released"})
    assert broken.exit_code == 2
    assert len(messages(broken)) == 3


def test_a_model_that_one_class_can_break_leaves_the_answer_to_the_search(planned: Planned, folder: Path) -> None:
    # Half of the census is in the table: at the top its share, 120 / 240, is above what the model allows.
    write_csv(folder / "census.csv", [*patients(), *patients()])
    models = [{"model": "delta-presence", "delta_max": 0.4}]
    plan = planned(privacy=models, population={"uri": "census.csv"})
    assert plan.release is not None
    assert plan.release.possible in (None, False)
    assert plan.release.suppressed_at_top == 120


def test_rows_that_cannot_be_cast_are_counted_and_a_problem_unless_they_may_be_left_out(
    planned: Planned, folder: Path
) -> None:
    rows = patients()
    rows[5][5] = CANARY
    rows[6][1] = CANARY
    write_csv(folder / "patients.csv", rows)
    plan = planned()
    assert plan.input.rows == 118
    assert plan.input.left_out == {"cell age": 1, "cell cost": 1}
    assert plan.exit_code == 2
    assert "1 of column 'age' that input.schema cannot cast; 1 of column 'cost'" in messages(plan)[0]
    source = {**job_dict()["input"], "malformed": "quarantine"}
    assert planned(input=source).exit_code == 0


def test_a_table_without_rows_is_a_problem(planned: Planned, folder: Path) -> None:
    write_csv(folder / "patients.csv", [])
    plan = planned()
    assert len(messages(plan)) == 1
    assert "has no rows" in messages(plan)[0]


def test_a_sample_reads_less_and_says_so(planned: Planned) -> None:
    plan, table = planned(sample=50), frame()[:50]
    assert plan.sampled == 50
    assert plan.input.rows == 50
    assert plan.base_classes == len(table.groupby(QUASI_IDENTIFIERS, dropna=False).size())
    assert plan.release is None
    assert planned(sample=50, privacy=[{"model": "k-anonymity", "k": 60}]).exit_code == 0


def test_a_sample_that_holds_all_rows_is_no_guess(planned: Planned) -> None:
    plan = planned(sample=121)
    assert plan.sampled is None
    assert plan.release is not None


def test_a_plan_on_the_cluster_says_the_same(planned: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
    here = planned()
    refuse_where(monkeypatch, "input")
    there = planned()
    assert here.search is not None
    assert there.search is not None
    assert (here.search.checker, there.search.checker) == ("in_memory", "cluster")
    assert there.search.cost.search_s > here.search.cost.search_s
    same = ("columns", "hierarchies", "base_classes", "risk", "release", "output")
    assert {name: getattr(there, name) for name in same} == {name: getattr(here, name) for name in same}


def test_what_needs_the_classes_on_the_driver_is_told_before_the_run(
    planned: Planned, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_where(monkeypatch, "input")
    plan = planned(person_id="name", search={"recoding": "strict"}, privacy=[{"model": "k-anonymity", "k": 4}])
    assert "person_id with search.recoding" in messages(plan)[0]


def test_classes_count_persons_where_records_name_them(planned: Planned, folder: Path) -> None:
    rows = patients()
    for row in rows:
        row[0] = str(row[1])  # a person an age
    write_csv(folder / "patients.csv", rows)
    plan = planned(person_id="name", privacy=[{"model": "k-anonymity", "k": 4}])
    table = pd.DataFrame(rows, columns=COLUMNS)
    persons = table.groupby(QUASI_IDENTIFIERS, dropna=False)["name"].nunique()
    assert plan.risk is not None
    assert plan.risk.prosecutor.average == pytest.approx(len(persons) / persons.sum())


def test_a_column_that_nearly_tells_everyone_apart_and_is_released_as_it_is_gets_a_warning(planned: Planned) -> None:
    (warning,) = planned().warnings
    assert warning.startswith("Column 'cost' is released as it is")
    assert planned(attributes=[*job_dict()["attributes"], {"name": "cost", "type": "sensitive"}]).warnings == []


def test_columns_of_any_name_and_type_are_counted(planned: Planned, spark: SparkSession, folder: Path) -> None:
    rows = [(str(place % 5), place, {"a": place}, None if place % 2 else "x") for place in range(40)]
    names = ("a.b", "c`d", "nested", "e f")
    table = spark.createDataFrame(rows, "a string, b int, c map<string,int>, d string").toDF(*names)
    table.write.parquet(f"{folder}/strange")
    plan = planned(
        input={"uri": "strange", "format": "parquet"},
        attributes=[{"name": "a.b", "type": "quasi_identifier"}, {"name": "e f", "type": "identifier"}],
        privacy=[{"model": "k-anonymity", "k": 2}],
    )
    assert plan.problems == []
    assert [(each.name, each.distinct, each.nulls) for each in plan.columns] == [
        ("a.b", 5, 0),
        ("c`d", 40, 0),
        ("nested", None, 0),
        ("e f", 1, 20),
    ]
    nested = planned(
        input={"uri": "strange", "format": "parquet"},
        attributes=[{"name": "nested", "type": "quasi_identifier"}, {"name": "a.b", "type": "quasi_identifier"}],
        privacy=[{"model": "k-anonymity", "k": 2}],
    )
    assert "Column 'nested' has type map<string,int>" in messages(nested)[0]
    assert [each.attribute for each in nested.hierarchies] == ["a.b"]


def test_a_run_that_is_writing_the_output_is_told(planned: Planned, spark: SparkSession, folder: Path) -> None:
    job = job_in(folder)
    uri = f"file://{folder}/out/released"
    target = AnonymizeJob.from_dict({**job_dict(), "output": {"uri": uri}}).target()
    storage = reachable_storage(spark, lease_uri(target, job.metadata_uri))
    with lease(storage, uri, "r7", lambda: 1.0):
        made = make_plan(job, spark, clock=lambda: 1.0)
    assert f"Run r7 is writing {uri} now; wait for its end." in made.warnings


def test_two_ordered_distances_without_an_order_are_two_problems(planned: Planned) -> None:
    attributes = [each for each in job_dict()["attributes"] if each["name"] != "sex"] + [
        {"name": "sex", "type": "sensitive"}
    ]
    models = [
        {"model": "t-closeness", "t": 0.2, "attribute": name, "distance": "ordered"} for name in ("diagnosis", "sex")
    ]
    plan = planned(attributes=attributes, privacy=models)
    assert [sentence.split("'")[1] for sentence in messages(plan)] == ["diagnosis", "sex"]


def test_options_that_are_not_allowed_are_told_one_by_one(planned: Planned) -> None:
    plan = planned(input={"uri": "patients.csv", "options": {"mode": "DROPMALFORMED", "seperator": ";"}})
    assert [problem["field"] for problem in plan.problems] == ["input.options.mode", "input.options.seperator"]


def test_a_lattice_that_an_exact_search_cannot_hold_is_told(planned: Planned) -> None:
    search = {"strategy": "optimal", "memory_mb": 1}
    masks = {"kind": "mask", "keep": list(range(400, 0, -1))}
    attributes = [{"name": name, "type": "quasi_identifier", "hierarchy": masks} for name in ("name", "zip", "age")]
    plan = planned(attributes=attributes, search=search, privacy=[{"model": "k-anonymity", "k": 2}])
    assert "more than an exact search holds" in messages(plan)[0]
    assert plan.search is not None
    assert plan.search.nodes == 402**3


def test_a_plan_that_is_stopped_ends(spark: SparkSession, folder: Path) -> None:
    with pytest.raises(RunCancelledError):
        make_plan(job_in(folder), spark, stop=lambda: True)


def test_the_plan_of_adult_is_what_is_known_of_it(spark: SparkSession, tmp_path: Path, adult: dict[str, Any]) -> None:
    plan = make_plan(AnonymizeJob.from_dict(adult, base=str(tmp_path)), spark)
    assert (plan.exit_code, plan.problems) == (0, [])
    assert (plan.input.rows, plan.base_classes) == (30_162, 19_502)
    assert plan.search is not None
    assert (plan.search.nodes, str(plan.search.strategy), plan.search.checker) == (12_960, "optimal", "in_memory")
    assert plan.release is not None
    assert (plan.release.suppressed_at_top, plan.release.limit) == (0, 1508)
    assert np.prod([each.height + 1 for each in plan.hierarchies if each.height is not None]) == 12_960
