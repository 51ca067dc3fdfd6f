"""What storage says when it fails, in sentences of ours: Spark's own can quote cells, and few can read them."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Final

from deltalake.exceptions import DeltaError
from pyspark.errors import PySparkException

from anonspark.errors import AnonsparkError, LocationError

# py4j has no types to import.
SPARK_ERRORS: Final[tuple[type[Exception], ...]] = (PySparkException, import_module("py4j.protocol").Py4JError)
"""What pyspark raises, classic or Connect."""

SENTENCES: Final = (
    (
        r"ClassNotFoundException: Class (?:org\.apache|com\.google\.cloud)\.hadoop"
        r"|No FileSystem for scheme|UnsupportedFileSystemException",
        "needs a connector that this session was started without; name the URI when the session is opened, "
        "or submit with --packages",
    ),
    (
        r"Access ?Denied|AccessControlException|Permission denied|NoAuthWithAWSException|Status Code: 40[13]"
        r"|Unable to (?:load|locate) credentials|NoAwsCredentials|AuthorizationFailure|AuthenticationFailed"
        r"|InvalidAccessKeyId|SignatureDoesNotMatch|INSUFFICIENT_PERMISSIONS|(?:403|401) (?:Forbidden|Unauthorized)"
        r"|An error occurred \(40[13]\)|lacked the necessary privileges",
        "refuses access; check the permissions there and the credentials that Spark was given for it",
    ),
    (
        r"UnknownHostException|ConnectException|ConnectTimeoutException|SocketTimeoutException|Connection refused"
        r"|Could not connect to the endpoint|error sending request|dns error",
        "cannot be reached; check the endpoint and the network",
    ),
    (r"No space left on device|Disk quota exceeded", "has no space left"),
    (r"DELTA_VERSION_NOT_FOUND|Cannot time travel", "has no such version; see input.version"),
    (
        r"PATH_NOT_FOUND|DELTA_PATH_DOES_NOT_EXIST|UnknownStoreException|NoSuchBucket|FileNotFoundException"
        r"|FAILED_READ_FILE\.FILE_NOT_EXIST|does not exist",
        "does not exist",
    ),
    (
        r"TABLE_OR_VIEW_NOT_FOUND|SCHEMA_NOT_FOUND|CATALOG_NOT_FOUND|REQUIRES_SINGLE_PART_NAMESPACE",
        "is not in the catalog; it is named catalog.schema.table",
    ),
    (
        r"DELTA_TABLE_NOT_FOUND|DELTA_TABLE_ONLY_OPERATION|DELTA_ONLY_OPERATION|DELTA_MISSING_DELTA_TABLE",
        "is not a Delta table; see input.format",
    ),
    (
        r"CSV header does not conform|Number of column in CSV header is not equal",
        "holds files whose headers differ, so their columns cannot be told apart; read them one by one",
    ),
    (r"CHARSET|UnsupportedCharsetException|UnsupportedEncodingException", "is in an encoding that Spark does not know"),
    (
        r"COLUMN_ALREADY_EXISTS|AMBIGUOUS_REFERENCE",
        "has two columns of one name, or of names that differ only in case; rename one",
    ),
    (r"UNABLE_TO_INFER_SCHEMA", "holds no file of the format that input.format names"),
    (
        r"CANNOT_READ_FILE_FOOTER|is not a Parquet file|Could not read footer|FAILED_READ_FILE"
        r"|PARQUET_CONVERSION_FAILURE|CorruptStatistics|ParquetDecodingException|ZipException|not in gzip format",
        "is damaged, or not in the format that input.format names",
    ),
)
"""Patterns of what Spark, Delta and Hadoop say, first match first, and what follows the name of the place."""


def storage_problem(error: BaseException) -> str | None:
    """What follows the name of a place in a sentence about this failure; None for one that is not storage's."""
    said = f"{getattr(error, 'getCondition', lambda: '')() or ''}\n{error}"
    return next((sentence for pattern, sentence in SENTENCES if re.search(pattern, said)), None)


def storage_error_types() -> tuple[type[Exception], ...]:
    """What Spark raises, and what the driver's own ways to storage do: files, the Delta library, boto3 once in use."""
    botocore = sys.modules.get("botocore.exceptions")
    more = (botocore.BotoCoreError, botocore.ClientError) if botocore else ()
    return (*SPARK_ERRORS, OSError, DeltaError, *more)


@contextmanager
def storage_errors(name: str, field: str | None = "input", otherwise: str | None = None) -> Iterator[None]:
    """Turn failures of storage within the block into a LocationError about this place.

    Args:
        name: What messages call the place.
        field: The job file's field that names it.
        otherwise: What to say of a failure that is not storage's; it is passed on where not given.

    Raises:
        LocationError: It could not be read or written; the error of Spark or the driver is its cause.
    """
    try:
        yield
    except AnonsparkError:
        raise
    except storage_error_types() as error:
        sentence = storage_problem(error) or otherwise
        if sentence is None:
            raise
        raise LocationError(f"{name} {sentence}.", field=field) from error
