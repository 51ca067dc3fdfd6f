import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from anonspark.domain.lattice import Lattice
from anonspark.search.bounds import Bounds, outer_sum
from tests import oracle


def test_of_two_nodes_the_lower_sum_of_levels_comes_first_then_the_levels_by_attribute_name() -> None:
    bounds = Bounds(Lattice((0, 0), (1, 2)), ["zip", "age"])
    in_order = sorted(oracle.nodes((0, 0), (1, 2)), key=lambda node: bounds.order[bounds.at(node)])
    # Levels of (zip, age): age decides among equal sums.
    assert in_order == [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2)]


@settings(max_examples=100, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=4), st.data())
def test_every_node_has_a_place_of_its_own_and_what_is_below_and_above_it_is_found(
    spans: list[tuple[int, int]], data: st.DataObject
) -> None:
    lattice = Lattice(tuple(low for low, _ in spans), tuple(low + more for low, more in spans))
    names = data.draw(st.permutations("pqrs"))[: len(spans)]
    bounds = Bounds(lattice, names)
    nodes = list(oracle.nodes(lattice.bottom, lattice.top))
    by_name = sorted(range(len(spans)), key=lambda axis: names[axis])
    assert sorted(nodes, key=lambda node: bounds.order[bounds.at(node)]) == sorted(
        nodes, key=lambda node: (sum(node), [node[axis] for axis in by_name])
    )
    assert len(np.unique(bounds.order)) == lattice.size
    for flat, node in enumerate(nodes):
        assert bounds.node(flat) == node
    chosen = data.draw(st.sampled_from(nodes))
    bounds.score[bounds.below(chosen)] = 1
    bounds.suppressed[bounds.above(chosen)] = 1
    for node in nodes:
        is_below = all(level <= high for level, high in zip(node, chosen, strict=True))
        is_above = all(level >= low for level, low in zip(node, chosen, strict=True))
        assert (bounds.score[bounds.at(node)] == 1) == is_below
        assert (bounds.suppressed[bounds.at(node)] == 1) == is_above


def test_outer_sum_adds_one_element_of_each_array() -> None:
    assert outer_sum([np.array([1.0, 2.0]), np.array([10.0, 20.0, 30.0])]).tolist() == [[11, 21, 31], [12, 22, 32]]
