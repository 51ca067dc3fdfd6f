"""From tables with labels to the engine's arrays, and the independent results of ../shared/reference."""

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from anonspark.domain.classes import PERSON, EquivalenceClasses, SensitiveHistograms
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label, from_labels
from tests import oracle

Hierarchies = tuple[GeneralizationHierarchy, ...]


@dataclass(frozen=True)
class SensitiveColumn:
    """The value of each record, all values that occur in order, and the groups of each of them at each level."""

    codes: np.ndarray
    n_values: int
    ancestors: np.ndarray | None = None


def sensitive_column(
    values: Sequence[Label], order: Sequence[Label], tree: Mapping[Label, Sequence[Label]] | None = None
) -> SensitiveColumn:
    """A sensitive column; `tree` has the labels of each value from itself to the root."""
    occurring = set(values)
    used = [value for value in order if value in occurring]
    place = {value: code for code, value in enumerate(used)}
    ancestors = None
    if tree is not None:
        levels = zip(*(tree[value] for value in used), strict=True)
        ancestors = np.array([_numbered(labels) for labels in levels], dtype=np.int32)
    return SensitiveColumn(np.array([place[value] for value in values]), len(used), ancestors)


def _numbered(labels: Sequence[Label]) -> list[int]:
    """Equal labels, null being one, numbered by first appearance."""
    numbers: dict[Label, int] = {}
    return [numbers.setdefault(label, len(numbers)) for label in labels]


def classes_from_codes(
    codes: Sequence[np.ndarray],
    domains: Sequence[int],
    sensitive: Mapping[str, SensitiveColumn] | None = None,
    unknown: Sequence[np.ndarray] | None = None,
) -> EquivalenceClasses:
    """The raw classes of records, one array of leaf codes a quasi-identifier."""
    owner = np.zeros(len(codes[0]), dtype=np.int64)
    for of_attribute, domain in zip(codes, domains, strict=True):
        # Numbered anew after each attribute, so that no product of domains overflows.
        owner = np.unique(owner * domain + of_attribute, return_inverse=True)[1]
    _, first, sizes = np.unique(owner, return_index=True, return_counts=True)
    of_class = np.stack([of_attribute[first] for of_attribute in codes]).astype(np.int32)
    inadmissible = None
    if unknown is not None and any(mask.any() for mask in unknown):
        inadmissible = np.any([mask[row] for mask, row in zip(unknown, of_class, strict=True)], axis=0)
    histograms = {name: _histograms(owner, len(sizes), column) for name, column in (sensitive or {}).items()}
    return EquivalenceClasses(of_class, sizes.astype(np.int64), histograms, inadmissible)


def _histograms(owner: np.ndarray, n_classes: int, column: SensitiveColumn) -> SensitiveHistograms:
    pairs, counts = np.unique(owner * column.n_values + column.codes, return_counts=True)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(pairs // column.n_values, minlength=n_classes))])
    totals = np.bincount(column.codes, minlength=column.n_values)
    values = (pairs % column.n_values).astype(np.int32)
    return SensitiveHistograms(offsets, values, counts.astype(np.int64), totals.astype(np.int64), column.ancestors)


def sensitive_classes(
    name: str,
    *members: Sequence[Label],
    order: Sequence[Label] | None = None,
    tree: Mapping[Label, Sequence[Label]] | None = None,
) -> EquivalenceClasses:
    """Classes told apart by one attribute, from the sensitive values of each; the table is all of them together."""
    values = [value for of_class in members for value in of_class]
    owner = np.repeat(np.arange(len(members)), [len(of_class) for of_class in members])
    column = sensitive_column(values, order or list(dict.fromkeys(values)), tree)
    return classes_from_codes([owner], [len(members)], {name: column})


def encoded(table: oracle.Table) -> tuple[Hierarchies, EquivalenceClasses]:
    """The oracle's table as the engine sees it."""
    hierarchies = tuple(
        from_labels(
            column.name,
            list(zip(*column.leaves, strict=True)),
            unknown=np.array([leaf[0] in column.unknown for leaf in column.leaves]),
        )
        for column in table.columns
    )
    codes = [
        np.array([hierarchy.leaves.index(row[axis]) for row in table.rows])
        for axis, hierarchy in enumerate(hierarchies)
    ]
    sensitive = {
        name: sensitive_column(column.values, column.order, column.tree) for name, column in table.sensitive.items()
    }
    if table.persons:
        persons = tuple(map(str, table.persons))
        sensitive[PERSON] = sensitive_column(persons, tuple(dict.fromkeys(persons)))
    domains, unknown = [len(each.leaves) for each in hierarchies], [each.unknown for each in hierarchies]
    classes = classes_from_codes(codes, domains, sensitive, unknown)
    people = [
        tuple(hierarchy.leaves.index(value) for hierarchy, value in zip(hierarchies, values, strict=True))
        for values in table.population
        if not table.is_unknown(values)
    ]
    return hierarchies, with_people(classes, people) if table.population else classes


def with_people(classes: EquivalenceClasses, people: Sequence[tuple[int, ...]]) -> EquivalenceClasses:
    """The classes with people by codes of leaves; classes of people alone come last."""
    counted, own = Counter(people), [tuple(row) for row in classes.codes.T.tolist()]
    others = [row for row in counted if row not in own]
    new = len(others)
    return EquivalenceClasses(
        np.array([*own, *others], dtype=np.int32).T,
        np.pad(classes.sizes, (0, new)),
        {
            name: replace(each, offsets=np.pad(each.offsets, (0, new), mode="edge"))
            for name, each in classes.sensitive.items()
        },
        None if classes.inadmissible is None else np.pad(classes.inadmissible, (0, new)),
        np.array([counted[row] for row in (*own, *others)]),
    )


@cache
def load(folder: Path, dataset: str, names: tuple[str, ...], sensitive: str | None = None) -> Any:
    """A table of the shared data: the hierarchies of the quasi-identifiers and the raw classes."""
    file = next((folder / "data" / dataset.removesuffix("_synth")).glob("*.csv*"))
    frame = pd.read_csv(file, sep=";", dtype=str, keep_default_na=False)
    hierarchies = tuple(_hierarchy(file.parent, name) for name in names)
    codes = [pd.Index(each.leaves).get_indexer(frame[each.attribute]) for each in hierarchies]
    assert min(int(row.min()) for row in codes) >= 0, "a value is not in its hierarchy"
    columns = {}
    if sensitive is not None:
        tree = _hierarchy(file.parent, sensitive)
        labels = zip(*(tree.label_of_each_leaf(level) for level in range(tree.height + 1)), strict=True)
        columns[sensitive] = sensitive_column(
            frame[sensitive].tolist(), tree.leaves, dict(zip(tree.leaves, labels, strict=True))
        )
    return hierarchies, classes_from_codes(codes, [len(each.leaves) for each in hierarchies], columns)


def _hierarchy(folder: Path, name: str) -> GeneralizationHierarchy:
    with (folder / "hierarchies" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=";") if row]
    return from_labels(name, list(zip(*rows, strict=True)))


def results(folder: Path) -> list[dict[str, Any]]:
    """The entries of arx_subset.json."""
    entries: list[dict[str, Any]] = json.loads((folder / "reference" / "arx_subset.json").read_text())["results"]
    return entries
