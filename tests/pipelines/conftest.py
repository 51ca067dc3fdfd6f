"""What the tests of whole runs share."""

from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.patients import patients, write_csv


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the patients."""
    write_csv(tmp_path / "patients.csv", patients())
    return tmp_path


@pytest.fixture
def adult(shared: Path) -> dict[str, Any]:
    """The job of the adult table: k = 5, a twentieth of it suppressed."""
    folder = shared / "data" / "adult"
    if not folder.is_dir():
        pytest.skip("the adult table is not among the reference data")
    names = ["sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation",
             "salary-class"]  # fmt: skip
    hierarchies = {name: {"kind": "csv", "uri": str(folder / f"hierarchies/{name}.csv")} for name in names}
    return {
        "input": {"uri": str(folder / "adult.csv"), "format": "csv", "options": {"sep": ";"}},
        "output": {"uri": "out/released", "format": "delta"},
        "attributes": [
            {"name": name, "type": "quasi_identifier", "hierarchy": hierarchy}
            for name, hierarchy in hierarchies.items()
        ],
        "privacy": [{"model": "k-anonymity", "k": 5}],
        "max_suppression": 0.05,
    }
