"""The classes of a table as it is, against rows that are counted one by one."""

from collections import Counter, defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.as_is import classes_as_they_are
from anonspark.domain.encode import RawClasses, RawColumn
from anonspark.domain.policy import Policy, QuasiIdentifier, SensitiveAttribute
from tests.domain.raw import raw_classes

LABELS = st.sampled_from(["*", "a", "b", None])
ROWS = st.lists(st.tuples(LABELS, LABELS, st.sampled_from(["x", "y", None])), min_size=1, max_size=30)
PEOPLE = st.lists(st.tuples(LABELS, LABELS), max_size=20)
POLICY = Policy((QuasiIdentifier("p"), QuasiIdentifier("q")), (), (SensitiveAttribute("s"),))


@given(ROWS, PEOPLE, st.sampled_from(["*", "a", "nowhere", None]))
def test_classes_suppressed_rows_and_people_are_those_of_the_rows_one_by_one(rows, people, value) -> None:
    raw, everybody = raw_classes(rows, ["p", "q"], ["s"]), raw_classes(people, ["p", "q"])
    found = classes_as_they_are(raw, POLICY, value, everybody)
    hidden = [row for row in rows if value is not None and row[:2] == (value, value)]
    kept = [row for row in rows if row not in hidden]
    assert found.suppressed == len(hidden)
    sizes = Counter(row[:2] for row in kept)
    counted = Counter(people)
    assert sorted(zip(found.classes.sizes.tolist(), found.classes.population.tolist(), strict=True)) == sorted(
        (size, counted[key]) for key, size in sizes.items()
    )
    # A suppressed row shows its sensitive value: it counts in the whole table's distribution.
    assert sorted(found.classes.sensitive["s"].totals.tolist()) == sorted(Counter(row[2] for row in rows).values())
    values = defaultdict(set)
    for row in kept:
        values[row[:2]].add(row[2])
    assert sorted(found.classes.sensitive["s"].distinct().tolist()) == sorted(map(len, values.values()))


def test_a_class_counts_the_persons_behind_its_rows() -> None:
    column = RawColumn("p", "string", ("a", "d"), np.array([0, 0, 1], dtype=np.int32))
    # Anna has two rows of a and Ben one; Ben has the row of d.
    raw = RawClasses((column,), (), np.array([2, 1, 1]), {}, persons=np.array([0, 1, 1]))
    found = classes_as_they_are(raw, Policy((QuasiIdentifier("p"),), (), person_id="who"), "*")
    assert (found.classes.sizes.tolist(), found.classes.people.tolist()) == ([3, 1], [2, 1])
