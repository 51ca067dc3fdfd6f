"""The levels of an earlier run on other data: nothing is searched, and what is unsafe there is not released."""

import json
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from anonspark.config.apply import ApplyJob
from anonspark.config.job import AnonymizeJob
from anonspark.errors import ConfigurationError, HierarchyError, InputError, LocationError, UnsafeClassesError
from anonspark.io.run_records import open_metadata, read_run, with_settings_of_solution
from anonspark.pipelines.run import run
from tests.pipelines.on_cluster import as_near, comparable, refuse_where
from tests.pipelines.patients import COLUMNS, classes, job_dict, job_in, kept, multiset, patients, released, write_csv

INPUT = {"uri": "january.csv", "format": "csv", "schema": {"age": "int", "cost": "int"}}
TREE = {"kind": "csv", "uri": "sexes.csv", "sep": ";"}


def batch(shift: int, rows: int = 120) -> list[list[str | None]]:
    """Patients of another month, each with a cost of their own: as in the first, with other ages and zips."""
    found: list[list[str | None]] = []
    for place, row in enumerate(patients()[:rows]):
        age, zip_code = int(str(row[1])), str(row[2])
        moved = f"{zip_code[:4]}{(int(zip_code[4]) + shift) % 10}"
        found.append([row[0], str((age + shift) % 100), moved, *row[3:5], str(place)])
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_csv(tmp_path / "patients.csv", patients(), COLUMNS)
    write_csv(tmp_path / "january.csv", batch(3), COLUMNS)
    return tmp_path


def apply_in(folder: Path, **changes: Any) -> ApplyJob:
    job = {
        "version": 1,
        "job": "apply",
        "input": INPUT,
        "output": {"uri": "out/january", "format": "delta"},
        "solution": "first",
        **changes,
    }
    return ApplyJob.from_dict(job, base=str(folder))


def rows_of(folder: Path, name: str) -> Any:
    return DeltaTable(folder / "out/_anonspark" / name).to_pandas()


def test_a_second_batch_is_released_at_the_same_levels_without_a_search(spark: SparkSession, folder: Path) -> None:
    first = run(job_in(folder), spark, run_id="first")
    nodes = len(rows_of(folder, "lattice_nodes"))
    summary = run(apply_in(folder), spark, run_id="january")
    table = released(folder, "january")
    assert summary["levels"] == first["levels"]
    assert summary["lattice"]["checked"] == 1
    assert not summary["optimal"]
    assert len(rows_of(folder, "lattice_nodes")) == nodes
    assert len(table) == 120
    assert min(len(members) for _, members in classes(table)) >= 4
    assert min(members["diagnosis"].nunique() for _, members in classes(table)) >= 2
    assert summary["suppressed"] == 120 - len(kept(table))
    assert set(table["name"]) == {"*"}


def test_every_kept_row_has_the_labels_of_its_own_values(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark, run_id="first")
    levels = run(apply_in(folder), spark)["levels"]
    zips = {str(row[5]): str(row[2]) for row in batch(3)}
    shown = [5, 4, 3, 1, 0][levels["zip"]]
    for row in kept(released(folder, "january")).itertuples():
        assert row.zip.rstrip("*") == zips[str(row.cost)][:shown]


def test_unsafe_classes_are_refused_where_the_job_says_so(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark, run_id="first")
    write_csv(folder / "january.csv", [*batch(3), ["CANARY", "99", "01234", "F", "C18", "1"]], COLUMNS)
    with pytest.raises(UnsafeClassesError, match="of 121 records") as raised:
        run(apply_in(folder, unsafe="refuse"), spark)
    assert raised.value.exit_code == 3
    assert "CANARY" not in str(raised.value)
    assert not (folder / "out/january").exists()
    assert run(apply_in(folder), spark)["suppressed"] >= 1


def test_more_suppressed_records_than_the_solution_allowed_are_told(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark, run_id="first")
    write_csv(folder / "january.csv", batch(3, rows=9), COLUMNS)
    summary = run(apply_in(folder), spark)
    assert summary["suppressed"] > 0.05 * 9
    assert any("better levels of its own" in warning for warning in summary["warnings"])


