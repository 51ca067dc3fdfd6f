"""One Spark session a run, the shared reference data, and the `spark` mark."""

import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


MASTERS = {"classic": "local[2]", "connect": "local[2]", "workers": "local-cluster[2,1,1024]"}
"""One process; a server that a Connect client asks; two workers in processes of their own."""

# An example may take as long as the machine is busy; no test is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--session` runs the tests that need Spark once more where the engine has to work too."""
    parser.addoption("--session", choices=sorted(MASTERS), default="classic", help="where Spark is")
    parser.addoption("--heap", type=int, default=1, metavar="GIB", help="memory of Spark's driver")


def pytest_configure(config: pytest.Config) -> None:
    """Warnings are errors, but pyspark leaves the sockets that results come through to the garbage collector."""
    config.addinivalue_line("filterwarnings", "ignore:unclosed <socket:ResourceWarning")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that asks for `spark`, directly or through another fixture."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.spark)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference data and independent results, or the test is skipped."""
    folder = Path(os.environ.get("ANONSPARK_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"the reference data is not at {folder}; set ANONSPARK_SHARED to its folder")
    return folder


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> "Iterator[SparkSession]":
    """The session that all tests share; `clean_session` clears it after each of them."""
    from pyspark.sql import SparkSession

    from anonspark.io.jars import DELTA, cache_folder, jar_conf, remember_jars

    # Spark's Python workers are to run this checkout with this interpreter.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    jars = jar_conf([DELTA], cache_folder(), {})
    warehouse = tmp_path_factory.mktemp("warehouse")
    kind = pytestconfig.getoption("session")
    there = SparkSession.builder
    there = there.remote(MASTERS[kind]) if kind == "connect" else there.master(MASTERS[kind])
    builder = (
        there.appName("anonspark-tests")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.warehouse.dir", str(warehouse))
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", 1)
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.databricks.delta.snapshotPartitions", 1)
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", f"{pytestconfig.getoption('heap')}g")
        .config("spark.executorEnv.PYTHONPATH", str(Path(__file__).parents[1]))
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
    )
    for key, value in jars.items():
        builder = builder.config(key, value)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Failed to set")  # a server has been started with them
        session = builder.getOrCreate()
    remember_jars(jars)
    yield session
    session.stop()


@pytest.fixture(autouse=True)
def clean_session(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test that used `spark`, drop what it cached and its temporary views."""
    yield
    if "spark" in request.fixturenames:
        catalog = request.getfixturevalue("spark").catalog
        catalog.clearCache()
        for table in catalog.listTables():
            if table.isTemporary:
                catalog.dropTempView(table.name)
