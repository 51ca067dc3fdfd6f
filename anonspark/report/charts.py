"""Bars: what each column lost, and how many records are in classes of which size."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from anonspark.io.run_records import SizeCounts
from anonspark.report.document import Chart
from anonspark.report.drawing import GREY, INK, figure
from anonspark.report.numbers import counted, percent

RANGE = "\N{EN DASH}"

LONGEST_NAME = 28
"""Characters of a column's name beside a bar."""


def loss_chart(losses: Mapping[str, float]) -> Chart:
    """The loss of each quasi-identifier, a share."""
    most = max(losses, key=lambda name: losses[name])
    least = min(losses, key=lambda name: losses[name])
    return Chart(
        "Loss of each column",
        f"A bar for each quasi-identifier. {most} lost most, {percent(losses[most])} of its detail; {least} lost "
        f"least, {percent(losses[least])}.",
        partial(_draw_losses, dict(losses)),
    )


def _draw_losses(losses: Mapping[str, float]) -> Figure:
    drawing = figure(0.8 + 0.27 * len(losses))
    axes = drawing.add_subplot()
    places = range(len(losses))
    axes.barh(places, list(losses.values()), height=0.62, color="#595959", edgecolor=INK, linewidth=0.6)
    for place, value in zip(places, losses.values(), strict=True):
        axes.text(value + 0.01, place, percent(value), va="center", color=INK)
    axes.set_yticks(places, [shortened(name) for name in losses])
    axes.set_xlim(0, 1.14)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.xaxis.set_major_formatter(PercentFormatter(1, 0))
    axes.set_xlabel("loss: 0% as it came, 100% nothing left")
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    return drawing


def shortened(name: str) -> str:
    """A name that leaves room for its bar; line breaks are blanks.

    >>> shortened("a" * 40)
    'aaaaaaaaaaaaaaaaaaaaaaaaaaa…'
    """
    name = " ".join(name.split())
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


@dataclass(frozen=True, slots=True)
class SizeBin:
    """Classes of sizes from `low` to `high`, and the records in them."""

    low: int
    high: int
    classes: int
    records: int

    @property
    def label(self) -> str:
        """The sizes."""
        return f"{self.low:,}" if self.low == self.high else f"{self.low:,}{RANGE}{self.high:,}"


def size_bins(before: SizeCounts, after: SizeCounts) -> tuple[list[SizeBin], list[SizeBin]]:
    """Class sizes by 1, 2 to 4, 5 to 9, 10 to 19, 20 to 49 and so on; bins may be empty.

    >>> old, new = size_bins(((1, 7), (4, 2)), ((5, 3),))
    >>> [(each.low, each.high, each.classes, each.records) for each in old]
    [(1, 1, 7, 7), (2, 4, 2, 8), (5, 9, 0, 0)]
    >>> [each.records for each in new]
    [0, 0, 15]
    """
    largest = max(size for size, _ in (*before, *after))
    edges = [step * 10**power for power in range(len(str(largest)) + 1) for step in (1, 2, 5)]
    edges = edges[: bisect_right(edges, largest) + 1]
    return _binned(before, edges), _binned(after, edges)


def _binned(counts: SizeCounts, edges: Sequence[int]) -> list[SizeBin]:
    classes, records = [0] * (len(edges) - 1), [0] * (len(edges) - 1)
    for size, of_size in counts:
        place = bisect_right(edges, size) - 1
        classes[place] += of_size
        records[place] += size * of_size
    ends = [edge - 1 for edge in edges[1:]]
    return [SizeBin(*each) for each in zip(edges, ends, classes, records, strict=False)]


def size_chart(before: SizeCounts, after: SizeCounts, unit: str) -> Chart:
    """Records, or persons, in classes of each size, before and after."""
    alone = sum(classes for size, classes in before if size == 1)
    smallest = f"the smallest class of the release has {counted(after[0][0], unit)}" if after else "nothing is released"
    return Chart(
        "Class sizes before and after",
        f"Two bars for each range of class sizes, on a logarithmic axis. Before, {counted(alone, unit)} stood alone; "
        f"{smallest}.",
        partial(_draw_sizes, *size_bins(before, after), unit),
    )


def _draw_sizes(before: Sequence[SizeBin], after: Sequence[SizeBin], unit: str) -> Figure:
    drawing = figure(3.1)
    axes = drawing.add_subplot()
    places, width = range(len(before)), 0.4
    axes.bar([place - width / 2 for place in places], [each.records for each in before], width, label="before",
             facecolor="white", edgecolor=INK, hatch="////", linewidth=0.8)  # fmt: skip
    axes.bar([place + width / 2 for place in places], [each.records for each in after], width, label="after",
             facecolor=INK, edgecolor=INK, linewidth=0.8)  # fmt: skip
    axes.set_yscale("log", nonpositive="clip")
    axes.set_ylim(0.7, 2 * max((each.records for each in [*before, *after]), default=1))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.minorticks_off()
    labels = [each.label for each in before]
    steep = len(labels) > 6
    axes.set_xticks(places, labels, rotation=45 if steep else 0, ha="right" if steep else "center", size=8)
    axes.tick_params(axis="x", length=0)
    axes.set_xlabel(f"class size: {unit}s that look alike")
    axes.set_ylabel(f"{unit}s")
    axes.grid(axis="y")
    axes.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.5, 1.14))
    axes.spines["left"].set_color(GREY)
    return drawing
