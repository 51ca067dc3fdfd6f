"""A driver that is killed while it tokenizes has released no token that the vault does not know."""

import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from anonspark.domain.keys import KeyRing, KeyScope
from anonspark.domain.treatments import Tokenize
from anonspark.domain.vaults import parse_vault
from anonspark.pii.detokenize import detokenize_columns
from anonspark.pii.open_vault import open_vault
from anonspark.pii.transforms.tokenize import tokenize_columns
from tests.faults.killed import driver, kill, wait_until
from tests.faults.tokenizing import ROWS, key, vault_of

pytestmark = pytest.mark.nightly


@pytest.mark.parametrize("later_s", [0.0, 0.7, 1.9])
def test_what_was_released_is_known_and_a_rerun_gets_the_same_tokens(
    spark: SparkSession, tmp_path: Path, later_s: float
) -> None:
    with driver([sys.executable, "-m", "tests.faults.tokenizing", str(tmp_path)], tmp_path) as process:
        wait_until(lambda: process.poll() is not None or any(tmp_path.glob("out0/_delta_log/*.json")))
        time.sleep(later_s)
        assert kill(process) < 0, (tmp_path / "driver.log").read_text(encoding="utf-8")[-3000:]
    released = sorted(path.parent.parent for path in tmp_path.glob("out*/_delta_log/*0.json"))
    assert released
    keys = KeyScope("people", linking=key(), encryption=key())
    for table in released:
        with ExitStack() as held:
            vault = open_vault(parse_vault(vault_of(tmp_path)), spark, "after", held)
            tokens = spark.read.format("delta").load(str(table))
            back = detokenize_columns(tokens, ["name"], vault, KeyRing(key()), "people", held=held)
            names = tokens.transform(back.step)
            assert (back.cells, back.unknown) == ({"name": ROWS}, {"name": 0})
            assert names.distinct().count() == ROWS
            again = names.transform(tokenize_columns(names, {"name": Tokenize()}, vault, keys, held=held))
            assert again.exceptAll(tokens).isEmpty()
