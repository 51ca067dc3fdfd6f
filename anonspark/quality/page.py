"""The page of a gate's result: Great Expectations' view of it, in a template of ours.

Its own template loads styles and scripts from seven hosts, shows no notes, and is unreadable where no network is. Ours
stands alone, names what does not hold first, and escapes every name.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

VIEWS: Final = Path(__file__).parent / "views"


def render_page(
    result: "ExpectationSuiteValidationResult", validation: Mapping[str, Any], title: str, if_failed: str
) -> str:
    """A page of HTML.

    Args:
        result: What came of the suite.
        validation: The same as JSON has it.
        title: Names the release and the run.
        if_failed: What a failure comes to, as a sentence.
    """
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

    view: Any = DefaultJinjaPageView
    document = ValidationResultsPageRenderer().render(result)
    page: str = view(custom_views_directory=str(VIEWS)).render(
        document, template="gate.j2", title=title, if_failed=if_failed, validation=validation
    )
    return page
