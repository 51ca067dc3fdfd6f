"""`anonspark report` from a terminal: where the files go, and what is said when there is no report."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from anonspark.cli.main import main
from anonspark.io.manifest import append_rows, begin_run, finish_run, write_state
from anonspark.io.metadata_tables import DriverTables, MetadataTables
from anonspark.io.object_store import Storage
from tests.report import privacy_records
from tests.report.records import BEGUN, Page, completed, config, failed, summary

JSON = json.dumps


@pytest.fixture
def metadata(tmp_path: Path) -> Path:
    """Metadata tables with a run that is complete, one that failed and one that goes on."""
    place = tmp_path / "_anonspark"
    tables = DriverTables(Storage(str(place)))
    leave(tables)
    return place


def leave(tables: MetadataTables) -> None:
    begun = replace(BEGUN, config=JSON(config()), attempt=0)
    first = begin_run(tables, begun)
    records = completed()
    append_rows(tables, "solutions", "r1", [{"solution": {}, "levels": records.levels, "metric": "loss"}])
    append_rows(tables, "lattice_nodes", "r1", [{**asdict(node), "checked": True} for node in records.nodes])
    sizes = [
        {"subject": subject, "class_size": size, "classes": count}
        for subject, counts in records.histogram.items()
        for size, count in counts
    ]
    append_rows(tables, "class_histogram", "r1", sizes)
    append_rows(tables, "utility", "r1", [asdict(each) for each in records.utility])
    finish_run(tables, first, records.run.at, JSON(summary()))
    second = begin_run(tables, replace(begun, run_id="r2"))
    write_state(tables, replace(failed().run, run_id="r2", attempt=second.attempt, config=JSON(config()),
                                summary=JSON(failed().summary)))  # fmt: skip
    begin_run(tables, replace(begun, run_id="r3"))


def report(*arguments: str) -> object:
    with pytest.raises(SystemExit) as ended:
        main(["report", *arguments])
    return ended.value.code


def test_the_report_is_written_where_it_is_asked_for_and_as_pdf(
    metadata: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, paper = tmp_path / "r.html", tmp_path / "r.pdf"
    assert report("--run", "r1", "--metadata", str(metadata), "--output", str(page), "--pdf", str(paper)) == 0
    assert capsys.readouterr().out == f"report    {page}\nreport    {paper}\n"
    facts = Page(page.read_text(encoding="utf-8")).facts
    assert (facts["Records"], facts["Smallest class"], facts["Checks"][:1]) == ("1,000", "6 records", "6")
    assert paper.read_bytes().startswith(b"%PDF-")


def test_a_failed_run_has_a_report_too(metadata: Path, tmp_path: Path) -> None:
    assert report("--run", "r2", "--metadata", str(metadata), "--output", str(tmp_path / "r.html")) == 0
    assert "No lattice node satisfies the policy." in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("job", ["detect-pii", "transform-pii"])
def test_a_privacy_run_has_a_report_of_its_own(metadata: Path, tmp_path: Path, job: str) -> None:
    records = privacy_records.scanned() if job == "detect-pii" else privacy_records.treated()
    tables = DriverTables(Storage(str(metadata)))
    told = JSON(privacy_records.config(job))
    begun = begin_run(tables, replace(records.states[0], run_id="p1", config=told, attempt=0))
    finish_run(tables, begun, records.run.at, JSON(dict(records.summary)))
    page, paper = tmp_path / "r.html", tmp_path / "r.pdf"
    assert report("--run", "p1", "--metadata", str(metadata), "--output", str(page), "--pdf", str(paper)) == 0
    facts = Page(page.read_text(encoding="utf-8")).facts
    assert facts["HIPAA"] == ("0 of 100, not compliant" if job == "detect-pii" else "66 of 100, not compliant")
    assert paper.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("run_id", "sentence"),
    [
        ("r33", "There is no run 'r33'; did you mean 'r3'?"),
        ("2026", "There is no run '2026'; the last ones are "),
        ("r3", "Run 'r3' has not ended: it began at 2026-01-02 12:00:00 UTC"),
    ],
)
def test_without_a_run_that_has_ended_there_is_a_sentence_and_no_file(
    metadata: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], run_id: str, sentence: str
) -> None:
    assert report("--run", run_id, "--metadata", str(metadata), "--output", str(tmp_path / "r.html")) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "r.html").exists()


@pytest.mark.parametrize(
    ("place", "sentence"),
    [(".", "is a folder; name a file in it"), ("nowhere/r.html", "lies in a folder that does not exist; create it")],
)
@pytest.mark.parametrize("option", ["--output", "--pdf"])
def test_a_file_that_cannot_be_written_is_refused(
    metadata: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, place: str, sentence: str
) -> None:
    last = ["--output", str(tmp_path / "r.html")] if option == "--pdf" else []
    assert report("--run", "r1", "--metadata", str(metadata), option, str(tmp_path / place), *last) == 2
    assert sentence in capsys.readouterr().err


def test_metadata_that_are_not_there_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report("--run", "r1", "--metadata", str(tmp_path / "x"), "--output", str(tmp_path / "r.html")) == 2
    assert "There are no metadata tables at" in capsys.readouterr().err


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a few lines in a process of their own."""
    told = {**os.environ, **environment}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=told)


@pytest.mark.parametrize("library", ["matplotlib", "reportlab"])
def test_without_the_extra_the_way_to_it_is_told(metadata: Path, tmp_path: Path, library: str) -> None:
    arguments = ["report", "--run", "r1", "--metadata", str(metadata), "--output", str(tmp_path / "r.html")]
    arguments += ["--pdf", str(tmp_path / "r.pdf")]
    answer = python(
        f"import sys; sys.modules[{library!r}] = None\nfrom anonspark.cli.main import main\nmain({arguments})"
    )
    assert answer.returncode == 2
    assert f"Reports need {library}, which is not installed: pip install 'anonspark[report]'." in answer.stderr
    assert not (tmp_path / "r.html").exists()


def test_metadata_of_this_machine_are_read_without_java(metadata: Path, tmp_path: Path) -> None:
    arguments = ["report", "--run", "r1", "--metadata", str(metadata), "--output", str(tmp_path / "r.html")]
    answer = python(f"from anonspark.cli.main import main\nmain({arguments})", PATH="/nowhere", JAVA_HOME="/nowhere")
    assert (answer.returncode, answer.stderr) == (0, "")
