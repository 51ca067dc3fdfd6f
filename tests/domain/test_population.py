"""Population sizes by counting people whose values get the same labels."""

import csv
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from anonspark.domain.classes import size_counts
from anonspark.domain.encode import build_hierarchies, encode
from anonspark.domain.hierarchy import Label
from anonspark.domain.lattice import lattice_of
from anonspark.domain.policy import Policy, QuasiIdentifier, SearchSettings
from anonspark.domain.population import population_sizes, with_population
from anonspark.domain.rules import (
    DateRule,
    DerivedRule,
    HierarchyRule,
    IntervalRule,
    MaskRule,
    OrderRule,
    TableRule,
    TreeRule,
)
from anonspark.errors import HierarchyError
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.k_map import KMap
from anonspark.search.in_memory import InMemoryChecker
from anonspark.vocabulary import OnUnknown
from tests.domain.raw import raw_classes


def sizes_of(
    rule: HierarchyRule, table: list[Label], population: list[Label], level: int, data_type: str = "string"
) -> dict[Label, int]:
    """People of the population by label of the table's classes at the level."""
    policy = Policy((QuasiIdentifier("value", rule),), (KAnonymity(1),))
    (hierarchy,) = build_hierarchies(policy, raw_classes([(value,) for value in table], ["value"]))
    people = raw_classes([(value,) for value in population], ["value"], types={"value": data_type})
    codes = np.arange(len(hierarchy.labels[level]), dtype=np.int32)[np.newaxis, :]
    sizes = population_sizes(people, policy, (hierarchy,), (level,), codes)
    return dict(zip(hierarchy.labels[level], sizes.tolist(), strict=True))


ZIPS = st.sampled_from(["10", "11", "12", "20", "21", "30", "9", None])


@given(st.lists(st.tuples(ZIPS, ZIPS), min_size=1), st.lists(st.tuples(ZIPS, ZIPS)), st.integers(0, 2))
def test_the_people_of_a_class_are_those_whose_masks_are_its_labels(table, others, level: int) -> None:
    def label(value: Label) -> Label:
        if level == 2:
            return "*"
        return value if value is None or level == 0 else value[0] + "*" * (len(value) - 1)

    # Values that force a `*` above the first level, and null, so that the table has them all.
    table = [*table, ("10", "20"), ("20", "10"), (None, None)]
    population = [*table, *others]
    policy = Policy((QuasiIdentifier("a", MaskRule((1,))), QuasiIdentifier("b", MaskRule((1,)))), (KAnonymity(1),))
    hierarchies = build_hierarchies(policy, raw_classes(table, policy.names))
    labels = list(dict.fromkeys(tuple(map(label, row)) for row in table))
    codes = np.array(
        [[hierarchy.labels[level].index(row[axis]) for row in labels] for axis, hierarchy in enumerate(hierarchies)],
        dtype=np.int32,
    )
    sizes = population_sizes(raw_classes(population, policy.names), policy, hierarchies, (level, level), codes)
    people = Counter(tuple(map(label, row)) for row in population)
    assert sizes.tolist() == [people[row] for row in labels]


