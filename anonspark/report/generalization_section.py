"""What became of each column, and what that cost."""

from collections.abc import Mapping
from typing import Any

from anonspark.io.run_records import RunRecords
from anonspark.report.charts import loss_chart
from anonspark.report.document import DataTable, Paragraph, Section, section
from anonspark.report.numbers import counted, listed, number, percent
from anonspark.report.verdict import columns_by_role
from anonspark.report.wording import METRICS, level_words, metric_name, share_or_number
from anonspark.vocabulary import AttributeRole, Metric, Suppression


def metric_of_columns(records: RunRecords, metric: str) -> dict[str, float]:
    """A separable metric by column, in the order of the levels."""
    found = {each.column: each.value for each in records.utility if each.metric == metric}
    return {name: found[name] for name in records.summary["levels"] if name in found}


def generalization_section(records: RunRecords) -> Section:
    """Levels with their meaning, what was masked and what was left as it is."""
    losses = metric_of_columns(records, Metric.LOSS)
    return section(
        "What became of the columns",
        [
            levels_table(records, losses),
            Paragraph(_recoding(records)) if "recoding" in records.summary else None,
            _microaggregation(records.summary.get("microaggregation", {})),
            Paragraph(_other_columns(records)),
        ],
    )


def levels_table(records: RunRecords, losses: Mapping[str, float]) -> DataTable:
    """A line a quasi-identifier."""
    summary = records.summary
    settings = columns_by_role(records, AttributeRole.QUASI_IDENTIFIER)
    mean = summary.get("recoding", {}).get("mean_levels", {})
    rows = []
    for name, level in summary["levels"].items():
        height = summary["heights"][name]
        cells = [name, f"{level} of {height}"]
        cells += [number(round(mean[name], 2))] if mean else []
        lost = percent(losses[name]) if name in losses else "not measured"
        rows.append((*cells, level_words(settings.get(name, {}), level, height), lost))
    headers = ("Quasi-identifier", "Level", *(("Mean level",) if mean else ()), "What that means", "Loss")
    return DataTable("Generalization levels", headers, tuple(rows), frozenset({2, 4} if mean else {3}))


def _recoding(records: RunRecords) -> str:
    recoding = records.summary["recoding"]
    node = recoding["node"]
    classes = "classes may overlap" if recoding["kind"] == "relaxed" else "no two classes overlap"
    metric = records.summary["metric"]
    return (
        f"Local recoding ({recoding['kind']}: {classes}): the levels above are those of the node that the recoding "
        "started from; each class was then released at lower levels as far as the models hold, on average at the mean "
        f"level. The node alone would have had a {metric_name(metric).lower()} of "
        f"{share_or_number(metric, node['score'])} with {counted(node['suppressed'], 'suppressed record')}; "
        f"the release has {share_or_number(metric, records.summary['score'])} with {records.summary['suppressed']:,}."
    )


def _microaggregation(told: Mapping[str, Any]) -> DataTable | None:
    if not told:
        return None
    rows = tuple(
        (
            name,
            f"{each['function']} of its class",
            percent(each["changed"]),
            "no numbers" if each["sse_share"] is None else percent(each["sse_share"]),
        )
        for name, each in told.items()
    )
    headers = ("Column", "Released as", "Records changed", "Variation lost (SSE / SST)")
    return DataTable("One value a class (micro-aggregation)", headers, rows, frozenset({2, 3}))


def _other_columns(records: RunRecords) -> str:
    config = records.config
    identifiers, sensitive = (
        list(columns_by_role(records, role)) for role in (AttributeRole.IDENTIFIER, AttributeRole.SENSITIVE)
    )
    dropped = config.get("identifiers") == Suppression.DROP
    sentences = []
    if identifiers:
        fate = "left out" if dropped else "masked (*)"
        sentences.append(f"Identifiers {fate}: {listed(identifiers)}.")
    if sensitive:
        sentences.append(
            f"Sensitive, released as they came and protected by the models that name them: {listed(sensitive)}."
        )
    rows = "left out" if config.get("suppression") == Suppression.DROP else "kept with * in every quasi-identifier"
    sentences.append(f"Suppressed records are {rows}.")
    sentences.append(
        "Columns that the job does not name are released as they came; the models say nothing about what these tell."
    )
    return " ".join(sentences)


def cost_section(records: RunRecords) -> Section:
    """What was lost, by column and on the whole."""
    losses = metric_of_columns(records, Metric.LOSS)
    whole = {each.metric: each.value for each in records.utility if each.column is None}
    rows = tuple(
        (
            metric_name(metric) + (" (minimized)" if metric == records.summary["metric"] else ""),
            share_or_number(metric, value),
            METRICS[metric][1] if metric in METRICS else "",
        )
        for metric, value in whole.items()
    )
    metrics = DataTable("Metrics of the release, lower is better", ("Metric", "Value", "Meaning"), rows, frozenset({1}))
    return section("What it cost", [loss_chart(losses) if losses else None, metrics, columns_table(records)])


def columns_table(records: RunRecords) -> DataTable | None:
    """The separable metrics of each column; None where there are none."""
    # What a micro-aggregation changed stands in the same table and has one of its own here.
    found = {each.metric for each in records.utility if each.column is not None}
    metrics = [metric for metric in METRICS if metric in found]
    by_metric = {metric: metric_of_columns(records, metric) for metric in metrics}
    rows = tuple(
        (
            name,
            *(
                share_or_number(metric, by_metric[metric][name]) if name in by_metric[metric] else ""
                for metric in metrics
            ),
        )
        for name in records.summary["levels"]
    )
    if not metrics:
        return None
    headers = ("Quasi-identifier", *map(metric_name, metrics))
    return DataTable("Metrics by column", headers, rows, frozenset(range(1, len(headers))))
