"""Faults of where a job reads and writes: tables that are not one, and outputs that lie on what is read."""

from collections.abc import Iterator, Mapping
from typing import Final

from anonspark.config.fields import Path, Problem, meaning
from anonspark.config.locations import canonical, lies_in, resolve
from anonspark.config.plain import Data, section
from anonspark.config.problems import path_text
from anonspark.config.tables import format_of
from anonspark.vocabulary import TableFormat

TABLES: Final = ("input", "output", "population", "original", "released")
"""The sections that are tables, in the job files of all kinds."""


def faults_of_tables(data: Mapping[str, Data], beside: str = "output") -> Iterator[Problem]:
    """Tables without a place or with two, and keys that their format has no use for.

    Args:
        data: The job.
        beside: The section of the table that the metadata lie beside, where they have no place of their own.
    """
    for key in TABLES:
        table = data.get(key)
        if isinstance(table, dict):
            yield from faults_of_table((key,), table)
    neighbour = section(data, beside)
    if neighbour.get("table") is not None and neighbour.get("uri") is None and data.get("metadata") is None:
        yield ("metadata",), f"is missing; name its uri, since the {beside} is a table of the catalog."


def faults_of_places(data: Mapping[str, Data], base: str) -> Iterator[Problem]:
    """An output that lies on the input, the population, a hierarchy or the metadata."""
    source, population, output = (_place(section(data, key), base) for key in ("input", "population", "output"))
    if population is not None and population == source:
        yield ("population",), "is the input itself, which tells nothing more; name the larger table, or leave it out."
    in_place = meaning(data.get("in_place")) is True
    if output is None:
        return
    if output == source and not in_place:
        yield ("output",), "is the input itself; write in_place: true to have it overwritten, or name another place."
    for path, read in _places_read(data, base):
        if output[0] != "uri" or (path[0] == "input" and output == source):
            continue
        if lies_in(read, output[1]):
            yield ("output", "uri"), f"lies on {path_text(path)}, which would be overwritten; name another place."
        elif path[0] == "input" and lies_in(output[1], read):
            yield ("output", "uri"), "lies within the input, where the next run would read it; name another place."
    metadata = section(data, "metadata").get("uri")
    if isinstance(metadata, str) and output == ("uri", canonical(resolve(metadata, base))):
        yield ("metadata", "uri"), "is the output itself; name another folder."


def faults_of_table(path: Path, table: Mapping[str, Data]) -> Iterator[Problem]:
    """A table without a place or with two, or with keys that its format has no use for; `path` leads to it."""
    if table.get("uri") is None and table.get("table") is None:
        yield path, "names no table; give it a uri or a table."
    if table.get("uri") is not None and table.get("table") is not None:
        yield (*path, "table"), "stands beside uri; keep only one of the two."
    stored_as = format_of(table)
    if stored_as is None:
        return
    if table.get("version") is not None and stored_as is not TableFormat.DELTA:
        yield (*path, "version"), f"is for delta only, and this is {stored_as}; leave it out."
    if table.get("schema") and stored_as in (TableFormat.PARQUET, TableFormat.DELTA):
        yield (*path, "schema"), f"is for csv and json only, as {stored_as} has its own types; leave it out."
    uri = table.get("uri")
    if table.get("partition_by") and isinstance(uri, str) and uri.lower().endswith((".csv", ".json")):
        yield (*path, "partition_by"), "has no use for a single file; name a folder as uri, or leave it out."


def _place(table: Mapping[str, Data], base: str) -> tuple[str, str] | None:
    """One spelling of a table's place, to compare."""
    uri, name = table.get("uri"), table.get("table")
    if isinstance(uri, str) and uri:
        return "uri", canonical(resolve(uri, base))
    return ("table", name.casefold()) if isinstance(name, str) and name else None


def _places_read(data: Mapping[str, Data], base: str) -> Iterator[tuple[Path, str]]:
    """Every URI that the job reads, by its path in the file."""
    for key in ("input", "population"):
        uri = section(data, key).get("uri")
        if isinstance(uri, str) and uri:
            yield (key, "uri"), resolve(uri, base)
    attributes = data.get("attributes")
    for index, attribute in enumerate(attributes if isinstance(attributes, list) else []):
        uri = section(attribute, "hierarchy").get("uri") if isinstance(attribute, dict) else None
        if isinstance(uri, str) and uri:
            yield ("attributes", index, "hierarchy", "uri"), resolve(uri, base)