@pytest.mark.parametrize(
    ("rule", "table", "others", "expected"),
    [
        (IntervalRule(0, 100, (10,)), ["5", "15"], ["7", "19", "25"], {"[0, 10)": 2, "[10, 20)": 2}),
        (IntervalRule(0, 100, (10,)), ["5", "15"], ["7", "700"], {"[0, 10)": 2, "[10, 20)": 1}),
        (
            IntervalRule(0, 20, (10,), OnUnknown.CLAMP),
            ["5", "15"],
            ["-7", "700", "20"],
            {"[0, 10)": 2, "[10, 20)": 3},
        ),
        (IntervalRule(0, 100, (10,)), ["5", "15"], ["seven"], {"[0, 10)": 1, "[10, 20)": 1}),
        (DateRule(("year",)), ["2024-01-02", "2023-01-02"], ["2024-05-05", "1999-01-01"], {"2023": 1, "2024": 2}),
        (DateRule(("year",)), ["2024-01-02", "2023-01-02"], ["unknown"], {"2023": 1, "2024": 1}),
        (TreeRule({"x": ("u", "v"), "y": ("w",)}), ["u", "w"], ["v", "v", "z"], {"x": 3, "y": 1}),
        (OrderRule(("a", "b", "c", "d")), ["a", "c"], ["b", "d", "z"], {"a..b": 2, "c..d": 2}),
        (TableRule((("u", "x"), ("v", "x"), ("w", "y"))), ["u"], ["v", "w", "z"], {"x": 2, "y": 1}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, HierarchyRule) else "",
)
def test_people_with_values_that_the_table_lacks_are_counted_where_the_rule_labels_them(
    rule: HierarchyRule, table: list[Label], others: list[Label], expected: dict[Label, int]
) -> None:
    assert sizes_of(rule, table, [*table, *others], 1) == expected


def test_a_derived_hierarchy_counts_only_the_values_of_the_table() -> None:
    table = [str(age) for age in range(20, 60)]
    found = sizes_of(DerivedRule(), table, [*table, "20", "33", "71", None], 1, "int")
    assert sum(found.values()) == len(table) + 2


def test_everybody_is_in_the_class_of_stars() -> None:
    assert sizes_of(MaskRule((1,)), ["10", "20"], ["10", "77", None], 2) == {"*": 3}
    assert sizes_of(TableRule((("u", "*"), ("v", "*"))), ["u"], ["u", "v", "z", None], 1) == {"*": 4}


def test_people_elsewhere_are_not_in_the_only_class_of_a_table_of_one_value() -> None:
    assert sizes_of(DerivedRule(), ["DE", "DE"], ["DE", "DE", "DE", "FR"], 0) == {"DE": 3}


def test_people_elsewhere_are_not_in_the_only_class_of_a_last_level_with_a_label() -> None:
    # All of the table begin with 1, so `1*` is its last level and there is no `*`.
    assert sizes_of(MaskRule((1,)), ["10", "11"], ["10", "12", "20", None], 1) == {"1*": 2}


def test_a_null_that_the_table_lacks_is_in_no_class() -> None:
    # Alone, the null of the population would take the label of the last level.
    assert sizes_of(DateRule(("month", "year")), ["2024-01-02", "2023-01-02"], ["2024-09-09", None], 2) == {
        "2023": 0,
        "2024": 1,
    }


def test_a_null_of_the_table_is_a_class_of_the_people_without_a_value() -> None:
    assert sizes_of(MaskRule((1,)), ["10", "20", None], ["10", None, None], 1) == {"1*": 1, "2*": 0, None: 2}


def test_people_with_a_value_that_the_rule_does_not_know_are_in_no_class_with_a_label_though_the_table_has_it() -> None:
    rule = IntervalRule(0, 40, (10, 20), OnUnknown.SUPPRESS)
    assert sizes_of(rule, ["1", "2", "99"], ["1", "15", "99", "99"], 2) == {"[0, 20)": 2}
    assert sizes_of(TableRule((("u", "x"), ("v", "x")), OnUnknown.SUPPRESS), ["u", "z"], ["v", "z"], 1) == {"x": 1}


def test_a_value_that_the_rule_does_not_know_is_not_in_the_class_that_is_labelled_with_a_star() -> None:
    rule = TreeRule({"*": ("u", "v"), "y": ("w",)}, OnUnknown.SUPPRESS)
    found = sizes_of(rule, ["u", "w"], ["u", "v", "w", "z", "z"], 1)
    assert found == {"*": 2, "y": 1}


RULES: list[tuple[HierarchyRule, list[Label]]] = [
    (DerivedRule(), ["a", "b", "c", "d", None]),
    (MaskRule((2, 1)), ["100", "101", "110", "200", "20", None]),
    (IntervalRule(0, 40, (5, 20)), ["1", "3", "7", "12", "22", "39", None]),
    (IntervalRule(0, 40, (5, 20), OnUnknown.CLAMP), ["1", "3", "7", "39", "-5", "400"]),
    (IntervalRule(0, 40, (5, 20), OnUnknown.SUPPRESS), ["1", "3", "7", "39", "-5", "400"]),
    (
        DateRule(("month", "year", "decade")),
        ["2024-01-02", "2024-01-30", "2024-05-01", "2023-01-02", "1999-09-09", None],
    ),
    (TreeRule({"x": {"u": ("p", "q"), "v": ("r",)}, "y": {"w": ("s", "t")}}, OnUnknown.SUPPRESS), [*"pqrst", "z"]),
    (OrderRule(tuple("abcdefgh")), [*"abcdefgh", None]),
    (
        TableRule((("p", "u", "x"), ("q", "u", "x"), ("r", "v", "x"), ("s", "w", "y")), OnUnknown.SUPPRESS),
        [*"pqrs", "z"],
    ),
]


@settings(deadline=None, max_examples=300, derandomize=True)
@given(st.data())
def test_rolled_up_the_people_of_a_class_are_those_counted_at_its_node(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(RULES), min_size=1, max_size=3))
    policy = Policy(tuple(QuasiIdentifier(f"q{place}", rule) for place, (rule, _) in enumerate(chosen)), (KMap(2),))
    rows = st.tuples(*(st.sampled_from(values) for _, values in chosen))
    table, others = data.draw(st.lists(rows, min_size=1, max_size=8)), data.draw(st.lists(rows, max_size=20))
    people = [*table, *others] if data.draw(st.booleans()) else others
    sample, population = raw_classes(table, policy.names), raw_classes(people, policy.names)
    try:
        hierarchies = build_hierarchies(policy, sample)
    except HierarchyError:
        reject()
    classes = encode(sample, policy, hierarchies)
    widened = with_population(classes, population, policy, hierarchies)
    assert widened.n_records == classes.n_records
    assert widened.sizes[: classes.n_classes].tolist() == classes.sizes.tolist()
    lattice = lattice_of(hierarchies)
    checker = InMemoryChecker(widened, hierarchies, policy.models, lattice, len(table))
    for node in product(*(range(height + 1) for height in lattice.top)):
        at_node, safe = checker.classes_at(node)
        expected = population_sizes(population, policy, hierarchies, node, at_node.codes)
        assert at_node.population is not None
        assert at_node.population.tolist() == expected.tolist()
        assert safe.tolist() == (expected >= 2).tolist()
        assert (at_node.sizes > 0).all()


