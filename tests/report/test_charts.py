"""Charts draw what they are given, and every chart is an element that a page can hold."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from anonspark.domain.lattice import Lattice
from anonspark.io.run_records import NodeRecord
from anonspark.report.charts import loss_chart, size_bins, size_chart
from anonspark.report.document import Chart
from anonspark.report.drawing import as_png, as_svg, house_style
from anonspark.report.lattice_charts import MOST_DRAWN, MOST_VECTORS, LatticeView, lattice_chart
from tests.report.records import NODES

VIEW = LatticeView(
    names=("age", "zip", "sex"),
    lattice=Lattice((0, 0, 0), (3, 3, 1)),
    nodes=NODES,
    chosen={"age": 1, "zip": 2, "sex": 0},
    records=1000,
    limit=50,
    metric="loss",
    in_percent=True,
)


def drawn(chart: Chart) -> Figure:
    with house_style():
        return chart.draw()


def points(drawing: Figure, panel: int = 0) -> dict[str, list[tuple[float, float]]]:
    """The points of each shape."""
    return {
        str(each.get_label()): [(float(x), float(y)) for x, y in each.get_offsets()]
        for each in drawing.axes[panel].collections
    }


sizes = st.dictionaries(st.integers(1, 10**7), st.integers(1, 50), min_size=1).map(lambda found: sorted(found.items()))


@given(sizes, sizes)
def test_every_class_is_in_the_one_bin_of_its_size(before: list[tuple[int, int]], after: list[tuple[int, int]]) -> None:
    old, new = size_bins(tuple(before), tuple(after))
    for counts, bins in ((before, old), (after, new)):
        for each in bins:
            within = [(size, classes) for size, classes in counts if each.low <= size <= each.high]
            assert each.classes == sum(classes for _, classes in within)
            assert each.records == sum(size * classes for size, classes in within)
        assert sum(each.classes for each in bins) == sum(classes for _, classes in counts)
    assert [(each.low, each.high) for each in old] == [(each.low, each.high) for each in new]


def test_bars_are_as_long_as_the_losses_and_in_their_order() -> None:
    axes = drawn(loss_chart({"zip": 0.81, "$x$_{": 0.04})).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [0.81, 0.04]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["zip", "$x$_{"]
    assert {"81%", "4%"} <= {text.get_text() for text in axes.texts}


def test_records_of_classes_are_drawn_before_and_after_on_a_logarithmic_axis() -> None:
    chart = size_chart(((1, 60), (7, 2)), ((7, 1), (40, 1)), "record")
    axes = drawn(chart).axes[0]
    assert axes.get_yscale() == "log"
    assert [bar.get_height() for bar in axes.patches] == [60, 0, 14, 0, 0, 0, 0, 7, 0, 40]
    # Told apart without colours.
    assert [bar.get_hatch() for bar in axes.patches] == ["////"] * 5 + [None] * 5
    assert "60 records stood alone; the smallest class of the release has 7 records" in chart.description


def test_a_small_lattice_is_drawn_whole_with_what_became_of_each_node() -> None:
    chart = lattice_chart(VIEW)
    shapes = points(drawn(chart))
    assert {label: len(found) for label, found in shapes.items()} == {
        "not looked at": 26, "not satisfied": 2, "satisfied": 3, "chosen": 1
    }  # fmt: skip
    assert sorted(y for _, y in shapes["satisfied"]) == [3, 5, 7]
    assert [y for _, y in shapes["chosen"]] == [3]
    assert sorted(y for _, y in shapes["not satisfied"]) == [2, 2]
    assert "4 satisfied every model within the limit, 2 did not" in chart.description


def test_a_large_lattice_is_drawn_by_scores_and_suppressed_records() -> None:
    chart = lattice_chart(replace(VIEW, lattice=Lattice((0, 0, 0), (MOST_DRAWN, 1, 1))))
    drawing = drawn(chart)
    above, below = points(drawing, 0), points(drawing, 1)
    assert above["chosen"] == [(3, 0.3125)]
    assert above["satisfied"] == [(3, 0.375), (5, 0.5), (7, 1.0)]
    assert below["not satisfied"] == [(2, 0.077), (2, 0.45)]
    assert below["satisfied"] == [(3, 0.031), (5, 0.012), (7, 0.0)]
    (limit,) = drawing.axes[1].lines
    assert list(limit.get_ydata()) == [0.05, 0.05]
    assert "with the limit of 5% as a dashed line" in chart.description


def test_a_lattice_of_which_thousands_were_looked_at_makes_no_large_page() -> None:
    many = tuple(NodeRecord({"age": place % 97, "zip": 0, "sex": 0}, False, place, None) for place in range(20_000))
    chart = lattice_chart(replace(VIEW, lattice=None, nodes=(NODES[0], *many), records=10**6))
    assert len(many) > MOST_VECTORS
    assert len(as_svg(chart, "c")) < 300_000


@pytest.mark.parametrize(
    "chart", [lattice_chart(VIEW), loss_chart({'<b>"&': 0.5}), size_chart(((1, 1),), (), "person")]
)
def test_a_chart_is_an_image_with_a_name_and_ids_of_its_own(chart: Chart) -> None:
    svg = as_svg(chart, "c7")
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    named = {each.get("id"): each.text for each in root}
    assert root.get("aria-labelledby") == "c7-title c7-desc"
    assert (named["c7-title"], named["c7-desc"]) == (chart.title, chart.description)
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    assert [found for found in ids if not found.startswith("c7-")] == []
    references = re.findall(r'(?:href="#|url\(#)([^")]*)', svg)
    assert references
    assert set(references) <= set(ids)
    assert as_svg(chart, "c7") == svg
    assert as_png(chart).startswith(b"\x89PNG")


def test_a_columns_name_stays_as_it_is_in_a_font_that_has_it_or_not() -> None:
    assert ">$x^2$</text>" in as_svg(loss_chart({"$x^2$": 0.5}), "c")
    assert 'id="x" url(#y)' in as_svg(loss_chart({'id="x" url(#y)': 0.5}), "c")
    assert "日本" in as_svg(loss_chart({"日本": 0.5}), "c")
    assert as_png(loss_chart({"日本": 0.5}))
