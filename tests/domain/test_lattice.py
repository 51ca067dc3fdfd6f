from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.hierarchy import from_labels
from anonspark.domain.lattice import Lattice, lattice_of

BOUNDS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)).map(sorted), min_size=1, max_size=4)


@given(BOUNDS)
def test_a_lattice_has_every_combination_of_levels_between_its_ends(bounds: list[list[int]]) -> None:
    lattice = Lattice(tuple(low for low, _ in bounds), tuple(high for _, high in bounds))
    nodes = set(product(*(range(low, high + 1) for low, high in bounds)))
    assert lattice.size == len(nodes)
    assert {lattice.bottom, lattice.top} <= nodes
    assert lattice.shape == tuple(len({node[axis] for node in nodes}) for axis in range(len(bounds)))


def test_the_lattice_of_whole_hierarchies_reaches_from_raw_to_their_last_levels() -> None:
    zips = from_labels("zip", [["10", "11", "20"], ["1*", "1*", "2*"], ["*", "*", "*"]])
    flat = from_labels("flat", [["x"]])
    assert lattice_of((zips, flat)) == Lattice((0, 0), (2, 0))


def test_a_lattice_of_forty_attributes_has_a_size() -> None:
    assert Lattice((0,) * 40, (9,) * 40).size == 10**40
