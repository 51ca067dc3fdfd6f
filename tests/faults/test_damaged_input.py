"""F10: what is wrong with a file is counted or refused; no cell turns into a null that lowers the risk."""

import gzip
import json
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from anonspark.errors import InputError, LocationError, MalformedCellsError
from anonspark.pipelines.run import run
from tests.faults.killed import command
from tests.pipelines.patients import (
    COLUMNS,
    N_ROWS,
    classes,
    job_dict,
    job_in,
    kept,
    multiset,
    patients,
    released,
    states,
    version,
    write_csv,
)

LEFT_OUT = re.compile(r"([\d,]+) rows left out")
CANARY = "CANARY-7431"


def left_out(summary: Mapping[str, Any]) -> int:
    """Rows that the summary's warnings say were left out."""
    found = [LEFT_OUT.match(warning) for warning in summary["warnings"]]
    return sum(int(each[1].replace(",", "")) for each in found if each)


def messy_csv(path: Path) -> int:
    """The patients with a byte order mark and cells of two lines, and rows that are none; how many those are."""
    rows = [[f"{row[0]}\nof nowhere", *row[1:5], str(place)] for place, row in enumerate(patients())]
    write_csv(path, rows)
    wrong = [
        b"Short,30,69401\n",
        b"Long,30,69401,F,C18,3,4,5\n",
        b"M\xfcller,30,69401,F,C18,3\n",
        b"Old,very,69401,F,C18,3\n",
        b"Rich,30,69401,F,C18,a lot\n",
        b'"Two\nlines and short",30\n',
    ]
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b"".join(wrong))
    return len(wrong)


@pytest.mark.parametrize("suppression", ["mask", "drop"])
def test_the_rows_of_a_messy_file_are_released_suppressed_or_left_out(
    spark: SparkSession, folder: Path, suppression: str
) -> None:
    wrong = messy_csv(folder / "patients.csv")
    source = job_dict()["input"] | {"malformed": "quarantine"}
    summary = run(job_in(folder, input=source, suppression=suppression), spark)
    table = released(folder)
    assert left_out(summary) == wrong
    assert summary["rows"] == N_ROWS == len(kept(table)) + summary["suppressed"]
    assert sorted(kept(table)["cost"]) == sorted(set(range(N_ROWS)) - {118, 119})
    assert table["diagnosis"].notna().all()
    assert classes(table).size().min() >= 4


def test_a_messy_file_is_refused_where_nobody_said_to_leave_rows_out(spark: SparkSession, folder: Path) -> None:
    messy_csv(folder / "patients.csv")
    with pytest.raises(MalformedCellsError, match="1 of column 'age'"):
        run(job_in(folder), spark)
    assert version(folder) is None


def test_a_cell_of_ten_megabytes_is_released_whole_or_not_at_all(spark: SparkSession, folder: Path) -> None:
    rows = patients()
    rows[0][0], rows[0][4], rows[1][2] = "x" * 10_000_000, "y" * 10_000_000, "z" * 10_000_000
    write_csv(folder / "patients.csv", rows)
    summary = run(job_in(folder), spark)
    table = released(folder).sort_values("cost")
    assert (table["name"] == "*").all()
    assert table["diagnosis"].str.len().max() == 10_000_000
    assert table["zip"].str.len().max() <= 5
    assert summary["rows"] == N_ROWS


