"""The text of a job file, from this machine or from wherever Spark reads."""

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


def read_local_text(path: str) -> str:
    """The text of a file of this machine, whether or not `file:` stands in front.

    Raises:
        LocationError: It cannot be read.
        ConfigurationError: It is no UTF-8.
    """
    try:
        content = Path(normalize_uri(path).removeprefix("file://")).read_bytes()
    except FileNotFoundError:
        raise LocationError(f"There is no job file {path}.", field="config") from None
    except IsADirectoryError:
        raise LocationError(f"The job file {path} is a folder; name a file in it.", field="config") from None
    except OSError as error:
        raise LocationError(f"The job file {path} cannot be read: {error.strerror}.", field="config") from None
    return decoded(content, path)


def read_text(spark: "SparkSession", uri: str) -> str:
    """The text of a file that Spark reaches; starts a small job.

    Raises:
        LocationError: It cannot be read.
        ConfigurationError: It is no UTF-8.
    """
    # Imported here, as a local job file is read without pyspark.
    from anonspark.io.failures import storage_errors

    with storage_errors(f"The job file {uri}", field="config", otherwise="cannot be read"):
        files = spark.read.format("binaryFile").load(normalize_uri(uri)).select("content").limit(2).collect()
    if len(files) != 1:
        raise LocationError(f"The job file {uri} is empty, or not one file.", field="config")
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