@pytest.mark.parametrize(
    "attributes",
    [
        [{"name": "age", "type": "quasi_identifier"}, {"name": "zip", "type": "quasi_identifier"}],
        [{"name": "zip", "type": "quasi_identifier"}, {"name": "sex", "type": "quasi_identifier"}],
    ],
    ids=["numbers", "categories"],
)
def test_derived_hierarchies_are_those_of_the_first_table(
    spark: SparkSession, folder: Path, attributes: list[dict[str, Any]]
) -> None:
    names = [str(each["name"]) for each in attributes]
    privacy = [{"model": "k-anonymity", "k": 4}]
    run(job_in(folder, attributes=attributes, privacy=privacy), spark, run_id="first")
    labels = {name: set(kept(released(folder), names)[name]) for name in names}
    # Half of the ages are ones that the first table did not have, and so are some zips.
    summary = run(apply_in(folder), spark)
    table = kept(released(folder, "january"), names)
    assert len(table) == 120 - summary["suppressed"]
    for name in names:
        if summary["levels"][name] > 1:
            assert set(table[name]) <= labels[name]
    assert min(len(members) for _, members in table.groupby(names)) >= 4


def test_a_level_that_is_constant_in_one_table_is_not_in_another(spark: SparkSession, folder: Path) -> None:
    of_lyon, elsewhere = [["n", "1", f"6940{place % 5}", "F", "C18", "1"] for place in range(60)], "75001"
    write_csv(folder / "patients.csv", of_lyon, COLUMNS)
    # The last level listed is constant, so no * stands above it; in January it is not.
    attributes = [{"name": "zip", "type": "quasi_identifier", "hierarchy": {"kind": "mask", "keep": [2]}}]
    privacy = [{"model": "k-anonymity", "k": 50}]
    first = run(job_in(folder, attributes=attributes, privacy=privacy), spark, run_id="first")
    assert (first["levels"], first["heights"]) == ({"zip": 1}, {"zip": 1})
    write_csv(folder / "january.csv", [*of_lyon, ["n", "1", elsewhere, "F", "C18", "1"]], COLUMNS)
    assert run(apply_in(folder), spark)["suppressed"] == 1
    # And the other way round: the level of the solution is the * that this table has no use for.
    write_csv(folder / "patients.csv", [*of_lyon, ["n", "1", elsewhere, "F", "C18", "1"]], COLUMNS)
    second = run(job_in(folder, attributes=attributes, privacy=privacy, max_suppression=0), spark, run_id="second")
    assert second["levels"] == {"zip": 2}
    write_csv(folder / "january.csv", of_lyon, COLUMNS)
    assert run(apply_in(folder, solution="second"), spark)["levels"] == {"zip": 2}
    assert set(released(folder, "january")["zip"]) == {"*"}


@pytest.mark.parametrize("unknown", ["error", "suppress"])
def test_unknown_values_are_treated_as_the_solution_says(spark: SparkSession, folder: Path, unknown: str) -> None:
    (folder / "sexes.csv").write_text("F;*\nM;*\n")
    attributes = [*job_dict()["attributes"][:3], {"name": "sex", "type": "quasi_identifier", "hierarchy": TREE}]
    attributes[3] = {**attributes[3], "hierarchy": {**TREE, "unknown": unknown}}
    privacy = [{"model": "k-anonymity", "k": 4}]
    known = [row for row in patients() if row[3] in ("F", "M")]
    write_csv(folder / "patients.csv", known, COLUMNS)
    run(job_in(folder, attributes=attributes, privacy=privacy), spark, run_id="first")
    write_csv(
        folder / "january.csv",
        [*[row for row in batch(3) if row[3] in ("F", "M")], ["n", "30", "69410", "CANARY", "C18", "1"]],
        COLUMNS,
    )
    # The copy beside the metadata is what counts: the file itself may be gone.
    (folder / "sexes.csv").unlink()
    if unknown == "error":
        with pytest.raises(HierarchyError, match="'sex'") as raised:
            run(apply_in(folder), spark)
        assert "CANARY" not in str(raised.value)
        return
    run(apply_in(folder), spark)
    assert "CANARY" not in set(released(folder, "january")["sex"])


