"""No key and no value is in a plan, Spark's event log, what workers and the driver write, or an exception."""

import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

from anonspark.domain.keys import root_key
from anonspark.pii.transforms.date_shift import PURPOSE as SHIFTING
from anonspark.pii.transforms.format_preserving import PURPOSE as FORMAT_PRESERVING
from anonspark.pii.transforms.hash import HASHING
from anonspark.pii.transforms.pseudonymize import PURPOSE as PSEUDONYMS

SECRET = b"canary-key-0123456789-ABCDEFGHIJ"
VALUES = ["canary.person@example.org", "4111 1111 1111 1111", "1983-05-04", "canary-broken"]

JOB = """
import logging, sys, traceback
from pyspark.sql import SparkSession, functions as F
from anonspark.domain.keys import KeyRing, RootKey, root_key
from anonspark.domain.treatments import DateShift, Encrypt, FormatPreservingEncrypt, Hash
from anonspark.errors import AnonsparkError
from anonspark.pii.transforms.date_shift import shift_date
from anonspark.pii.transforms.encrypt import decrypt, encrypt
from anonspark.pii.transforms.format_preserving import fpe_encrypt
from anonspark.pii.transforms.hash import HASHING, hash_value
from anonspark.pii.transforms.pseudonymize import pseudonymize
from anonspark.pii.workers import worker_refusals

logging.basicConfig(level=logging.DEBUG)
folder, secret = sys.argv[1], sys.argv[2].encode()
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.eventLog.enabled", "true").config("spark.eventLog.dir", folder)
    .config("spark.eventLog.compress", "false").config("spark.ui.enabled", "false")
    .config("spark.python.worker.faulthandler.enabled", "true")
    .config("spark.sql.maxPlanStringLength", 10_000_000)
    .getOrCreate()
)
spark.sparkContext.setLogLevel("INFO")
key = root_key(secret)
table = spark.read.parquet(folder + "/in")
x = F.col("x")
sealed = table.select(
    hash_value(x, Hash(), key.derive(HASHING, "p")).alias("hashed"),
    encrypt(x, Encrypt(), key, "p", "f").alias("random"),
    encrypt(x, Encrypt(deterministic=True), key, "p", "f").alias("same"),
    fpe_encrypt(F.concat(x, F.lit("000000")), FormatPreservingEncrypt(), key, "p").alias("fpe"),
    pseudonymize(x, "name", None, key, "p").alias("fake"),
    shift_date(F.lit("2024-01-01"), x, DateShift(), key, "p").alias("moved"),
)
sealed.explain("extended")
sealed.explain("formatted")
sealed.write.mode("overwrite").parquet(folder + "/out")
back = spark.read.parquet(folder + "/out")
for what in (
    back.select(decrypt(F.col("same"), KeyRing(RootKey(key.id, 1, bytes(32))), "p")),
    table.select(decrypt(x, KeyRing(key), "p")),
    table.select(fpe_encrypt(x, FormatPreservingEncrypt(), key, "p")),
    table.select(shift_date(x, None, DateShift(), key, "p")),
):
    try:
        with worker_refusals("x"):
            what.collect()
        raise SystemExit("nothing was refused")
    except AnonsparkError as error:
        print("refused:", error)
        traceback.print_exc()
spark.stop()
"""


def forms_of(secret: bytes) -> list[str]:
    """How a secret could be written."""
    return [repr(secret)[2:-1], secret.hex(), secret.hex().upper(), b64encode(secret).decode(), str(list(secret))[1:-1]]


def test_no_key_and_no_value_is_written_anywhere_but_into_the_table(tmp_path: Path) -> None:
    make = (
        "import sys, pyarrow as pa, pyarrow.parquet as pq\n"
        "pq.write_table(pa.table({'x': sys.argv[2:]}), sys.argv[1] + '/in')"
    )
    subprocess.run([sys.executable, "-c", make, str(tmp_path), *VALUES], check=True)
    ended = subprocess.run(
        [sys.executable, "-c", JOB, str(tmp_path), SECRET.decode()],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYSPARK_PYTHON": sys.executable},
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    tables = {"in", "out"}
    logs = [
        path for path in tmp_path.rglob("*") if path.is_file() and not tables & set(path.relative_to(tmp_path).parts)
    ]
    events = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in logs)
    said = ended.stdout + ended.stderr
    assert "SparkListenerSQLExecutionStart" in events
    assert "ArrowEvalPython" in events
    assert ended.stdout.count("refused:") == 4
    key = root_key(SECRET)
    derived = [key.derive(purpose, "p") for purpose in (HASHING, PSEUDONYMS, SHIFTING, FORMAT_PRESERVING)]
    hidden = [form for secret in (SECRET, *derived) for form in forms_of(secret)]
    found = [form for form in [*hidden, *VALUES] if form in events or form in said]
    assert found == []
