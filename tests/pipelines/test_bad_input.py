"""Wrong input ends with exit code 2 or 3, one sentence that names the column or field, and nothing else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.cli.main import main
from anonspark.pipelines import release as release_module
from tests.pipelines.patients import COLUMNS, job_dict, multiset, patients, released, version, write_csv

CANARY = "CANARY-7431"
"""A value of the data; it stands in no message, log or metadata table."""

Refused = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the patients; one of them has the canary's name."""
    rows = patients()
    rows[3][0] = CANARY
    write_csv(tmp_path / "patients.csv", rows)
    return tmp_path


def told_anywhere(folder: Path, text: str) -> list[str]:
    """Files of the metadata folder whose bytes or decoded rows hold a text."""
    metadata = folder / "out/_anonspark"
    files = [str(path) for path in metadata.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]
    tables = [path.parent for path in metadata.glob("*/_delta_log")]
    return files + [str(table) for table in tables if text in DeltaTable(table).to_pandas().to_csv()]


@pytest.fixture
def refused(
    spark: SparkSession, folder: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Refused:
    """Run a job that must fail: its one sentence, after a look for the canary everywhere."""

    def run_and_fail(*arguments: str, code: int = 2, error: str | None = None, **changes: Any) -> str:
        (folder / "job.yaml").write_text(json.dumps(job_dict(**changes)), encoding="utf-8")
        summary = folder / "summary.json"
        command = ["anonymize", "--config", str(folder / "job.yaml"), "--summary", str(summary), *arguments]
        with pytest.raises(SystemExit) as ended:
            main(command)
        shown = capsys.readouterr()
        sentences = [line for line in shown.err.splitlines() if line.startswith("Error: ")]
        told = json.loads(summary.read_text(encoding="utf-8"))
        assert ended.value.code == code, shown.err
        assert len(sentences) == 1
        assert "Traceback" not in shown.err + shown.out
        assert "org.apache" not in shown.err
        assert shown.out == ""
        assert (told["status"], told["error"]["message"].splitlines()[0]) == ("failed", sentences[0][len("Error: ") :])
        assert error in (None, told["error"]["type"])
        assert CANARY not in shown.err + shown.out + caplog.text + summary.read_text(encoding="utf-8")
        assert told_anywhere(folder, CANARY) == []
        assert version(folder) is None
        return str(told["error"]["message"])

    return run_and_fail


def changed(attribute: str, /, **keys: Any) -> list[dict[str, Any]]:
    """The attributes with other keys for one of them."""
    return [each | keys if each["name"] == attribute else each for each in job_dict()["attributes"]]


def test_a_column_that_is_not_there(refused: Refused) -> None:
    message = refused(attributes=changed("zip", name="zipp"))
    assert message == "Column 'zipp' is not in the table; did you mean 'zip'?"


def test_an_identifier_that_is_not_there(refused: Refused) -> None:
    assert "'nam'" in refused(attributes=changed("name", name="nam"))


def test_a_cast_of_a_column_that_is_not_there(refused: Refused) -> None:
    assert "'agee'" in refused(input={"uri": "patients.csv", "schema": {"agee": "int"}})


def test_a_file_that_is_not_there(refused: Refused) -> None:
    assert "does not exist" in refused(input={"uri": "nobody.csv"})


def test_a_hierarchy_file_that_is_not_there(refused: Refused) -> None:
    message = refused(attributes=changed("zip", hierarchy={"kind": "csv", "uri": "nothing.csv"}))
    assert "There is no hierarchy" in message


def test_another_separator(refused: Refused) -> None:
    assert "set input.options.sep" in refused(input={"uri": "patients.csv", "options": {"sep": ";"}})


def test_a_table_without_rows(refused: Refused, folder: Path) -> None:
    write_csv(folder / "patients.csv", [])
    assert "has no rows" in refused(error="EmptyTableError")


def test_a_filter_that_leaves_no_rows(refused: Refused) -> None:
    refused(input={"uri": "patients.csv", "schema": {"age": "int"}, "where": "age > 200"}, error="EmptyTableError")


def test_an_empty_file(refused: Refused, folder: Path) -> None:
    (folder / "patients.csv").write_bytes(b"")
    refused(error="EmptyTableError")


def test_a_hierarchy_that_misses_values(refused: Refused, folder: Path) -> None:
    rows = patients()
    rows[0][2] = CANARY
    write_csv(folder / "patients.csv", rows)
    zips = {row[2] for row in patients()}
    (folder / "zips.csv").write_text("".join(f"{zip_};*\n" for zip_ in zips), encoding="utf-8")
    message = refused(attributes=changed("zip", hierarchy={"kind": "csv", "uri": "zips.csv"}))
    assert "'zip' misses 1 of 10 values of the column (1 record)" in message
    assert "hierarchy.unknown: suppress" in message


def test_a_hierarchy_that_is_none(refused: Refused, folder: Path) -> None:
    (folder / "zips.csv").write_text(f"{CANARY};A;*\nx;*\n", encoding="utf-8")
    assert "line 2" in refused(attributes=changed("zip", hierarchy={"kind": "csv", "uri": "zips.csv"}))


def test_a_hierarchy_that_does_not_nest(refused: Refused, folder: Path) -> None:
    (folder / "zips.csv").write_text(f"1;{CANARY};A\n2;{CANARY};B\n", encoding="utf-8")
    assert "lines 1 and 2" in refused(attributes=changed("zip", hierarchy={"kind": "csv", "uri": "zips.csv"}))


def test_a_text_in_a_column_of_intervals(refused: Refused, folder: Path) -> None:
    rows = patients()
    rows[5][1] = CANARY
    write_csv(folder / "patients.csv", rows)
    assert "'age'" in refused(input={"uri": "patients.csv"})


def test_a_number_outside_of_the_intervals(refused: Refused) -> None:
    hierarchy = {"kind": "intervals", "min": 0, "max": 90, "widths": [10]}
    message = refused(attributes=changed("age", hierarchy=hierarchy))
    assert "'age'" in message
    assert "97" not in message


def test_a_cell_that_cannot_be_cast(refused: Refused, folder: Path) -> None:
    rows = patients()
    rows[5][5] = CANARY
    write_csv(folder / "patients.csv", rows)
    assert "1 of column 'cost' that input.schema cannot cast" in refused(error="MalformedCellsError")


def test_rows_with_too_many_cells(refused: Refused, folder: Path) -> None:
    rows = patients()
    rows[5].append(CANARY)
    write_csv(folder / "patients.csv", rows)
    assert "1 whole rows with too few or too many cells" in refused(error="MalformedCellsError")


def test_text_of_another_encoding(refused: Refused, folder: Path) -> None:
    with (folder / "patients.csv").open("ab") as file:
        file.write(f"{CANARY} M\xfcller,30,69401,F,C18,3\n".encode("latin-1"))
    assert "input.options.encoding" in refused(error="MalformedCellsError")


def test_a_header_that_names_a_column_twice(refused: Refused, folder: Path) -> None:
    write_csv(folder / "patients.csv", patients(), [*COLUMNS[:5], "AGE"])
    message = refused()
    assert "'age'" in message
    assert "'AGE'" in message


def test_two_attributes_of_one_name(refused: Refused) -> None:
    attributes = [*job_dict()["attributes"], {"name": "zip", "type": "quasi_identifier"}]
    assert "stands in attributes[2] too" in refused(attributes=attributes, error="ConfigurationError")


def test_models_that_contradict_each_other(refused: Refused) -> None:
    models = [{"model": "k-anonymity", "k": 3}, {"model": "k-anonymity", "k": 5}]
    assert "privacy[1]" in refused(privacy=models, error="ConfigurationError")


def test_a_key_that_nobody_knows(refused: Refused) -> None:
    assert "did you mean 'max_suppression'?" in refused(max_supression=0.1, error="ConfigurationError")


def test_a_setting_that_cannot_be_set(refused: Refused) -> None:
    assert "--set" in refused("--set", "privacy[7].k=3", error="ConfigurationError")


@pytest.mark.parametrize("uri", ["ftp://host/patients.csv", "s3a://bucket-of-nobody/patients.csv"])
def test_a_uri_that_cannot_be_read(refused: Refused, uri: str) -> None:
    refused(input={"uri": uri}, error="LocationError")


def test_a_table_of_the_catalog_that_is_not_there(refused: Refused) -> None:
    assert "is not in the catalog" in refused(input={"table": "nobody"})


def test_a_folder_that_is_no_delta_table(refused: Refused, folder: Path) -> None:
    write_csv(folder / "raw/part.csv", patients())
    assert "is not a Delta table" in refused(input={"uri": "raw", "format": "delta"})


def test_an_output_folder_that_holds_something_else(refused: Refused, folder: Path) -> None:
    write_csv(folder / "out/released/part.csv", patients())
    assert "is not empty and not a Delta table" in refused()


def test_a_k_beyond_the_table(refused: Refused, folder: Path) -> None:
    message = refused(code=3, privacy=[{"model": "k-anonymity", "k": 121}], error="NoReleaseError")
    assert message == "k = 121 needs 121 records, and the table has 120; lower k."


def test_one_row(refused: Refused, folder: Path) -> None:
    write_csv(folder / "patients.csv", patients()[:1])
    refused(code=3, error="NoReleaseError")


def test_no_release_within_the_limit_tells_the_nearest_miss(refused: Refused, folder: Path) -> None:
    attributes = [changed("zip", max_level=0)[2], changed("age", max_level=0)[1]]
    message = refused(code=3, attributes=attributes, privacy=[{"model": "k-anonymity", "k": 4}], max_suppression=0.0)
    nearest = json.loads((folder / "summary.json").read_text())["nearest_miss"]
    assert f"{nearest['suppressed']:,} of 120" in message
    assert nearest["levels"] == {"zip": 0, "age": 0}
    assert nearest["max_suppression"] == pytest.approx(nearest["suppressed"] / 120)


def test_an_unexpected_failure_of_spark_shows_its_class_only(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(table: DataFrame, *_: object) -> object:
        return table.select(F.raise_error(F.lit(CANARY))).collect()

    monkeypatch.setattr(release_module, "count_classes", explode)
    message = refused(code=1)
    assert message == "An unexpected SparkRuntimeException; run again with --debug for its traceback."


def test_bad_input_leaves_an_earlier_release_as_it_is(
    spark: SparkSession, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(**changes: Any) -> int:
        (folder / "job.yaml").write_text(json.dumps(job_dict(**changes)), encoding="utf-8")
        with pytest.raises(SystemExit) as ended:
            main(["anonymize", "--config", str(folder / "job.yaml")])
        assert isinstance(ended.value.code, int)
        return ended.value.code

    assert run() == 0
    before = multiset(released(folder))
    assert run(privacy=[{"model": "k-anonymity", "k": 121}]) == 3
    assert run(attributes=changed("zip", name="zipp")) == 2
    assert (version(folder), multiset(released(folder))) == (0, before)
    assert CANARY not in capsys.readouterr().out
    assert told_anywhere(folder, CANARY) == []
