"""How the release was found: the lattice as the search saw it, and the next best nodes."""

from collections.abc import Mapping
from decimal import Decimal
from math import prod
from typing import Any

from anonspark.domain.lattice import Lattice
from anonspark.io.run_records import NodeRecord, RunRecords
from anonspark.report.document import Chart, DataTable, Facts, Paragraph, Section, section
from anonspark.report.lattice_charts import LatticeView, lattice_chart
from anonspark.report.numbers import counted, percent
from anonspark.report.verdict import columns_by_role, proof
from anonspark.report.wording import SHARES, difference, metric_name, share_or_number
from anonspark.vocabulary import AttributeRole

MOST_ALTERNATIVES = 5


def search_section(records: RunRecords) -> Section:
    """The lattice, the effort and how sure the result is."""
    return section("How it was found", [_explained(records), _chart(records), effort(records)])


def _explained(records: RunRecords) -> Paragraph:
    lattice = records.summary["lattice"]
    others = "could rule the others out by bounds" if is_proven(records) else "did not look at the others"
    return Paragraph(
        f"A node is one choice of a level for every quasi-identifier; there are {lattice['nodes']:,} of them. The "
        f"search checked {lattice['checked']:,} ({percent(lattice['share_checked'])}) and {others}."
    )


def is_proven(records: RunRecords) -> bool:
    """Whether no node is better than the chosen one; what a local recoding makes of it is not in question."""
    summary = records.summary
    return bool(summary.get("recoding", {}).get("node", summary)["optimal"])


def _chart(records: RunRecords) -> Chart | None:
    """None where no node was recorded, or none that was chosen, as where every class has levels of its own."""
    if not any(node.levels == records.levels for node in records.nodes):
        return None
    summary = records.summary
    names = tuple(summary["levels"])
    return lattice_chart(
        LatticeView(
            names=names,
            lattice=lattice_of_run(records, names),
            nodes=records.nodes,
            chosen=records.levels,
            records=summary["rows"],
            limit=limit_of(records),
            metric=metric_name(summary["metric"]).lower(),
            in_percent=summary["metric"] in SHARES,
        )
    )


def lattice_of_run(records: RunRecords, names: tuple[str, ...]) -> Lattice | None:
    """All nodes that could have been chosen; None where the settings do not tell."""
    settings = columns_by_role(records, AttributeRole.QUASI_IDENTIFIER)
    bounds = [_bounds(settings[name], records.summary["heights"][name]) for name in names]
    lattice = Lattice(tuple(low for low, _ in bounds), tuple(high for _, high in bounds))
    return lattice if prod(lattice.shape) == records.summary["lattice"]["nodes"] else None


def _bounds(attribute: Mapping[str, Any], height: int) -> tuple[int, int]:
    # One value a class and no hierarchy: classes are formed without the column, so it stands at its top.
    low = height if attribute["microaggregation"] and not attribute["hierarchy"] else attribute["min_level"]
    return low, height if attribute["max_level"] is None else attribute["max_level"]


def limit_of(records: RunRecords) -> int:
    """Most records that could be suppressed."""
    return int(Decimal(str(records.config["max_suppression"])) * int(records.summary["rows"]))


def effort(records: RunRecords) -> Facts:
    """What the search did, in numbers."""
    summary = records.summary
    lattice = summary["lattice"]
    where = "on the cluster" if lattice["checker"] == "cluster" else "on the driver"
    jobs = f", {counted(lattice['jobs'], 'Spark job')}" if "jobs" in lattice else ""
    pairs = [
        ("Result", proof(records)),
        ("Strategy", f"{records.config['search']['strategy']}, minimizing {metric_name(summary['metric']).lower()}"),
        ("Nodes", f"{lattice['nodes']:,}"),
        ("Checks", f"{lattice['checked']:,} of whole nodes, {lattice['projections']:,} on fewer columns"),
        ("Classes of the raw table", f"{lattice['base_classes']:,}, kept {where}{jobs}"),
        ("Suppression limit", f"{counted(limit_of(records), 'record')} ({percent(records.config['max_suppression'])})"),
    ]
    if "gap" in summary:
        pairs.append(("Bound", f"no node is below {share_or_number(summary['metric'], summary['bound'])}"))
    return Facts("The search", tuple(pairs))


def chosen_node(records: RunRecords) -> NodeRecord:
    """The node of the release; where classes got levels of their own, the one that these started from."""
    summary = records.summary
    there = next((node for node in records.nodes if node.levels == records.levels), None)
    node = summary.get("recoding", {}).get("node", summary)
    return there or NodeRecord(records.levels, True, node["suppressed"], node["score"])


def alternatives(records: RunRecords) -> list[NodeRecord]:
    """The best satisfied nodes beside the chosen one, best first."""
    others = [node for node in records.nodes if node.satisfied and node.levels != records.levels]
    return others[:MOST_ALTERNATIVES]


def alternatives_section(records: RunRecords) -> Section:
    """What the next best nodes would have cost."""
    found, chosen, metric = alternatives(records), chosen_node(records), records.summary["metric"]
    if not found:
        text = "No other node that the search checked satisfies every model within the suppression limit."
        return section("The next best nodes", [Paragraph(text)])
    rows = [_alternative("chosen", chosen, chosen, metric)]
    rows += [_alternative(f"{place}", node, chosen, metric) for place, node in enumerate(found, start=1)]
    headers = ("Node", metric_name(metric), "Difference", "Suppressed", "Levels that differ")
    note = "Of the nodes that the search checked; others were not measured and may be better or worse than these"
    note += ", but none is better than the chosen one." if is_proven(records) else "."
    table = DataTable("What they would cost", headers, tuple(rows), frozenset({1, 2, 3}))
    return section("The next best nodes", [table, Paragraph(note)])


def _alternative(place: str, node: NodeRecord, chosen: NodeRecord, metric: str) -> tuple[str, ...]:
    score, best = node.score or 0.0, chosen.score or 0.0
    changed = [
        f"{name} {chosen.levels[name]} → {level}" for name, level in node.levels.items() if level != chosen.levels[name]
    ]
    apart = "" if node is chosen else f"{'+' if score > best else ''}{difference(metric, score - best)}"
    return place, share_or_number(metric, score), apart, f"{node.suppressed:,}", ", ".join(changed)
