"""Actions with a key on one column, values a second, beside plain Spark, Presidio's anonymizer and Faker in a UDF."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from faker import Faker
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.keys import KeyRing, root_key
from anonspark.domain.treatments import DateShift, Encrypt, FormatPreservingEncrypt, Hash
from anonspark.io.session import open_session
from anonspark.pii.transforms.date_shift import shift_date
from anonspark.pii.transforms.encrypt import decrypt, encrypt
from anonspark.pii.transforms.format_preserving import fpe_encrypt
from anonspark.pii.transforms.hash import hash_value
from anonspark.pii.transforms.pseudonymize import pseudonymize
from benchmarks.machine import family_cpu_seconds, in_a_new_process
from benchmarks.markdown import as_table, count, figure

ROWS = (1_000_000,)
PEER = "presidio-anonymizer"
PEER_VALUES = 5_000
FAKER_ROWS = 50_000
"""What a generator of fakes that is asked once a row may take: it is a hundred times slower."""

PATIENCE_S = 600
WORKER = Path(__file__).with_name("presidio_worker.py")
KEY = root_key(bytes(range(32)))
SCOPE = "benchmark"
HEADS = ["action on one column", "rows", "s", "values a second", "times the floor", "CPU us a value"]

Action = tuple[str, str, Callable[[Column], Column]]
"""Name, column, and what is done with it."""


class NoPeerError(Exception):
    """Presidio could not be installed or did not end well; says why."""


@dataclass(frozen=True, slots=True)
class Measured:
    """An action on a column.

    Attributes:
        name: In words.
        rows: Values.
        rounds: Wall-clock and CPU seconds of each; the CPU of Python, its workers and the JVM, None where it cannot be
            read.
    """

    name: str
    rows: int
    rounds: Sequence[tuple[float, float | None]]

    @property
    def seconds(self) -> float:
        """Of the clock, the median."""
        return median(wall_s for wall_s, _ in self.rounds)

    @property
    def cpu_s(self) -> float | None:
        """Of the processors, the median."""
        known = [cpu_s for _, cpu_s in self.rounds if cpu_s is not None]
        return median(known) if known else None


def actions() -> list[Action]:
    """What is measured; all but the floor and the plain hash go through a Python worker."""

    def fake(pii_type: str) -> Callable[[Column], Column]:
        return lambda value: pseudonymize(value, pii_type, None, KEY, SCOPE)

    def seal(*, deterministic: bool) -> Callable[[Column], Column]:
        return lambda value: encrypt(value, Encrypt(deterministic), KEY, SCOPE, "email")

    def shift(value: Column) -> Column:
        return shift_date(value, F.col("email"), DateShift(), KEY, SCOPE)

    fpe = FormatPreservingEncrypt()
    return [
        ("floor: read and pass on", "email", lambda value: value),
        ("hash without a key (SHA-256, native)", "email", lambda value: hash_value(value, Hash(), None)),
        ("hash (HMAC-SHA-256)", "email", lambda value: hash_value(value, Hash(), KEY.derive("hash", SCOPE))),
        ("encrypt (AES-256-GCM)", "email", seal(deterministic=False)),
        ("encrypt, deterministic (AES-SIV)", "email", seal(deterministic=True)),
        ("decrypt (AES-256-GCM)", "sealed", lambda value: decrypt(value, KeyRing(KEY), SCOPE)),
        ("format_preserving_encrypt (FF1, 16 digits)", "card", lambda value: fpe_encrypt(value, fpe, KEY, SCOPE)),
        ("date_shift (a person's dates, text)", "day", shift),
        ("pseudonymize, e-mail", "email", fake("email")),
        ("pseudonymize, full name", "name", fake("name")),
        ("pseudonymize, passport (permuted code)", "passport", fake("passport")),
        ("pseudonymize, credit card", "card", fake("credit_card")),
    ]  # fmt: skip


def report(rows: Sequence[int], rounds: int, *, smoke: bool) -> str:
    """The whole section."""
    lines: list[list[str]] = []
    for size in [2_000] if smoke else rows:
        lines += in_a_new_process(_measure, size, 1 if smoke else rounds, min(size, 2_000 if smoke else FAKER_ROWS))
    return "\n\n".join(
        [
            "Distinct values in all columns but the day, written nowhere (`noop`); medians of the rounds. CPU is "
            "of Python, its workers and the JVM together. Spark runs "
            "as many Python workers as there are cores.",
            as_table(HEADS, lines),
            peer_section(200 if smoke else PEER_VALUES),
        ]
    )


def _measure(rows: int, rounds: int, faker_rows: int) -> list[list[str]]:
    """Lines of the table, in a session of its own."""
    spark = open_session(conf={"spark.ui.enabled": "false"})
    try:
        with TemporaryDirectory() as folder:
            values_of(spark, rows).write.parquet(f"{folder}/values")
            table = spark.read.parquet(f"{folder}/values")
            found = []
            for name, column, change in actions():
                take = partial(_pass, table.select(change(F.col(column))))
                take()  # starts workers, builds pools
                found.append(Measured(name, rows, [_on_the_clock(take) for _ in range(rounds)]))
            faker = table.limit(faker_rows).select(_faker_udf()(F.col("name")))
            found.append(Measured("Faker's name() in a plain UDF", faker_rows, [_on_the_clock(partial(_pass, faker))]))
    finally:
        spark.stop()
    return [row_of(each, found[0]) for each in found]


def row_of(measured: Measured, floor: Measured) -> list[str]:
    """A line of the table."""
    speed = measured.rows / measured.seconds
    times_the_floor = floor.rows / floor.seconds / speed
    cpu_us = None if measured.cpu_s is None else measured.cpu_s / measured.rows * 1e6
    counts = count(measured.rows), figure(measured.seconds), count(round(speed))
    return [measured.name, *counts, figure(times_the_floor), figure(cpu_us)]


def values_of(spark: SparkSession, rows: int) -> DataFrame:
    """A made-up table of people, with ciphertexts of their addresses."""
    n = F.col("id")
    digits = F.lpad((n * 7919 % 10**12).cast("string"), 12, "0")
    email = F.concat(F.lit("user"), n.cast("string"), F.lit("@mail.example"))
    return (
        spark.range(rows)
        .select(
            email.alias("email"),
            F.concat(F.lit("John "), F.translate(n.cast("string"), "0123456789", "abcdefghij")).alias("name"),
            F.concat(F.lit("4111"), digits).alias("card"),
            F.concat(F.lit("C"), F.substring(digits, 4, 9)).alias("passport"),
            F.date_add(F.lit("1990-01-01").cast("date"), (n % 10_000).cast("int")).cast("string").alias("day"),
        )
        .withColumn("sealed", encrypt(F.col("email"), Encrypt(), KEY, SCOPE, "email"))
    )


def _faker_udf() -> Callable[[Column], Column]:
    made: list[Faker] = []

    def name(value: str | None) -> str | None:
        if not made:
            made.append(Faker())
        made[0].seed_instance(value)  # so that the same value has the same fake
        return str(made[0].name())

    return F.udf(name, "string")


def _pass(table: DataFrame) -> None:
    table.write.format("noop").mode("overwrite").save()


def _on_the_clock(work: Callable[[], None]) -> tuple[float, float | None]:
    cpu_since, since = family_cpu_seconds(), perf_counter()
    work()
    wall_s, cpu_s = perf_counter() - since, family_cpu_seconds()
    # Less than before: Spark has ended a whole tree of workers, and nobody waited for it.
    return wall_s, None if cpu_s is None or cpu_since is None or cpu_s < cpu_since else cpu_s - cpu_since


def peer_section(n_values: int) -> str:
    """Presidio's operators in one process, from PyPI in an environment of its own."""
    try:
        with TemporaryDirectory() as folder:
            told = ask_peer(Path(folder), [f"user{n}@mail.example" for n in range(n_values)])
    except NoPeerError as error:
        return f"{PEER} was not measured: {error}"
    lines = [[f"{PEER}, {name}", count(round(speed))] for name, speed in told["speeds"].items()]
    words = f"{PEER} {told['version']}, {count(n_values)} texts, each one e-mail address, in one process without Spark:"
    return f"{words}\n\n{as_table(['operator', 'values a second'], lines)}"


def ask_peer(folder: Path, values: Sequence[str]) -> dict:
    """What the worker answers.

    Raises:
        NoPeerError: There is no network, or it failed.
    """
    python = folder / "peer" / "bin" / "python"
    _run([sys.executable, "-m", "venv", str(folder / "peer")])
    _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PEER])
    request = folder / "request.json"
    request.write_text(json.dumps({"values": list(values)}), encoding="utf-8")
    return json.loads(_run([str(python), str(WORKER), str(request)]).splitlines()[-1])


def _run(command: Sequence[str]) -> str:
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired as error:
        raise NoPeerError(f"it did not end within {PATIENCE_S} s.") from error
    if ended.returncode:
        lines = (ended.stderr or ended.stdout).strip().splitlines()
        raise NoPeerError(f"`{Path(command[0]).name} {' '.join(command[1:4])}` failed: {lines[-1] if lines else '?'}")
    return ended.stdout
