"""The lattice as the search saw it: a picture of a small one, of a large one what was looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from anonspark.domain.lattice import Lattice, Node
from anonspark.io.run_records import NodeRecord
from anonspark.report.document import Chart
from anonspark.report.drawing import GREY, INK, PALE, figure
from anonspark.report.numbers import counted, percent

MOST_DRAWN: Final = 400
"""Nodes of a lattice that is drawn whole."""

MOST_LINKED: Final = 160
"""Nodes of a lattice whose lines can still be followed."""

WIDEST_LABELLED: Final = 7
"""Nodes of a row whose levels can be written beside them."""

MOST_VECTORS: Final = 1_000
"""Points of a plot that are shapes; more of them are a picture, so that a page stays small."""

CHOSEN: Final[dict[str, Any]] = {
    "marker": "*", "s": 190, "facecolor": "white", "edgecolor": INK, "linewidth": 1.4, "zorder": 5, "label": "chosen"
}  # fmt: skip
SATISFIED: Final[dict[str, Any]] = {
    "marker": "o", "s": 30, "facecolor": INK, "edgecolor": INK, "linewidth": 0.8, "zorder": 4, "label": "satisfied"
}  # fmt: skip
FAILED: Final[dict[str, Any]] = {
    "marker": "x", "s": 30, "color": GREY, "linewidth": 1.3, "zorder": 3, "label": "not satisfied"
}  # fmt: skip
UNSEEN: Final[dict[str, Any]] = {
    "marker": "o", "s": 12, "facecolor": "#a8a8a8", "edgecolor": "none", "zorder": 2, "label": "not looked at"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LatticeView:
    """What is drawn of a search.

    Attributes:
        names: The quasi-identifiers, in the order of a node's levels.
        lattice: All nodes; None where their bounds are not known.
        nodes: Those that were looked at.
        chosen: The levels of the release.
        records: Of the table.
        limit: Most records that may be suppressed.
        metric: What the scores are.
        in_percent: Whether they are shares.
    """

    names: tuple[str, ...]
    lattice: Lattice | None
    nodes: Sequence[NodeRecord]
    chosen: Mapping[str, int]
    records: int
    limit: int
    metric: str
    in_percent: bool

    @property
    def satisfied(self) -> list[NodeRecord]:
        """Nodes at which every model holds within the limit, but for the chosen one."""
        return [node for node in self.nodes if node.satisfied and node.levels != self.chosen]

    @property
    def failed(self) -> list[NodeRecord]:
        """The others that were looked at."""
        return [node for node in self.nodes if not node.satisfied]

    def at(self, levels: Mapping[str, int]) -> Node:
        """Levels in the order of the names."""
        return tuple(levels[name] for name in self.names)


def lattice_chart(view: LatticeView) -> Chart:
    """The whole lattice where it is small, else scores and suppressed records of what was looked at."""
    seen = (
        f"{counted(len(view.nodes), 'node')} looked at: {len(view.satisfied) + 1:,} satisfied every model within the "
        f"limit, {len(view.failed):,} did not."
    )
    if view.lattice is not None and view.lattice.size <= MOST_DRAWN:
        text = (
            f"All {counted(view.lattice.size, 'node')} of the lattice, a row for each sum of levels, the lowest at the "
            f"bottom. {seen} A star marks the chosen node."
        )
        return Chart("The lattice", text, partial(_draw_lattice, view, view.lattice))
    text = (
        f"Every node that was looked at, by its sum of levels: above, {view.metric} of those that were satisfied; "
        f"below, the share of records that each suppresses, with the limit of {percent(view.limit / view.records)} as "
        f"a dashed line. {seen} A star marks the chosen node."
    )
    return Chart("The nodes that were looked at", text, partial(_draw_nodes, view))


def _draw_lattice(view: LatticeView, lattice: Lattice) -> Figure:
    rows: dict[int, list[Node]] = {}
    ranges = (range(low, high + 1) for low, high in zip(lattice.bottom, lattice.top, strict=True))
    for node in product(*ranges):
        rows.setdefault(sum(node), []).append(node)
    place = {
        node: (column - (len(row) - 1) / 2, float(height))
        for height, row in rows.items()
        for column, node in enumerate(row)
    }
    drawing = figure(min(7.0, 1.1 + 0.42 * len(rows)))
    axes = drawing.add_subplot()
    if lattice.size <= MOST_LINKED:
        for node, (x, y) in place.items():
            for above in lattice.successors(node):
                axes.plot([x, place[above][0]], [y, place[above][1]], color=PALE, linewidth=0.6, zorder=1)
    satisfied = {view.at(node.levels) for node in view.satisfied}
    failed = {view.at(node.levels) for node in view.failed}
    chosen = view.at(view.chosen)
    unseen = set(place) - satisfied - failed - {chosen}
    groups = ((unseen, UNSEEN), (failed, FAILED), (satisfied, SATISFIED), ({chosen}, CHOSEN))
    for nodes, style in [group for group in groups if group[0]]:
        points = [place[node] for node in sorted(nodes)]
        axes.scatter([x for x, _ in points], [y for _, y in points], **style)
    if max(map(len, rows.values())) <= WIDEST_LABELLED:
        for node, (x, y) in place.items():
            axes.annotate(" ".join(map(str, node)), (x, y), (0, -11), textcoords="offset points", size=6.5,
                          ha="center", color=INK, zorder=6)  # fmt: skip
    axes.set_ylabel("sum of levels")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=12))
    axes.margins(x=0.06, y=0.12)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    _legend(axes)
    return drawing


def _draw_nodes(view: LatticeView) -> Figure:
    drawing = figure(4.4)
    above, below = drawing.subplots(2, 1, sharex=True, height_ratios=(1, 1.2))
    chosen = next((node for node in view.nodes if node.levels == view.chosen), None)
    groups = [(view.failed, FAILED), (view.satisfied, SATISFIED), ([] if chosen is None else [chosen], CHOSEN)]
    for nodes, style in [group for group in groups if group[0]]:
        many = len(nodes) > MOST_VECTORS
        sums = [sum(node.levels.values()) for node in nodes]
        below.scatter(sums, [node.suppressed / view.records for node in nodes], rasterized=many, **style)
        scored = [(at, node.score) for at, node in zip(sums, nodes, strict=True) if node.score is not None]
        above.scatter([at for at, _ in scored], [score for _, score in scored], rasterized=many, **style)
    below.axhline(view.limit / view.records, color=INK, linestyle="--", linewidth=1)
    below.annotate("limit", (1, view.limit / view.records), (0, 3), xycoords=("axes fraction", "data"),
                   textcoords="offset points", ha="right", color=INK)  # fmt: skip
    below.yaxis.set_major_formatter(PercentFormatter(1))
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    below.set_xlabel("sum of levels: how far the node is generalized")
    below.set_ylabel("records suppressed")
    above.set_ylabel(view.metric)
    above.margins(y=0.12)
    if view.in_percent:
        above.yaxis.set_major_formatter(PercentFormatter(1))
    for axes in (above, below):
        axes.grid()
    _legend(below, above)
    return drawing


def _legend(axes: Axes, over: Axes | None = None) -> None:
    """The shapes and what they mean, above the drawing."""
    handles, labels = axes.get_legend_handles_labels()
    (over or axes).legend(
        handles, labels, loc="lower center", ncols=4, bbox_to_anchor=(0.5, 1.0), handletextpad=0.2, columnspacing=1.2
    )
