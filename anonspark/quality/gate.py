"""The quality gate of a release: a Great Expectations suite, run on counts.

Great Expectations asks many queries of a table and keeps values of it in its results. So the rows are counted by us, in
the one pass that verification makes anyway, and the suite is run on one row of counts: no value of the data is where
the suite, its result or its page could show one.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from anonspark.quality.requirements import Requirement

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext

NAME: Final = "anonspark release"

INSTALL: Final = "pip install 'anonspark[quality]'"


@dataclass(frozen=True, slots=True)
class GateResult:
    """What came of a gate.

    Attributes:
        expectations: How many there were.
        failed: Names of those that do not hold.
        validation: Great Expectations' own result, as JSON.
        page: The same as a page of HTML that needs no other file.
    """

    expectations: int
    failed: tuple[str, ...]
    validation: str
    page: str

    @property
    def passed(self) -> bool:
        """Whether everything holds."""
        return not self.failed


def is_installed() -> bool:
    """Whether Great Expectations is there; it is not imported."""
    return find_spec("great_expectations") is not None


def load() -> None:
    """Import Great Expectations: two CPU seconds, once a process."""
    import great_expectations  # noqa: F401  its names are looked up where they are used


def run_gate(requirements: Sequence[Requirement], title: str, if_failed: str) -> GateResult:
    """Hold the requirements against what was counted.

    Args:
        requirements: Each with its count.
        title: Names the release and the run.
        if_failed: What a failure comes to, as a sentence.
    """
    import pandas as pd

    from anonspark.quality.page import render_page

    counts = pd.DataFrame({requirement.name: [requirement.count] for requirement in requirements})
    with own_context() as context:
        asset = context.data_sources.add_pandas("release").add_dataframe_asset("counts")
        batch = asset.add_batch_definition_whole_dataframe("written").get_batch({"dataframe": counts})
        result: Any = batch.validate(suite_of(requirements), result_format="BOOLEAN_ONLY")
        validation = result.to_json_dict()
        page = render_page(result, validation, title, if_failed)
    failed = set(failed_names(validation))
    in_order = tuple(requirement.name for requirement in requirements if requirement.name in failed)
    return GateResult(len(requirements), in_order, json.dumps(validation, indent=1), page)


def failed_names(validation: Mapping[str, Any]) -> list[str]:
    """The names of the requirements that do not hold, as Great Expectations' result has them."""
    return [each["expectation_config"]["kwargs"]["column"] for each in validation["results"] if not each["success"]]


def suite_of(requirements: Sequence[Requirement]) -> "ExpectationSuite":
    """One expectation a requirement: the one value of its column is within its bounds."""
    from great_expectations import ExpectationSuite
    from great_expectations.expectations.core.expect_column_max_to_be_between import ExpectColumnMaxToBeBetween

    return ExpectationSuite(
        name=NAME,
        expectations=[
            ExpectColumnMaxToBeBetween(
                column=requirement.name,
                min_value=requirement.wanted,
                max_value=requirement.wanted,
                description=requirement.sentence,
                notes=requirement.found,
            )
            for requirement in requirements
        ],
    )


@contextmanager
def own_context() -> "Iterator[EphemeralDataContext]":
    """A context in memory that sends and prints nothing; the caller's own, if there is one, is the current one after.

    Great Expectations keeps the current context in a global of its process.
    """
    import great_expectations as gx
    from great_expectations.data_context.data_context.context_factory import project_manager
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )
    from great_expectations.exceptions.exceptions import DataContextRequiredError

    try:
        before: Any = project_manager.get_current_project()
    except DataContextRequiredError:
        before = None
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )
    try:
        yield gx.get_context(mode="ephemeral", project_config=config)
    finally:
        project_manager.set_project(before)
