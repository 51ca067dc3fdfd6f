"""Tokens by vault: how many distinct values a second get one, are found again, and are taken back."""

import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.keys import KeyRing, KeyScope, root_key
from anonspark.domain.treatments import Tokenize
from anonspark.domain.vaults import parse_vault
from anonspark.io.session import open_session
from anonspark.pii.detokenize import detokenize_columns
from anonspark.pii.open_vault import open_vault
from anonspark.pii.transforms.tokenize import tokenize_columns
from benchmarks.machine import in_a_new_process
from benchmarks.markdown import as_table, count, figure
from benchmarks.postgresql import MissingError, postgresql

VALUES: Final = (100_000, 1_000_000)
"""Distinct values; each stands in one row."""

HEAP: Final = "4g"

HEADS: Final = ["vault", "distinct values", "read and write s", "new tokens / s", "known tokens / s", "taken back / s"]


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds for one vault: of the floor, and of whole steps from the read table to the written one."""

    floor_s: float
    new_s: float
    known_s: float
    back_s: float


def report(sizes: Sequence[int], rounds: int, *, smoke: bool) -> str:  # noqa: ARG001  a vault is new only once
    """The whole section, measured once."""
    lines = []
    for size in [2_000] if smoke else sizes:
        for vault, measured in in_a_new_process(_measure, size).items():
            lines.append(row_of(vault, size, measured))
            print(*lines[-1], file=sys.stderr)
    return as_table(HEADS, lines, texts=1)


def _measure(size: int) -> dict[str, Measured]:
    """Each kind of vault that this machine has, in one session and on one table."""
    spark = open_session(conf={"spark.driver.memory": HEAP})
    with TemporaryDirectory() as name:
        folder = Path(name)
        values = spark.range(size).select(
            F.concat(F.lit("person."), F.col("id").cast("string"), F.lit("@example.com")).alias("mail"),
            F.col("id"),
        )
        values.write.parquet(str(folder / "people"))
        found = {}
        for kind, place in PLACES.items():
            try:
                with place(folder) as text:
                    found[kind] = measured(spark, folder, text)
                print(kind, found[kind], file=sys.stderr)
            except MissingError as why:
                print(f"{kind}: {why}", file=sys.stderr)
        spark.stop()
    return found


def measured(spark: SparkSession, folder: Path, vault: str) -> Measured:
    """The floor; then the table tokenized into an empty vault, once more, and back."""
    table, keys = spark.read.parquet(str(folder / "people")), keys_of()

    def tokenized() -> None:
        with ExitStack() as held:
            opened = open_vault(parse_vault(vault), spark, "bench", held)
            types: dict[str, str | None] = {"mail": "email"}
            step = tokenize_columns(table, {"mail": Tokenize()}, opened, keys, held=held, pii_types=types)
            write(table.transform(step), folder / "tokens")

    def back() -> None:
        tokens = spark.read.parquet(str(folder / "tokens"))
        with ExitStack() as held:
            opened = open_vault(parse_vault(vault), spark, "bench", held)
            found = detokenize_columns(tokens, ["mail"], opened, KeyRing(keys.linking), keys.scope, held=held)
            write(tokens.transform(found.step), folder / "back")

    return Measured(*map(seconds_of, (lambda: write(table, folder / "floor"), tokenized, tokenized, back)))


def seconds_of(work: Callable[[], None]) -> float:
    """Of the clock."""
    since = perf_counter()
    work()
    return perf_counter() - since


def write(table: DataFrame, place: Path) -> None:
    """To Parquet, over what is there."""
    table.write.mode("overwrite").parquet(str(place))


def keys_of() -> KeyScope:
    """Keys of one run."""
    key = root_key(secrets.token_bytes(32))
    return KeyScope("bench", linking=key, encryption=key)


def row_of(vault: str, size: int, measured: Measured) -> list[str]:
    """A line of the table; the floor is taken off before values are divided by seconds."""

    def a_second(seconds: float) -> str:
        return count(round(size / max(seconds - measured.floor_s, 1e-3)))

    return [
        vault,
        count(size),
        figure(measured.floor_s),
        *(a_second(seconds) for seconds in (measured.new_s, measured.known_s, measured.back_s)),
    ]


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder}/vault.db"


@contextmanager
def _postgresql(_: Path) -> Iterator[str]:
    with postgresql() as url:
        yield f"{url}/postgres"


@contextmanager
def _delta(folder: Path) -> Iterator[str]:
    yield str(folder / "vault")


PLACES: Final[dict[str, Callable[[Path], AbstractContextManager[str]]]] = {
    "SQLite": _sqlite,
    "PostgreSQL": _postgresql,
    "Delta": _delta,
}