def test_people_whom_no_class_can_ever_hold_are_left_out_and_those_alike_are_one_class() -> None:
    rule = IntervalRule(0, 40, (10, 20), OnUnknown.SUPPRESS)
    policy = Policy((QuasiIdentifier("age", rule),), (KMap(2),))
    sample = raw_classes([("1",), ("2",), ("99",)], policy.names)
    hierarchies = build_hierarchies(policy, sample)
    people = raw_classes([("1",), ("3",), ("4",), ("4",), ("15",), ("25",), ("700",)], policy.names)
    widened = with_population(encode(sample, policy, hierarchies), people, policy, hierarchies)
    # Those of 3 and 4 meet 1 and 2 from the first level on, that of 15 from the second; 25 and 700 meet nobody.
    assert widened.population is not None
    assert widened.sizes.tolist() == [1, 1, 1, 0, 0]
    assert widened.population.tolist() == [1, 0, 0, 3, 1]
    assert hierarchies[0].labels[1:] == (("[0, 10)", "*"), ("[0, 20)",))


def adult(shared: Path, entry: dict[str, Any]) -> tuple[pd.DataFrame, Policy]:
    folder = shared / "data" / "adult"
    if not folder.is_dir():
        pytest.skip("the adult table is not among the reference data")
    frame = pd.read_csv(folder / "adult.csv", sep=";", dtype=str, keep_default_na=False)[entry["qis"]]
    attributes = []
    for name in entry["qis"]:
        with (folder / "hierarchies" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = tuple(tuple(row) for row in csv.reader(file, delimiter=";") if row)
        attributes.append(QuasiIdentifier(name, TableRule(rows)))
    return frame, Policy(
        tuple(attributes),
        (KAnonymity(entry["k"]),),
        max_suppression=entry["supp"],
        search=SearchSettings(memory_mb=512),
        risk_threshold=0.2,
    )


def test_the_journalists_risk_of_every_fourth_adult_is_that_of_an_independent_engine(shared: Path) -> None:
    from anonspark.pipelines.anonymize import solve
    from anonspark.pipelines.follow import Follower
    from anonspark.pipelines.summary import measure_risks
    from tests.measures.test_risk import require_same
    from tests.reference import results

    entry = next(entry for entry in results(shared) if entry["id"] == "adult-op=journalist-k=5-supp=0.05")
    frame, policy = adult(shared, entry)
    rows = [tuple(row) for row in frame.itertuples(index=False)]
    sample, population = raw_classes(rows[::4], policy.names), raw_classes(rows, policy.names)

    solution = solve(sample, policy, Follower())

    assert solution.release.levels == entry["levels"]
    of_input, of_release = measure_risks(solution, policy, population)
    require_same(of_input, solution.classes.sizes, entry["risk_input_sample"])
    require_same(of_release, solution.release.kept_sizes, entry["risk_output_sample"])


def test_a_sample_is_never_larger_than_its_population(shared: Path) -> None:
    from tests.reference import results

    entry = next(entry for entry in results(shared) if entry["id"] == "adult-op=journalist-k=5-supp=0.05")
    frame, policy = adult(shared, entry)
    rows = [tuple(row) for row in frame.head(4000).itertuples(index=False)]
    sample = raw_classes(rows[::7], policy.names)
    hierarchies = build_hierarchies(policy, sample)
    classes = encode(sample, policy, hierarchies)
    bottom = (0,) * len(hierarchies)
    around = population_sizes(raw_classes(rows, policy.names), policy, hierarchies, bottom, classes.codes)
    assert (around >= classes.sizes).all()
    # Raw values: a class is one combination of values, so counting rows is enough.
    people = Counter(rows)
    leaves = [[each.leaves[code] for code in row] for each, row in zip(hierarchies, classes.codes, strict=True)]
    assert around.tolist() == [people[row] for row in zip(*leaves, strict=True)]
    assert size_counts(classes.sizes)
