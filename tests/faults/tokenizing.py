"""A driver that tokenizes one table after the other, until it is killed."""

import sys
from contextlib import ExitStack
from pathlib import Path

from pyspark.sql import functions as F

from anonspark.domain.keys import KeyScope, RootKey, root_key
from anonspark.domain.treatments import Tokenize
from anonspark.domain.vaults import parse_vault
from anonspark.io.session import open_session
from anonspark.pii.open_vault import open_vault
from anonspark.pii.transforms.tokenize import tokenize_columns

ROWS = 20_000


def key() -> RootKey:
    return root_key(bytes(range(32)))


def vault_of(folder: Path) -> str:
    return f"sqlite:///{folder}/vault.db"


def main(folder: Path) -> None:
    """Tables `out0`, `out1`, ..., each with half of the values of the one before."""
    spark = open_session(master="local[2]")
    keys = KeyScope("people", linking=key(), encryption=key())
    for number in range(1_000):
        first = number * ROWS // 2
        table = spark.range(first, first + ROWS).select(F.concat(F.lit("person "), "id").alias("name"))
        with ExitStack() as held:
            vault = open_vault(parse_vault(vault_of(folder)), spark, f"run {number}", held)
            step = tokenize_columns(table, {"name": Tokenize()}, vault, keys, held=held)
            table.transform(step).write.format("delta").save(str(folder / f"out{number}"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
