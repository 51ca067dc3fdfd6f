"""Bars: how many columns hold each type of personal data, in two parts."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from anonspark.report.charts import shortened
from anonspark.report.document import Chart
from anonspark.report.drawing import INK, figure
from anonspark.report.numbers import counted

MOST_TYPES: Final = 24
"""Bars of a chart; the rest of the types are in one."""


def types_chart(
    title: str, first: Mapping[str, int], second: Mapping[str, int], labels: tuple[str, str]
) -> Chart | None:
    """A bar a type, most columns first; None where no type has two columns, as bars of one height say nothing.

    Args:
        title: Of the chart.
        first: Columns of each type in the part that is drawn filled.
        second: Those in the part that is drawn hatched.
        labels: Of the two parts.
    """
    totals = {name: first.get(name, 0) + second.get(name, 0) for name in [*first, *second]}
    if max(totals.values(), default=0) < 2:
        return None
    names = sorted(totals, key=lambda name: (-totals[name], name))
    bars = [(name, first.get(name, 0), second.get(name, 0)) for name in names[:MOST_TYPES]]
    rest = names[MOST_TYPES:]
    if rest:
        parts = (sum(part.get(name, 0) for name in rest) for part in (first, second))
        bars.append((f"{len(rest)} other types", *parts))  # type: ignore[arg-type]
    most = f"{names[0]} has most, {counted(totals[names[0]], 'column')}"
    description = (
        f"A bar for each type of personal data. {labels[0].capitalize()}: {counted(sum(first.values()), 'column')}; "
        f"{labels[1]}: {counted(sum(second.values()), 'column')}. {most}."
    )
    return Chart(title, description, partial(_draw, bars, labels))


def _draw(bars: Sequence[tuple[str, int, int]], labels: tuple[str, str]) -> Figure:
    drawing = figure(1.1 + 0.25 * len(bars))
    axes = drawing.add_subplot()
    places = range(len(bars))
    filled, hatched = [bar[1] for bar in bars], [bar[2] for bar in bars]
    axes.barh(places, filled, height=0.62, label=labels[0], facecolor=INK, edgecolor=INK, linewidth=0.8)
    axes.barh(places, hatched, left=filled, height=0.62, label=labels[1], facecolor="white", edgecolor=INK,
              hatch="////", linewidth=0.8)  # fmt: skip
    axes.set_yticks(places, [shortened(bar[0]) for bar in bars])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlim(0, max(1, *(bar[1] + bar[2] for bar in bars)) * 1.05)
    axes.set_xlabel("columns")
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    drawing.legend(loc="outside upper center", ncols=2)
    return drawing
