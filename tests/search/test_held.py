import numpy as np

from anonspark.models.k_anonymity import KAnonymity
from anonspark.search.bundles import Bundles
from anonspark.search.class_table import ClassTable
from anonspark.search.held import HeldTables, bytes_of, verdict_on

LETTERS = [np.array([[0, 1, 2, 3], [0, 0, 1, 1], [0, 0, 0, 0]], dtype=np.int32)] * 2


def raw_table(bundles: Bundles) -> ClassTable:
    """16 classes of one record each."""
    codes = np.array([[one, other] for one in range(4) for other in range(4)], dtype=np.int32).T
    return ClassTable((0, 0), np.ones(16, dtype=np.int64), {}, own_packed=bundles.pack(codes))


def test_a_node_is_rolled_up_from_the_smallest_table_at_or_below_it() -> None:
    bundles = Bundles(LETTERS)
    held = HeldTables(bundles, 1 << 20)
    assert held.at((2, 2)) is None
    held.hold(raw_table(bundles))
    assert held.at((0, 0)).sizes.tolist() == [1] * 16
    assert held.at((1, 1)).sizes.tolist() == [4] * 4
    top = held.at((2, 2))
    assert (top.sizes.tolist(), top.source) == ([16], None)


def test_the_oldest_tables_make_room_and_the_newest_always_stays() -> None:
    bundles = Bundles(LETTERS)
    held = HeldTables(bundles, bytes_of(raw_table(bundles)))
    held.hold(raw_table(bundles))
    assert held.at((1, 1)).node == (1, 1)
    assert held.at((0, 0)) is None
    assert held.at((2, 1)).sizes.tolist() == [8, 8]


def test_a_verdict_counts_what_no_node_can_release() -> None:
    verdict = verdict_on(raw_table(Bundles(LETTERS)), [KAnonymity(2)], always_lost=3)
    assert (verdict.suppressed, verdict.unavoidable, verdict.kept_classes, verdict.capacity) == (19, 19, 0, 0)