def truncated(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def blotted(path: Path) -> None:
    """The footer is whole, the pages are not."""
    content = bytearray(path.read_bytes())
    content[4 : len(content) // 3] = bytes(len(content) // 3 - 4)
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [truncated, blotted], ids=lambda f: f.__name__)
def test_one_damaged_parquet_file_among_others_stops_the_run(
    spark: SparkSession, folder: Path, damage: Callable[[Path], None]
) -> None:
    run(job_in(folder), spark)
    rows = [(row[0], int(str(row[1])), *row[2:5], place) for place, row in enumerate(patients() * 20)]
    table = spark.createDataFrame(rows, "name string, age int, zip string, sex string, diagnosis string, cost int")
    table.repartition(3).write.parquet(str(folder / "raw"))
    damage(max((folder / "raw").glob("*.parquet")))
    source = {"uri": "raw", "format": "parquet"}
    with pytest.raises(LocationError, match="is damaged, or not in the format"):
        run(job_in(folder, input=source), spark, run_id="r1")
    assert version(folder) == 0
    assert states(folder, "r1") == ["running", "failed"]


def write_json(path: Path, rows: list[Mapping[str, Any]], *lines: str) -> None:
    text = "".join(f"{line}\n" for line in [*map(json.dumps, rows), *lines])
    path.write_text(text, encoding="utf-8")


def as_json() -> list[Mapping[str, Any]]:
    """The patients, every second age a text, every third cost a fraction, some zips numbers."""
    rows = []
    for place, row in enumerate(patients()):
        found: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
        found["age"] = int(found["age"]) if place % 2 else found["age"]
        found["zip"] = int(found["zip"]) if place % 5 == 0 else found["zip"]
        found["cost"] = place + 0.5 if place % 3 == 0 else place
        rows.append(found)
    return rows


def test_json_of_mixed_types_keeps_every_cell(spark: SparkSession, folder: Path) -> None:
    expected = run(job_in(folder), spark)
    before = released(folder)
    write_json(folder / "patients.json", as_json())
    source = {"uri": "patients.json", "format": "json", "schema": {"age": "int"}}
    summary = run(job_in(folder, input=source), spark)
    table = released(folder)
    names = ["age", "zip", "sex", "diagnosis"]
    assert (summary["levels"], summary["risk"]) == (expected["levels"], expected["risk"])
    assert multiset(table[names]) == multiset(before[names])
    assert sorted(table["cost"]) == sorted(place + 0.5 if place % 3 == 0 else place for place in range(N_ROWS))


def test_json_lines_that_are_none_or_hold_no_number_where_one_belongs_are_counted(
    spark: SparkSession, folder: Path
) -> None:
    broken = ['{"name": "Cut", "age": 30, "zip": "694', "7", '{"name": "A", "age": {"years": 30}, "zip": "69401"}']
    write_json(folder / "patients.json", as_json(), *broken)
    source = {"uri": "patients.json", "format": "json", "schema": {"age": "int"}}
    with pytest.raises(MalformedCellsError):
        run(job_in(folder, input=source), spark)
    summary = run(job_in(folder, input=source | {"malformed": "quarantine"}), spark)
    assert summary["rows"] == N_ROWS
    assert left_out(summary) == len(broken)


def test_a_compressed_file_that_ends_too_early_stops_the_run(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark)
    text = (folder / "patients.csv").read_bytes()
    more = b"".join(b"%d,30,69401,F,C18,3\n" % (place * 7919) for place in range(50_000))
    (folder / "cut.csv.gz").write_bytes(gzip.compress(text + more)[:-40_000])
    source = job_dict()["input"] | {"uri": "cut.csv.gz"}
    with pytest.raises(InputError) as raised:
        run(job_in(folder, input=source), spark)
    assert "cut.csv.gz" in raised.value.message
    assert version(folder) == 0


@pytest.mark.nightly
def test_a_file_that_is_a_thousand_times_as_large_as_it_looks_is_released_in_a_small_heap(folder: Path) -> None:
    row = b"Same,30,69401,F,C18,3\n" + b"Same,31,69402,M,E11,3\n"
    n_pairs = 200_000_000 // len(row)
    with gzip.open(folder / "bomb.csv.gz", "wb", compresslevel=9) as file:
        file.write((",".join(COLUMNS) + "\n").encode())
        for _ in range(n_pairs // 1000):
            file.write(row * 1000)
        file.write(row * (n_pairs % 1000))
    assert (folder / "bomb.csv.gz").stat().st_size < 1_000_000
    privacy = [{"model": "k-anonymity", "k": 4}]
    job = job_dict(input=job_dict()["input"] | {"uri": "bomb.csv.gz"}, privacy=privacy, quality="off")
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    arguments = command("anonymize", folder, "bomb", "--json", "--spark-conf", "spark.driver.memory=1g")
    ended = subprocess.run(arguments, capture_output=True, text=True, timeout=1200, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    summary = json.loads(ended.stdout)
    assert (summary["rows"], summary["suppressed"], left_out(summary)) == (2 * n_pairs, 0, 0)
