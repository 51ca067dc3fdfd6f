"""A smallest job, and the faults of it with sections replaced."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from anonspark.config.job import AnonymizeJob
from anonspark.errors import ConfigurationError

Faults = dict[str | None, str]


def smallest_job(**sections: Any) -> dict[str, Any]:
    return {
        "attributes": [{"name": "age", "type": "quasi_identifier"}, {"name": "illness", "type": "sensitive"}],
        "privacy": [{"model": "k-anonymity", "k": 5}],
        **sections,
    }


@pytest.fixture
def job_of() -> Callable[..., AnonymizeJob]:
    """A job with these sections in place of the smallest job's."""
    return lambda **sections: AnonymizeJob.from_dict(smallest_job(**sections))


@pytest.fixture
def faults_of() -> Callable[..., Faults]:
    """The faults of that job: sentence by path."""

    def faults(**sections: Any) -> Faults:
        try:
            AnonymizeJob.from_dict(smallest_job(**sections))
        except ConfigurationError as error:
            return dict(error.problems)
        return {}

    return faults


@pytest.fixture
def hierarchy_faults(faults_of: Callable[..., Faults]) -> Callable[[Mapping[str, Any]], Faults]:
    """The faults of a hierarchy: sentence by path below `hierarchy`."""

    def faults(hierarchy: Mapping[str, Any]) -> Faults:
        found = faults_of(attributes=[{"name": "age", "type": "quasi_identifier", "hierarchy": hierarchy}])
        prefix = "attributes[0].hierarchy"
        return {(path or "").removeprefix(prefix).removeprefix("."): sentence for path, sentence in found.items()}

    return faults
