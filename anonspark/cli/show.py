"""The result of a run on stdout."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from anonspark.cli.show_attributes import show_attributes
from anonspark.cli.show_detections import show_detections
from anonspark.cli.show_measure import show_comparison
from anonspark.cli.show_release import show_applied, show_release
from anonspark.cli.show_risk import show_risk
from anonspark.cli.show_treatment import show_treatment
from anonspark.cli.show_validation import show_validation
from anonspark.cli.show_vault import show_columns, show_erased, show_rotated

SHOW: Final[Mapping[str, Callable[[Mapping[str, Any]], None]]] = {
    "anonymize": show_release,
    "apply": show_applied,
    "detect-pii": show_detections,
    "decrypt": show_columns,
    "detokenize": show_columns,
    "erase": show_erased,
    "detect-qi": show_attributes,
    "measure": show_comparison,
    "risk": show_risk,
    "rotate-keys": show_rotated,
    "transform-pii": show_treatment,
    "validate": show_validation,
}
"""What shows the summary of each kind of job."""


def show_summary(summary: Mapping[str, Any]) -> None:
    """The result of a run, as its kind of job shows it."""
    SHOW[summary["job"]](summary)
