import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from anonspark.errors import ConfigurationError, LocationError
from anonspark.io.session import open_session, quiet_option, read_profile, use_this_interpreter


def run_python(program: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, since a JVM takes its settings once."""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True)


def test_the_callers_own_session_is_used_as_it_is(spark) -> None:
    assert open_session(master="local[7]", conf={"spark.sql.session.timeZone": "Asia/Tokyo"}) is spark
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"


def test_the_local_profile_is_text_as_spark_reads_it() -> None:
    master, conf = read_profile("local")
    assert master == "local[*]"
    assert conf["spark.ui.enabled"] == "false"
    assert set(map(type, conf.values())) == {str}


def test_a_profile_may_be_a_file_of_the_user(tmp_path) -> None:
    (tmp_path / "mine.yaml").write_text("master: local[1]\nconf: {spark.sql.shuffle.partitions: 3}\n", encoding="utf-8")
    assert read_profile(str(tmp_path / "mine.yaml")) == ("local[1]", {"spark.sql.shuffle.partitions": "3"})


@pytest.mark.parametrize("text", ["[]", "conf: 3", "masters: local", "a: [", "conf: {a: b: c}"])
def test_what_is_no_profile_is_refused(tmp_path, text) -> None:
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError):
        read_profile(str(tmp_path / "mine.yaml"))


def test_a_profile_that_is_not_there_is_told() -> None:
    with pytest.raises(LocationError, match=r"did you mean 'spark/local\.yaml'"):
        read_profile("locale")


def test_the_quiet_log_is_a_file_that_we_ship() -> None:
    path = quiet_option().strip('"').removeprefix("-Dlog4j2.configurationFile=file://")
    assert "rootLogger.level = off" in Path(path).read_text(encoding="utf-8")


@pytest.mark.spark
def test_a_new_session_has_delta_and_utc_and_keeps_cells_off_the_terminal(tmp_path) -> None:
    done = run_python(
        "from anonspark.io.session import open_session\n"
        "spark = open_session(master='local[1]', conf={'spark.sql.shuffle.partitions': '1'})\n"
        f"spark.range(2).write.format('delta').save({str(tmp_path / 'table')!r})\n"
        "print(spark.conf.get('spark.sql.session.timeZone'), spark.conf.get('spark.sql.ansi.enabled'))\n"
        "from pyspark.sql import functions as F\n"
        "table = spark.createDataFrame([('Hopper',)], 'name string')\n"
        "try:\n"
        "    table.select(F.col('name').cast('int')).collect()\n"
        "except Exception as error:\n"
        "    print('Hopper' in str(error))\n"
    )
    assert done.stdout.splitlines() == ["UTC true", "True"]
    assert "Hopper" not in done.stderr
    assert (tmp_path / "table" / "_delta_log").is_dir()


def test_pysparks_own_loggers_are_silent_unless_debugging(spark) -> None:
    open_session()
    assert logging.getLogger("SQLQueryContextLogger").disabled
    open_session(debug=True)
    assert not logging.getLogger("SQLQueryContextLogger").disabled
    open_session()


def test_python_workers_of_a_local_session_are_what_the_driver_is_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PYSPARK_PYTHON", raising=False)
    use_this_interpreter({})
    assert os.environ["PYSPARK_PYTHON"] == sys.executable
    monkeypatch.delenv("PYSPARK_PYTHON")
    use_this_interpreter({"spark.pyspark.python": "/opt/python"})
    assert os.environ["PYSPARK_PYTHON"] == "/opt/python"
    use_this_interpreter({})
    assert os.environ["PYSPARK_PYTHON"] == "/opt/python"
