"""The jars that Spark starts with: resolved once by Spark's own Ivy, then taken from a folder of ours."""

import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

DELTA: Final = "io.delta:delta-spark_4.1_2.13:4.4.0"
"""Moves together with pyspark and delta-spark in pyproject.toml."""

PROVIDED: Final = (
    "com.fasterxml.jackson.core:*",
    "com.fasterxml.jackson.datatype:*",
    "com.github.luben:zstd-jni",
    "io.airlift:aircompressor",
    "org.apache.hadoop:hadoop-client-api",
    "org.apache.hadoop:hadoop-client-runtime",
    "org.apache.logging.log4j:*",
    "org.apache.parquet:*",
    "org.locationtech.jts:jts-core",
    "org.roaringbitmap:*",
    "org.slf4j:*",
    "org.xerial.snappy:snappy-java",
)
"""What the connectors ask for and the pyspark wheel has: a second copy costs 80 MB and a start of other versions."""

LISTING: Final = "complete"
"""The file that names the jars of a folder, written once Spark has started with them."""


def cache_folder() -> Path:
    """Where resolved jars are kept: `anonspark/jars` below XDG_CACHE_HOME, else below ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "anonspark" / "jars"


def jar_conf(coordinates: Iterable[str], cache: Path, conf: Mapping[str, str]) -> dict[str, str]:
    """Spark's settings that bring these jars.

    Ivy answers from its own cache too, but costs every start about a second and eighty lines on the terminal; listed
    jars cost neither and need no network.

    Args:
        coordinates: `group:artifact:version` of each jar.
        cache: The folder of all resolved jars.
        conf: What the caller sets: its own packages, jars and excludes are kept.
    """
    packages = [*filter(None, conf.get("spark.jars.packages", "").split(",")), *coordinates]
    excludes = [*filter(None, conf.get("spark.jars.excludes", "").split(",")), *PROVIDED]
    folder = _folder_of(packages, excludes, cache)
    jars = _listed(folder)
    if jars:
        own = [*filter(None, conf.get("spark.jars", "").split(","))]
        return {"spark.jars": ",".join([*own, *map(str, jars)]), "spark.jars.packages": ""}
    return {
        "spark.jars.packages": ",".join(packages),
        "spark.jars.excludes": ",".join(excludes),
        "spark.jars.ivy": str(folder),
    }


def remember_jars(resolved: Mapping[str, str]) -> None:
    """After a start that resolved jars, list them for the next one; the download cache, a second copy, goes.

    Args:
        resolved: What `jar_conf` returned for that start.
    """
    if "spark.jars.ivy" not in resolved:
        return
    folder = Path(resolved["spark.jars.ivy"])
    names = sorted(path.name for path in (folder / "jars").glob("*.jar"))
    draft = folder / f"{LISTING}.{os.getpid()}"
    draft.write_text("\n".join(names), encoding="utf-8")
    draft.replace(folder / LISTING)
    shutil.rmtree(folder / "cache", ignore_errors=True)


def _folder_of(packages: Iterable[str], excludes: Iterable[str], cache: Path) -> Path:
    """One folder for each set of packages, so that a listing never mixes versions."""
    key = "\n".join([*sorted(packages), "", *sorted(excludes)])
    return cache / hashlib.sha256(key.encode()).hexdigest()[:16]


def _listed(folder: Path) -> tuple[Path, ...]:
    """The jars of a folder, or none if any of them is missing."""
    listing = folder / LISTING
    if not listing.is_file():
        return ()
    jars = tuple(folder / "jars" / name for name in listing.read_text(encoding="utf-8").split())
    return jars if jars and all(jar.is_file() for jar in jars) else ()
