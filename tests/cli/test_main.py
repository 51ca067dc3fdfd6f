import subprocess
import sys
from pathlib import Path
from time import perf_counter

import pytest

from anonspark import __version__
from anonspark.cli.main import main


def ended(*arguments: str) -> object:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    return raised.value.code


def python(code: str) -> str:
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return answer.stdout


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("--version") == 0
    assert capsys.readouterr().out == f"anonspark {__version__}\n"


def test_help_names_every_command_and_what_the_exit_codes_mean(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("--help") == 0
    shown = capsys.readouterr().out
    commands = ("anonymize", "apply", "risk", "validate", "measure", "demo", "report", "plan", "explain", "schema")
    assert all(word in shown for word in (*commands, "Exit codes: 0 done; 2 ", "130 cancelled"))


def test_help_of_a_command_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("anonymize", "--help") == 0
    shown = capsys.readouterr().out
    options = "--config --set --run-id --summary --json --debug --master --spark-conf"
    assert [option for option in options.split() if option not in shown] == []


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("anonymise",),
        ("anonymize",),
        ("anonymize", "--confg", "x"),
        ("anonymize", "--config"),
        ("anonymize", "--config", "job.yaml", "left over"),
    ],
)
def test_arguments_that_mean_nothing_end_with_2(arguments: tuple[str, ...]) -> None:
    assert ended(*arguments) == 2


def test_a_spark_setting_without_a_value_is_refused_and_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("anonymize", "--config", "job.yaml", "--spark-conf", "secret-7431") == 2
    shown = capsys.readouterr().err
    assert "--spark-conf" in shown
    assert "secret-7431" not in shown


def test_the_package_and_its_help_load_no_spark() -> None:
    code = "import sys, anonspark, anonspark.cli.main; print('pyspark' in sys.modules, 'numba' in sys.modules)"
    assert python(code) == "False False\n"


def test_a_job_file_with_faults_is_refused_before_spark_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text("version: 2\n", encoding="utf-8")
    code = f"""
import sys
from anonspark.cli.main import main
try:
    main(["anonymize", "--config", {str(tmp_path / "job.yaml")!r}])
except SystemExit as end:
    print(end.code, "pyspark" in sys.modules)
"""
    assert python(code) == "2 False\n"


def test_help_comes_at_once() -> None:
    def seconds(*command: str) -> float:
        began = perf_counter()
        subprocess.run([sys.executable, *command], capture_output=True, check=True)
        return perf_counter() - began

    # Against the interpreter's own start, so that a busy machine does not matter.
    bare = min(seconds("-c", "pass") for _ in range(3))
    asked = min(seconds("-c", "from anonspark.cli.main import main; main(['--help'])") for _ in range(3))
    assert asked < 0.3 + 5 * bare
