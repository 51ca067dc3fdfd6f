"""URIs as Spark spells them, and the connectors that their schemes need."""

import re
from collections.abc import Iterable
from pathlib import Path
from posixpath import join, normpath
from typing import Final

from anonspark.errors import LocationError

HADOOP: Final = "3.4.2"
"""The Hadoop that the pyspark wheel ships; a connector of another one fails at its first call."""

CONNECTORS: Final = {
    "s3a": f"org.apache.hadoop:hadoop-aws:{HADOOP}",
    "abfss": f"org.apache.hadoop:hadoop-azure:{HADOOP}",
    "gs": "com.google.cloud.bigdataoss:gcs-connector:3.1.21",
}
"""Maven coordinates by scheme."""

SCHEMES: Final = ("file", *CONNECTORS)
"""The schemes that a normal URI has."""

_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?://([^/]*))?(.*)", re.DOTALL)
_SIGNATURE = re.compile(r"[?&](?:sig|signature|token|x-amz-[a-z-]+|se|sp|sv)=", re.IGNORECASE)


def normalize_uri(uri: str, base: str = "") -> str:
    """The one spelling of a place: scheme `file`, `s3a`, `gs` or `abfss`, an absolute path without `..`.

    A path is taken as it is written: `%20` is three characters, as in Hadoop, and wildcards stay.

    Args:
        uri: A URI, an absolute path, or a path that is relative to `base`.
        base: A folder or URI; the working folder where not given.

    Raises:
        LocationError: The scheme is not known, the place has no bucket, or the URI holds a credential.

    >>> normalize_uri("azure://raw@lake/adult.csv")
    'abfss://raw@lake.dfs.core.windows.net/adult.csv'
    >>> normalize_uri("../data/adult.csv", "s3://bucket/jobs")
    's3a://bucket/data/adult.csv'
    """
    _refuse_credentials(uri)
    _refuse_credentials(base)
    if _URI.fullmatch(uri) or uri.startswith("/"):
        root, path = _root_and_path(uri)
    else:
        root, folder = _root_and_path(base)
        path = join(folder, uri)
    return root + normpath(f"/{path.lstrip('/')}")


def scheme_of(uri: str) -> str:
    """`file`, `s3a`, `gs` or `abfss`.

    >>> scheme_of("s3://bucket/adult"), scheme_of("data/adult.csv")
    ('s3a', 'file')
    """
    return normalize_uri(uri).partition(":")[0]


def jar_coordinates(uris: Iterable[str]) -> tuple[str, ...]:
    """The connectors that Spark needs for these URIs; none for the local file system.

    >>> jar_coordinates(["data/adult.csv", "s3://bucket/adult", "s3a://bucket/out"])
    ('org.apache.hadoop:hadoop-aws:3.4.2',)
    """
    schemes = {scheme_of(uri) for uri in uris}
    return tuple(jar for scheme, jar in CONNECTORS.items() if scheme in schemes)


def _root_and_path(uri: str) -> tuple[str, str]:
    """`s3a://bucket` and its path; a path without scheme is local."""
    found = _URI.fullmatch(uri)
    if not found:
        return "file://", str(Path(uri).absolute())
    scheme, authority, path = found[1].lower(), found[2] or "", found[3]
    if scheme == "azure":
        container, _, account = authority.partition("@")
        if not container or not account:
            raise LocationError("An azure URI reads azure://container@account/path.")
        scheme, authority = "abfss", authority if "." in account else f"{authority}.dfs.core.windows.net"
    scheme = {"s3": "s3a", "s3n": "s3a", "abfs": "abfss"}.get(scheme, scheme)
    if scheme not in SCHEMES:
        raise LocationError(f"The scheme '{scheme}' is not known; it is one of {', '.join((*SCHEMES, 's3', 'azure'))}.")
    if scheme == "file":
        if authority not in {"", "localhost"}:
            raise LocationError("A file URI names no host: it has three slashes, as in file:///data/adult.csv.")
        if not path.startswith("/"):
            raise LocationError("A file URI holds an absolute path; write a relative one without 'file:'.")
        return "file://", path
    if not authority:
        raise LocationError(f"The {scheme} URI names no bucket or container.")
    return f"{scheme}://{authority}", path or "/"


def _refuse_credentials(uri: str) -> None:
    """Stop before a URI with a credential reaches a plan, a log or the run record."""
    found = _URI.fullmatch(uri)
    authority = (found[2] or "") if found else ""
    user, at, _ = authority.rpartition("@")
    named = found is not None and found[1].lower() in {"azure", "abfs", "abfss"}
    if (at and (":" in user or not named)) or _SIGNATURE.search(uri):
        # The URI is kept out of the sentence, since a message may be logged.
        raise LocationError(
            "The URI holds a credential, which would be kept in plans and the run record; "
            "hand it over by Spark's configuration or the environment."
        )
