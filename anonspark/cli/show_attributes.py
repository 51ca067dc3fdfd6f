"""The result of `detect-qi` as tables on stdout."""

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from anonspark.cli.tables import show_places, table_of

RIGHT: Final = ("importance", "confidence")

LEGEND: Final = (
    "DI finds a person alone, QI together with others, SI must not become known of a person, NSI tells nothing of one."
)


def show_attributes(summary: Mapping[str, Any]) -> None:
    """What each column is and why, what a few of them tell together, and how well the model does."""
    console = Console(highlight=False)
    table = table_of("column", "is", *RIGHT, "why", right=RIGHT)
    for each in summary["attributes"]:
        table.add_row(
            Text(each["name"]),
            each["classification"],
            f"{each['importance_score']:.1%}" if each["importance_score"] else "-",
            f"{each['confidence']:.2f}",
            Text(each["reasoning"][0]),
        )
    console.print(table)
    console.print(LEGEND)
    sampling = summary["sampling"]
    rounds = f" in {sampling['rounds']} rounds" if sampling["rounds"] > 1 else ""
    console.print(f"Looked at {sampling['rows']:,} rows{rounds}; mode {summary['detection_method']} decided.")
    if summary["identifying_set"]:
        few = ", ".join(summary["identifying_set"])
        console.print(f"These find nearly every record that all quasi-identifiers find: {few}.", markup=False)
    if "model_metrics" in summary:
        metrics, details = summary["model_metrics"], summary["model_details"]
        reliable = "reliable" if metrics["is_reliable"] else "not reliable"
        console.print(
            f"The model is {reliable}: on records that it has not seen, accuracy {metrics['accuracy']:.3f}, "
            f"F1 {details['f1']:.3f}, ROC AUC {details['roc_auc']:.3f}."
        )
    show_places(console, summary)
