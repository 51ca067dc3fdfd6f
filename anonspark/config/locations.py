"""Where the URIs of a job file point; text only, nothing is opened."""

import re
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Annotated

from pydantic import AfterValidator

from anonspark.config.fields import Name, fault

KEPT = "which would be kept in the run record; hand it over by Spark's configuration."
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?://([^/?#]*))?")
_SECRET = re.compile(r"://[^/@]*:[^/@]*@|[?&](?:sig|signature|token|X-Amz-[A-Za-z]+)=", re.IGNORECASE)


def _check_uri(uri: str) -> str:
    if _SECRET.search(uri):
        # The URI is kept out of the sentence, since a message may be logged.
        raise fault(f"holds a credential, {KEPT}")
    if uri != uri.strip() or not uri.isprintable():
        raise fault("holds blanks at its ends or control characters.")
    return uri


Uri = Annotated[Name, AfterValidator(_check_uri)]


def folder_of(uri: str) -> str:
    """The folder that a file lies in; empty for the working folder.

    >>> folder_of("s3a://bucket/jobs/adult.yaml"), folder_of("adult.yaml")
    ('s3a://bucket/jobs', '')
    """
    root, path = _split(uri)
    return root + dirname(path.rstrip("/"))


def resolve(uri: str, base: str) -> str:
    """A relative URI seen from a folder; an absolute one as it is.

    >>> resolve("../data/adult.csv", "s3a://bucket/jobs"), resolve("s3a://bucket/a.csv", "conf/jobs")
    ('s3a://bucket/data/adult.csv', 's3a://bucket/a.csv')
    """
    if not base or uri.startswith("/") or _SCHEME.match(uri):
        return uri
    root, path = _split(base)
    return root + normpath(join(path or ("/" if root else ""), uri))


def beside(uri: str, name: str) -> str:
    """A neighbour of a file or folder.

    >>> beside("out/adult", "_anonspark"), beside("adult", "_anonspark")
    ('out/_anonspark', '_anonspark')
    """
    folder = folder_of(uri)
    return f"{folder.rstrip('/')}/{name}" if folder else name


def canonical(uri: str) -> str:
    """One spelling of each place, to tell whether two URIs are one place.

    >>> canonical("s3://bucket/a/") == canonical("s3a://bucket/x/../a")
    True
    """
    match = _SCHEME.match(uri)
    scheme, authority = (match[1].lower(), match[2] or "") if match else ("file", "")
    path = uri[match.end() :] if match else uri
    if scheme == "file":
        return f"file:{normpath(Path(path).absolute().as_posix())}"
    if scheme == "azure":
        scheme, authority = "abfss", f"{authority}.dfs.core.windows.net"
    scheme = {"s3": "s3a", "abfs": "abfss"}.get(scheme, scheme)
    return f"{scheme}://{authority}{normpath(f'/{path}').rstrip('/').replace('//', '/')}"


def lies_in(inner: str, outer: str) -> bool:
    """Whether a place is another one or lies below it.

    >>> lies_in("s3://bucket/a/b.csv", "s3a://bucket/a"), lies_in("s3://bucket/ab", "s3://bucket/a")
    (True, False)
    """
    return f"{canonical(inner)}/".startswith(f"{canonical(outer)}/")


def _split(uri: str) -> tuple[str, str]:
    match = _SCHEME.match(uri)
    return (match[0], uri[match.end() :]) if match else ("", uri)
