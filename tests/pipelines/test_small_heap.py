"""A run of more classes than `search.memory_mb` holds, by a driver with a heap of 2 GiB, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from deltalake import DeltaTable

from tests.pipelines.patients import multiset

pytestmark = pytest.mark.nightly

N_ROWS = 1_000_000
MEMORY_MB = 16
BYTES_A_COMBINATION = 24
"""At least what the driver would hold of one: two copies of two codes of 4 bytes, and a count of 8."""

HEAP = "spark.driver.memory=2g"

RUN = """
import sys
from anonspark.cli.main import main
try:
    main()
finally:
    from pyspark.sql import SparkSession
    heap = SparkSession.getActiveSession()._jvm.java.lang.Runtime.getRuntime().maxMemory()
    print("HEAP", heap, file=sys.stderr)
"""


def write_people(folder: Path) -> int:
    """A million rows of two numbers, few of which are alike; returns how many combinations they have."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"age": rng.integers(0, 100, N_ROWS), "home": (rng.random(N_ROWS) ** 2 * 40_000).astype(int)})
    table.to_parquet(folder / "people.parquet", index=False)
    return len(table.drop_duplicates())


def job(memory_mb: int, output: str) -> dict[str, Any]:
    def intervals(maximum: int, *widths: int) -> dict[str, Any]:
        return {"kind": "intervals", "min": 0, "max": maximum, "widths": list(widths)}

    hierarchies = {"age": intervals(100, 5, 20), "home": intervals(40_000, 100, 2_000, 10_000)}
    return {
        "version": 1,
        "job": "anonymize",
        "input": {"uri": "people.parquet", "format": "parquet"},
        "output": {"uri": f"{output}/released", "format": "delta"},
        "attributes": [
            {"name": name, "type": "quasi_identifier", "hierarchy": hierarchy}
            for name, hierarchy in hierarchies.items()
        ],
        "privacy": [{"model": "k-anonymity", "k": 50}],
        "max_suppression": 0.02,
        "search": {"memory_mb": memory_mb},
    }


def summary_of(folder: Path, memory_mb: int, output: str) -> dict[str, Any]:
    """The summary of the job by the command line; the heap is what was asked for."""
    path = folder / f"{output}.json"
    path.write_text(json.dumps(job(memory_mb, output)), encoding="utf-8")
    command = [sys.executable, "-c", RUN, "anonymize", "--json", "--config", str(path), "--spark-conf", HEAP]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    (heap,) = [int(line.split()[1]) for line in ended.stderr.splitlines() if line.startswith("HEAP ")]
    assert heap <= 2 << 30
    summary: dict[str, Any] = json.loads(ended.stdout)
    return summary


def test_more_classes_than_the_memory_holds_are_released_as_in_memory(tmp_path: Path) -> None:
    n_combinations = write_people(tmp_path)
    assert n_combinations * BYTES_A_COMBINATION > MEMORY_MB << 20
    on_cluster, in_memory = summary_of(tmp_path, MEMORY_MB, "cluster"), summary_of(tmp_path, 2048, "memory")
    assert (on_cluster["lattice"]["checker"], in_memory["lattice"]["checker"]) == ("cluster", "in_memory")
    assert on_cluster["lattice"]["base_classes"] == in_memory["lattice"]["base_classes"] == n_combinations
    for part in ("rows", "levels", "suppressed", "score", "classes", "metrics", "risk"):
        assert on_cluster[part] == in_memory[part], part
    tables = [multiset(released_of(tmp_path / name)) for name in ("cluster", "memory")]
    assert tables[0] == tables[1]


def released_of(folder: Path) -> pd.DataFrame:
    """Each combination of labels with its records: a million rows need not be compared one by one."""
    table = DeltaTable(folder / "released").to_pandas()
    return table.groupby(["age", "home"], dropna=False).size().reset_index(name="records")
