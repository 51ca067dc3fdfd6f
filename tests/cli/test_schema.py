import json
import subprocess
import sys
from pathlib import Path

import pytest

from anonspark.cli.main import main
from anonspark.config.schema import job_schema
from anonspark.sample import write_sample


def ended(*arguments: str) -> object:
    with pytest.raises(SystemExit) as raised:
        main(["schema", *arguments])
    return raised.value.code


def test_the_schema_is_all_of_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended() == 0
    assert json.loads(capsys.readouterr().out) == job_schema()


def test_the_schema_goes_into_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("--output", str(tmp_path / "job.schema.json")) == 0
    assert json.loads((tmp_path / "job.schema.json").read_text(encoding="utf-8")) == job_schema()
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_written_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("--output", str(tmp_path / "nowhere" / "job.schema.json")) == 2
    assert "name a file in a folder that exists" in capsys.readouterr().err


def test_the_schema_needs_no_spark() -> None:
    code = "import sys; from anonspark.cli.main import main\ntry: main(['schema'])\nexcept SystemExit: pass\n"
    code += "assert 'pyspark' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_samples_job_file_names_the_schema_that_lies_beside_it(tmp_path: Path) -> None:
    first = write_sample(tmp_path).read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=job.schema.json"
    assert json.loads((tmp_path / "job.schema.json").read_text(encoding="utf-8")) == job_schema()
