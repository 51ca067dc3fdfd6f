"""The SparkSession of a run: the caller's own where there is one, else one from a profile of conf/spark."""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import yaml
from pyspark.logger import PySparkLogger
from pyspark.sql import SparkSession

from anonspark.errors import ConfigurationError, EnvironmentProblem
from anonspark.io.failures import SPARK_ERRORS
from anonspark.io.jars import DELTA, cache_folder, jar_conf, remember_jars
from anonspark.io.java import require_java
from anonspark.io.uris import jar_coordinates
from anonspark.resources import resource

EXTENSION: Final = "io.delta.sql.DeltaSparkSessionExtension"
CATALOG: Final = "org.apache.spark.sql.delta.catalog.DeltaCatalog"

DELTA_CONF: Final = {"spark.sql.extensions": EXTENSION, "spark.sql.catalog.spark_catalog": CATALOG}

ALWAYS: Final = {
    "spark.sql.session.timeZone": "UTC",  # a release must not depend on where it was made
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
"""What every session that we open has; `spark.sql.ansi.enabled` stays on, as Spark 4 ships it."""

QUIET: Final = "spark/log4j2-quiet.properties"
JAVA_OPTIONS: Final = "spark.driver.extraJavaOptions"

START_ERRORS: Final[tuple[type[Exception], ...]] = (*SPARK_ERRORS, RuntimeError, OSError)

QUERY_LOGGERS: Final = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")
"""pyspark's own loggers: they print every failed query's message, with the cell that failed, to stderr."""


def open_session(
    profile: str = "local",
    *,
    master: str | None = None,
    conf: Mapping[str, str] | None = None,
    uris: Iterable[str] = (),
    debug: bool = False,
) -> SparkSession:
    """The session to work with; it starts a JVM unless there is one.

    The caller's own active session, classic or Connect, is returned as it is. Under spark-submit the session keeps what
    it was submitted with. A master that starts with `sc://` is a Spark Connect server.

    Args:
        profile: A file of conf/spark, without its ending, or the path of a YAML file with `master` and `conf`.
        master: Instead of the profile's.
        conf: On top of the profile's.
        uris: What the run reads and writes; their connectors are brought along.
        debug: Spark's own log on the terminal. It can quote cells of the data.

    Raises:
        EnvironmentProblem: No Java that Spark runs on, or a session that has no Delta Lake.
        ConfigurationError: The profile is not one.
    """
    silence_query_loggers(not debug)
    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    file_master, settings = read_profile(profile)
    settings |= dict(conf or {})
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        return _submitted_session(dict(conf or {}))
    chosen = master or settings.get("spark.master") or file_master
    if chosen.startswith("sc://"):
        return _built(SparkSession.builder.remote(chosen), ALWAYS)
    require_java(os.environ)
    settings = DELTA_CONF | ALWAYS | settings
    if chosen.startswith("local"):
        use_this_interpreter(settings)
    if not debug:
        settings[JAVA_OPTIONS] = f"{quiet_option()} {settings.get(JAVA_OPTIONS, '')}".strip()
    return _started(chosen, settings, (DELTA, *jar_coordinates(uris)), cache_folder())


def read_profile(profile: str) -> tuple[str, dict[str, str]]:
    """The master and the settings of a profile, each as text.

    Raises:
        ConfigurationError: The file is no mapping of `master` and `conf`.
        LocationError: There is no such profile.
    """
    path = Path(profile) if profile.endswith((".yaml", ".yml")) else resource(f"spark/{profile}.yaml")
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError([(None, "cannot be read as YAML.")], source=path.name) from error
    conf = found.get("conf", {}) if isinstance(found, dict) else None
    if not isinstance(conf, dict) or not set(found) <= {"master", "conf"}:
        raise ConfigurationError([(None, "a Spark profile has two keys: master and conf.")], source=path.name)
    return str(found.get("master", "local[*]")), {str(key): setting_text(value) for key, value in conf.items()}


def setting_text(value: object) -> str:
    """A setting as Spark reads it.

    >>> setting_text(True), setting_text(16)
    ('true', '16')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)


def use_this_interpreter(settings: Mapping[str, str]) -> None:
    """Let the Python workers of a local session be what the driver is, unless somebody chose another.

    Spark would take the `python3` of the path, which need not have what the driver has.
    """
    os.environ.setdefault("PYSPARK_PYTHON", settings.get("spark.pyspark.python", sys.executable))


def silence_query_loggers(silent: bool) -> None:
    """Keep pyspark from printing the messages of failed queries, or let it."""
    for name in QUERY_LOGGERS:
        PySparkLogger.getLogger(name).disabled = silent


def quiet_option() -> str:
    """The JVM's option that turns Spark's log off, which works without a handle on the JVM."""
    return f'"-Dlog4j2.configurationFile={resource(QUIET).resolve().as_uri()}"'


def prefetch_jars() -> None:
    """Start Spark once with Delta Lake, so that its jars lie in the cache; later starts need no network."""
    _, settings = read_profile("local")
    require_java(os.environ)
    settings = DELTA_CONF | settings | {JAVA_OPTIONS: quiet_option()}
    _started("local[1]", settings, (DELTA,), cache_folder()).stop()


def _started(master: str, settings: Mapping[str, str], coordinates: Iterable[str], cache: Path) -> SparkSession:
    jars = jar_conf(coordinates, cache, settings)
    session = _built(SparkSession.builder.master(master), {**settings, **jars})
    remember_jars(jars)
    return session


def _submitted_session(conf: Mapping[str, str]) -> SparkSession:
    """The session that spark-submit configured; Delta Lake is switched on if it was submitted without."""
    session = _built(SparkSession.builder, conf)
    extensions = session.conf.get("spark.sql.extensions", None) or ""
    if EXTENSION not in extensions:
        # Extensions are read when a session starts, and nothing tells beforehand what spark-submit was given.
        session.stop()
        joined = ",".join(filter(None, [extensions, EXTENSION]))
        session = _built(SparkSession.builder, {**DELTA_CONF, **conf, "spark.sql.extensions": joined})
    for key, value in ALWAYS.items():
        session.conf.set(key, value)
    try:
        session.catalog.listTables()
    except SPARK_ERRORS as error:
        session.stop()
        raise EnvironmentProblem(
            f"This session has no Delta Lake; submit with --packages {DELTA}.", field="spark"
        ) from error
    return session


def _built(builder: "SparkSession.Builder", settings: Mapping[str, str]) -> SparkSession:
    for key, value in settings.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except START_ERRORS as error:
        raise EnvironmentProblem(
            "Spark did not start; run again with --debug to see why. The first start fetches its jars from Maven "
            "Central: without a network run `python -m anonspark.io.session` beforehand where there is one.",
            field="spark",
        ) from error


if __name__ == "__main__":
    prefetch_jars()
