"""What the tests of faults share."""

from pathlib import Path

import pytest

from tests.pipelines.patients import patients, write_csv


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the patients."""
    write_csv(tmp_path / "patients.csv", patients())
    return tmp_path
