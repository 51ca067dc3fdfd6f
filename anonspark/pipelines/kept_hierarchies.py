"""The hierarchy files of a run as they were when it read them: copies beside its metadata, each under its digest."""

from collections.abc import Mapping, Sequence
from posixpath import normpath
from typing import Final

from pyspark.sql import SparkSession

from anonspark.config.locations import canonical
from anonspark.domain.hierarchy import Label
from anonspark.errors import LocationError
from anonspark.io.hierarchies import read_hierarchy_file

HIERARCHIES: Final = "hierarchies"
"""The folder below the metadata's that holds a copy of every hierarchy file, named by its digest."""


class KeptHierarchies:
    """Reads a run's hierarchy files again.

    Attributes:
        warnings: Of files that are neither kept nor what they were.
    """

    def __init__(self, spark: SparkSession, metadata_uri: str, digests: Mapping[str, str]) -> None:
        """Take the digest of each file by the URI that the run read it at."""
        self.spark = spark
        self.folder = f"{metadata_uri.rstrip('/')}/{HIERARCHIES}"
        self.digests = digests
        self.warnings: list[str] = []

    def rows(self, uri: str, sep: str) -> Sequence[Sequence[Label]]:
        """The rows of a file, those of the copy where there is one.

        Raises:
            LocationError: Neither is there.
        """
        digest = next((digest for place, digest in self.digests.items() if is_same(place, uri)), None)
        if digest is not None:
            try:
                return read_hierarchy_file(self.spark, f"{self.folder}/{digest}.csv", sep, attribute=uri).rows
            except LocationError:
                pass  # a copy that could not be made, or was deleted
        file = read_hierarchy_file(self.spark, uri, sep)
        if file.sha256 != digest:
            self.warnings.append(f"The hierarchy {uri} is not the one that the run read, and no copy of that is kept.")
        return file.rows


def is_same(place: str, uri: str) -> bool:
    """Whether a run read a file at this URI; it may have seen it from another working folder.

    >>> is_same("jobs/../age.csv", "/data/age.csv"), is_same("age.csv", "/data/page.csv")
    (True, False)
    """
    if "://" in place or place.startswith("/"):
        return canonical(place) == canonical(uri)
    return canonical(uri).endswith(f"/{normpath(place)}")
