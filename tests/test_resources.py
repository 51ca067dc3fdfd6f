import pytest

from anonspark.errors import LocationError
from anonspark.resources import resource


def test_a_shipped_file_is_found() -> None:
    assert resource("jobs/hospital.yaml").read_text(encoding="utf-8").startswith("#")


def test_a_misspelt_name_is_told_with_the_nearest_one() -> None:
    with pytest.raises(LocationError, match=r"'jobs/hospitl\.yaml'; did you mean 'jobs/hospital\.yaml'\?"):
        resource("jobs/hospitl.yaml")
