"""Bundles: one code for the leaves of several attributes, and back."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from anonspark.search.bundles import CODES_A_BUNDLE, Bundles


@st.composite
def attributes(draw: st.DrawFn) -> tuple[list[np.ndarray], np.ndarray]:
    """Groups of attributes at two levels, and codes of some classes."""
    n_leaves = draw(st.lists(st.integers(1, 300), min_size=1, max_size=7))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    groups = [np.stack([np.arange(n), rng.integers(0, 5, n)]).astype(np.int32) for n in n_leaves]
    codes = np.stack([rng.integers(0, n, 40) for n in n_leaves]).astype(np.int32)
    return groups, codes


@settings(deadline=None, max_examples=100, derandomize=True)
@given(attributes())
def test_what_is_packed_comes_back_and_is_counted_by_leaf(drawn: tuple[list[np.ndarray], np.ndarray]) -> None:
    groups, codes = drawn
    bundles = Bundles(groups)
    packed = bundles.pack(codes)
    assert (bundles.unpack(packed) == codes).all()
    counts = np.concatenate(
        [np.bincount(row, minlength=size) for row, size in zip(packed, bundles.sizes(), strict=True)]
    )
    for found, row, of_levels in zip(bundles.by_leaf(counts), codes, groups, strict=True):
        assert found.tolist() == np.bincount(row, minlength=of_levels.shape[1]).tolist()


@settings(deadline=None, max_examples=100, derandomize=True)
@given(attributes())
def test_every_attribute_is_in_one_bundle_and_only_an_attribute_alone_may_be_large(
    drawn: tuple[list[np.ndarray], np.ndarray],
) -> None:
    bundles = Bundles(drawn[0])
    assert sorted(axis for members in bundles.members for axis in members) == list(range(len(drawn[0])))
    for members, size in zip(bundles.members, bundles.sizes(), strict=True):
        assert size <= CODES_A_BUNDLE or len(members) == 1


def test_exact_keys_are_smaller_than_the_number_of_cells() -> None:
    bundles = Bundles([np.array([[0, 1, 2], [0, 0, 1]], dtype=np.int32), np.array([[0, 1]], dtype=np.int32)])
    assert [bundles.keys(node).cells for node in ((0, 0), (1, 0))] == [6, 4]
    assert bundles.tells_apart(1, 0)


@given(st.data())
def test_representatives_tell_classes_apart_as_their_groups_do_and_lead_on_to_the_groups_above(
    data: st.DataObject,
) -> None:
    n_leaves = data.draw(st.integers(1, 6))
    low = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n_leaves, max_size=n_leaves)), dtype=np.int32)
    high = low // 2
    groups = [
        np.stack([np.arange(n_leaves, dtype=np.int32), low, high]),
        np.array([[0, 1, 2], [0, 0, 0]], dtype=np.int32),
    ]
    bundles = Bundles(groups)
    codes = np.array([[leaf, other] for leaf in range(n_leaves) for other in range(3)], dtype=np.int32).T
    packed = bundles.pack(codes)
    standing = np.stack([of[row] for of, row in zip(bundles.representatives((1, 0)), packed, strict=True)])
    leaves = bundles.unpack(standing)
    assert (low[leaves[0]] == low[codes[0]]).all()
    assert (high[leaves[0]] == high[codes[0]]).all()
    assert (leaves[1] == codes[1]).all()
    assert len(np.unique(standing, axis=1).T) == len(np.unique(np.stack([low[codes[0]], codes[1]]), axis=1).T)
    for axis, (bundle, of_code) in enumerate(bundles.groups_of_codes([low, groups[1][1]])):
        assert (of_code[packed[bundle]] == (low, groups[1][1])[axis][codes[axis]]).all()
