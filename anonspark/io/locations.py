"""What stands at a URI, asked through Spark, so that its credentials and its file systems answer."""

from enum import StrEnum

from pyspark.sql import SparkSession

from anonspark.io.failures import SPARK_ERRORS, storage_errors, storage_problem
from anonspark.io.uris import normalize_uri


class LocationState(StrEnum):
    """What stands at a URI."""

    ABSENT = "absent"
    EMPTY = "empty"
    DELTA = "delta"
    OTHER = "other"


def location_state(spark: SparkSession, uri: str) -> LocationState:
    """Look at a file or folder; starts one or two Spark jobs that list it and read nothing.

    Files whose names begin with `_` or `.` are not seen, as everywhere in Spark.

    Raises:
        LocationError: Access is denied, or the place cannot be reached.
    """
    root = normalize_uri(uri)
    if _holds_files(spark, f"{root}/_delta_log"):
        return LocationState.DELTA
    found = _holds_files(spark, root)
    if found is None:
        return LocationState.ABSENT
    return LocationState.OTHER if found else LocationState.EMPTY


def _holds_files(spark: SparkSession, uri: str) -> bool | None:
    """Whether a file lies below a place; None where there is no such place."""
    with storage_errors(uri, field=None, otherwise="cannot be listed"):
        try:
            # `path` is metadata: no file is opened.
            listed = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(uri)
            return listed.select("path").head() is not None
        except SPARK_ERRORS as error:
            if storage_problem(error) == "does not exist":
                return None
            raise
