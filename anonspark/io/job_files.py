"""The text of a job file, or of a file that it names, from this machine or from wherever Spark reads."""

from pathlib import Path
from typing import TYPE_CHECKING

from anonspark.errors import ConfigurationError, LocationError
from anonspark.io.uris import normalize_uri, scheme_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def is_local(uri: str) -> bool:
    """Whether a job file lies on this machine, so that it can be read before Spark starts.

    >>> is_local("job.yaml"), is_local("s3a://bucket/job.yaml")
    (True, False)
    """
    return scheme_of(uri) == "file"


def read_any_text(spark: "SparkSession", uri: str, what: str, field: str) -> str:
    """The text of a file, wherever it lies.

    Args:
        spark: What reads it unless it lies on this machine.
        uri: Where.
        what: What messages call it.
        field: The field of the job file that names it.

    Raises:
        LocationError: It cannot be read.
        ConfigurationError: It is no UTF-8.
    """
    return read_local_text(uri, what, field) if is_local(uri) else read_text(spark, uri, what, field)


def read_local_text(path: str, what: str = "job file", field: str = "config") -> str:
    """The text of a file of this machine, whether or not `file:` stands in front.

    Raises:
        LocationError: It cannot be read.
        ConfigurationError: It is no UTF-8.
    """
    try:
        content = Path(normalize_uri(path).removeprefix("file://")).read_bytes()
    except FileNotFoundError:
        raise LocationError(f"There is no {what} {path}.", field=field) from None
    except IsADirectoryError:
        raise LocationError(f"The {what} {path} is a folder; name a file in it.", field=field) from None
    except OSError as error:
        raise LocationError(f"The {what} {path} cannot be read: {error.strerror}.", field=field) from None
    return decoded(content, path)


def read_text(spark: "SparkSession", uri: str, what: str = "job file", field: str = "config") -> str:
    """The text of a file that Spark reaches; starts a small job.

    Raises:
        LocationError: It cannot be read.
        ConfigurationError: It is no UTF-8.
    """
    # Imported here, as a local job file is read without pyspark.
    from anonspark.io.failures import storage_errors

    with storage_errors(f"The {what} {uri}", field=field, otherwise="cannot be read"):
        files = spark.read.format("binaryFile").load(normalize_uri(uri)).select("content").limit(2).collect()
    if len(files) != 1:
        raise LocationError(f"The {what} {uri} is empty, or not one file.", field=field)
    return decoded(bytes(files[0].content), uri)


def decoded(content: bytes, source: str) -> str:
    """UTF-8, without a byte order mark.

    Raises:
        ConfigurationError: It is no UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError([(None, "is not UTF-8 text; save it as UTF-8.")], source) from None