def test_a_hierarchy_that_is_neither_kept_nor_the_same_is_refused(spark: SparkSession, folder: Path) -> None:
    (folder / "sexes.csv").write_text("F;*\nM;*\nX;*\n")
    attributes = [*job_dict()["attributes"][:3], {"name": "sex", "type": "quasi_identifier", "hierarchy": TREE}]
    run(job_in(folder, attributes=attributes, privacy=[{"model": "k-anonymity", "k": 4}]), spark, run_id="first")
    for copy in (folder / "out/_anonspark/hierarchies").iterdir():
        copy.unlink()
    run(apply_in(folder), spark)
    (folder / "sexes.csv").write_text("F;*\nM;all\nX;*\n")
    with pytest.raises(LocationError, match="not the one that the run read"):
        run(apply_in(folder, output={"uri": "out/again", "format": "delta"}), spark)


def test_a_job_file_of_the_working_folder_is_found_from_another(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "sexes.csv").write_text("F;*\nM;*\nX;*\n")
    attributes = [*job_dict()["attributes"][:3], {"name": "sex", "type": "quasi_identifier", "hierarchy": TREE}]
    job = job_dict(attributes=attributes, privacy=[{"model": "k-anonymity", "k": 4}])
    monkeypatch.chdir(folder)
    run(AnonymizeJob.from_dict(job), spark, run_id="first")
    monkeypatch.chdir("/")
    (folder / "sexes.csv").write_text("F;all\nM;all\nX;all\n")
    run(apply_in(folder), spark)
    assert "all" not in set(released(folder, "january")["sex"])


@pytest.mark.parametrize("search", [{"recoding": "strict"}, {"strategy": "mondrian"}], ids=str)
def test_classes_get_levels_of_their_own_again_where_the_solution_had_such(
    spark: SparkSession, folder: Path, search: dict[str, str]
) -> None:
    run(job_in(folder, search=search), spark, run_id="first")
    summary = run(apply_in(folder), spark)
    assert summary["recoding"]["kind"] == "strict"
    assert min(len(members) for _, members in classes(released(folder, "january"))) >= 4


def test_a_solution_can_be_applied_after_it_was_applied(spark: SparkSession, folder: Path) -> None:
    first = run(job_in(folder), spark, run_id="first")
    run(apply_in(folder), spark, run_id="january")
    again = run(apply_in(folder, solution="january", output={"uri": "out/february", "format": "delta"}), spark)
    assert again["levels"] == first["levels"]
    solution = json.loads(rows_of(folder, "solutions").set_index("run_id").loc["january", "solution"])
    assert solution["applied"] == "first"
    # What a report of it tells: the attributes and models of the search, and its own input.
    tables = open_metadata(str(folder / "out/_anonspark"))
    settings = with_settings_of_solution(tables, read_run(tables, again["run_id"])).config
    assert [each["name"] for each in settings["attributes"]] == ["name", "age", "zip", "sex", "diagnosis"]
    assert [each["model"] for each in settings["privacy"]] == ["k-anonymity", "l-diversity"]
    assert (settings["solution"], settings["input"]["uri"]) == ("january", "january.csv")


def test_more_combinations_than_the_driver_holds_are_released_alike(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(job_in(folder), spark, run_id="first")
    expected = run(apply_in(folder), spark)
    in_memory = multiset(released(folder, "january"))
    refuse_where(monkeypatch, "both")
    found = run(apply_in(folder), spark)
    assert found["lattice"]["checker"] == "cluster"
    assert multiset(released(folder, "january")) == in_memory
    assert comparable(found) == as_near(comparable(expected))


def test_a_run_that_is_not_there_or_found_nothing_is_named(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark, run_id="first")
    with pytest.raises(InputError, match=r"There is no run 'frist'.*first") as raised:
        run(apply_in(folder, solution="frist"), spark)
    assert raised.value.field == "solution"
    with pytest.raises(ConfigurationError, match="attributes: come from the solution"):
        apply_in(folder, attributes=job_dict()["attributes"])
    with pytest.raises(ConfigurationError, match="unsafe"):
        apply_in(folder, unsafe="ignore")
