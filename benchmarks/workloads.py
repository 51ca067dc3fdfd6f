"""The searches that are measured: real tables and an independent engine's results where they are, else our sample."""

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from anonspark.config.load import load_job
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.distinct import distinct_rows
from anonspark.domain.encode import RawClasses, RawColumn, bounded_lattice, build_hierarchies, encode
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label
from anonspark.domain.lattice import Lattice
from anonspark.domain.model import PrivacyModel
from anonspark.domain.policy import Policy, QuasiIdentifier, SensitiveAttribute
from anonspark.domain.rules import TableRule
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.l_diversity import DistinctDiversity, EntropyDiversity, RecursiveDiversity
from anonspark.models.t_closeness import TCloseness
from anonspark.sample import generate, write_sample
from anonspark.vocabulary import Distance, Metric

SHARED = "ANONSPARK_SHARED"
"""The environment variable that names the folder of real tables and reference results."""

GRID_TABLES = ("adult", "cup", "fars_subset")
KS = (2, 5, 10, 100)
LIMITS = (0.0, 0.05, 1.0)

METRICS = {
    "loss": Metric.LOSS,
    "dm": Metric.DISCERNIBILITY,
    "aecs": Metric.AVERAGE_CLASS_SIZE,
    "nue": Metric.NON_UNIFORM_ENTROPY,
    "precision": Metric.PRECISION,
}
"""The reference's names."""

DISTANCES = {"equal": Distance.EQUAL, "hier": Distance.HIERARCHICAL}


@dataclass(frozen=True, slots=True)
class Reference:
    """What the independent engine needed.

    Attributes:
        checked: Nodes.
        cpu_s: CPU seconds of its search thread, the best of its runs.
        score: The optimum; None where it proved that there is no release.
    """

    checked: int
    cpu_s: float
    score: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A table as a search gets it.

    Attributes:
        table: Its name.
        hierarchies: One a quasi-identifier.
        classes: The raw classes.
    """

    table: str
    hierarchies: tuple[GeneralizationHierarchy, ...]
    classes: EquivalenceClasses


@dataclass(frozen=True, slots=True, eq=False)
class SearchCase:
    """One search.

    Attributes:
        problem: The table.
        privacy: What must hold, in words.
        policy: What must hold.
        reference: The independent engine's figures, where there are some.
    """

    problem: Problem
    privacy: str
    policy: Policy
    reference: Reference | None = None

    @property
    def lattice(self) -> Lattice:
        """The nodes to search."""
        return bounded_lattice(self.policy, self.problem.hierarchies)

    @property
    def limit(self) -> int:
        """Most records that may be suppressed."""
        return self.policy.suppression_limit(self.problem.classes.n_records)


def shared_folder() -> Path | None:
    """The folder of real tables, where there is one."""
    folder = Path(os.environ.get(SHARED, Path(__file__).parents[2] / "shared"))
    return folder if (folder / "reference" / "arx_subset.json").is_file() else None


def reference_cases(folder: Path) -> Iterator[SearchCase]:
    """The searches that the independent engine has figures for, and the rest of the grid."""
    entries = json.loads((folder / "reference" / "arx_subset.json").read_text(encoding="utf-8"))["results"]
    return (_case(folder, entry) for entry in wanted_searches(entries))


def wanted_searches(entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The reference's searches, and each of `KS` and `LIMITS` on its tables that it lacks, as entries without figures.

    Table by table, the grid first.
    """
    searches = [entry for entry in entries if "metric" in entry and "op" not in entry]
    plain = {(each["dataset"], each["k"], each["supp"]) for each in searches if _is_plain(each)}
    columns = {each["dataset"]: each["qis"] for each in searches if _is_plain(each)}
    others = [
        {"dataset": table, "k": k, "supp": limit, "qis": columns[table], "metric": "loss"}
        for table, k, limit in product(GRID_TABLES, KS, LIMITS)
        if table in columns and (table, k, limit) not in plain
    ]

    def place(entry: Mapping[str, Any]) -> tuple[object, ...]:
        return entry["dataset"], not _is_plain(entry), entry["k"], entry["supp"]

    return sorted([*searches, *others], key=place)


def _is_plain(entry: Mapping[str, Any]) -> bool:
    """Whether a search is one of the grid: k-anonymity by loss."""
    return entry["metric"] == "loss" and "sens" not in entry


def _case(folder: Path, entry: Mapping[str, Any]) -> SearchCase:
    models = _models(entry)
    columns, sensitive = tuple(entry["qis"]), entry.get("sens")
    policy = replace(
        _table_policy(folder, entry["dataset"], columns, sensitive),
        models=models,
        max_suppression=entry["supp"],
        metric=METRICS[entry["metric"]],
    )
    reference = None
    if "best_cpu_s" in entry:
        score = float(entry["arx_score"]) if entry["found"] else None
        reference = Reference(entry["nodes_checked"], entry["best_cpu_s"], score)
    words = [f"k={entry['k']}", *[f"{name}-{entry[key]}" for key, name in (("ld", "l"), ("tc", "t")) if key in entry]]
    return SearchCase(_problem(folder, entry["dataset"], columns, sensitive), " ".join(words), policy, reference)


def real_table(folder: Path, table: str, models: tuple[PrivacyModel, ...], limit: float) -> SearchCase:
    """A real table with all its columns as quasi-identifiers, by loss."""
    columns = tuple(read_frame(folder, table).columns)
    policy = replace(_table_policy(folder, table, columns, None), models=models, max_suppression=limit)
    words = " ".join(f"k={model.k}" for model in models if isinstance(model, KAnonymity))
    return SearchCase(_problem(folder, table, columns, None), words, policy)


def _models(entry: Mapping[str, Any]) -> tuple[PrivacyModel, ...]:
    models: list[PrivacyModel] = [KAnonymity(entry["k"])]
    if "ld" in entry:
        variant, *numbers = entry["ld"].split(":")
        name = entry["sens"]
        if variant == "distinct":
            models.append(DistinctDiversity(int(numbers[0]), name))
        elif variant == "entropy":
            models.append(EntropyDiversity(float(numbers[0]), name))
        else:
            models.append(RecursiveDiversity(float(numbers[0]), int(numbers[1]), name))
    if "tc" in entry:
        distance, most = entry["tc"].split(":")
        models.append(TCloseness(float(most), entry["sens"], DISTANCES[distance]))
    return tuple(models)


@cache
def _table_policy(folder: Path, table: str, columns: tuple[str, ...], sensitive: str | None) -> Policy:
    hierarchies = _table_file(folder, table).parent / "hierarchies"

    def rule(name: str) -> TableRule:
        return TableRule(tuple(map(tuple, read_rows(str(hierarchies / f"{name}.csv"), ";"))))

    attributes = (SensitiveAttribute(sensitive, rule(sensitive)),) if sensitive else ()
    return Policy(tuple(QuasiIdentifier(name, rule(name)) for name in columns), (), attributes)


@cache
def _problem(folder: Path, table: str, columns: tuple[str, ...], sensitive: str | None) -> Problem:
    frame = read_frame(folder, table)
    return problem_of(table, frame, _table_policy(folder, table, columns, sensitive))


def read_frame(folder: Path, table: str) -> pd.DataFrame:
    """A real table, every cell a text."""
    return pd.read_csv(_table_file(folder, table), sep=";", dtype=str, keep_default_na=False)


def _table_file(folder: Path, table: str) -> Path:
    return next((folder / "data" / table.removesuffix("_synth")).glob("*.csv*"))


def read_rows(uri: str, sep: str) -> Sequence[Sequence[Label]]:
    """The rows of a hierarchy file."""
    with Path(uri).open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.reader(file, delimiter=sep) if row]


def sample_policy() -> Policy:
    """The policy of the sample's own job."""
    with TemporaryDirectory() as folder:
        job = write_sample(Path(folder))
        return load_job(job.read_text(encoding="utf-8"), str(job)).to_policy(read_rows)


def sample_frame(rows: int) -> pd.DataFrame:
    """The sample table, every cell a text or None."""
    table = generate(rows)
    return pd.DataFrame(
        {name: table.column(name).cast("string").to_pylist() for name in table.column_names}, dtype=object
    )


def sample_cases(rows: int, ks: Sequence[int], limits: Sequence[float]) -> Iterator[SearchCase]:
    """The grid on the sample table: what can be measured anywhere."""
    policy = sample_policy()
    problem = problem_of("sample", sample_frame(rows), policy)
    for k, limit in product(ks, limits):
        yield SearchCase(problem, f"k={k}", replace(policy, models=(KAnonymity(k),), max_suppression=limit))


def problem_of(table: str, frame: pd.DataFrame, policy: Policy) -> Problem:
    """A table's hierarchies and raw classes by a policy."""
    return problem_from(table, raw_classes(frame, policy), policy)


def problem_from(table: str, raw: RawClasses, policy: Policy) -> Problem:
    """The same from combinations that have been counted."""
    hierarchies = build_hierarchies(policy, raw)
    return Problem(table, hierarchies, encode(raw, policy, hierarchies))


def raw_classes(frame: pd.DataFrame, policy: Policy) -> RawClasses:
    """The distinct combinations of a table's quasi-identifiers and sensitive attributes, as Spark would count them."""
    names = [*policy.names, *(each.name for each in policy.sensitive)]
    encoded = [pd.factorize(frame[name], use_na_sentinel=False) for name in names]
    combination, first = distinct_rows([codes.astype(np.int32) for codes, _ in encoded])
    columns = tuple(
        RawColumn(name, "string", _texts(values), codes[first].astype(np.int32))
        for name, (codes, values) in zip(names, encoded, strict=True)
    )
    split = len(policy.quasi_identifiers)
    return RawClasses(columns[:split], columns[split:], np.bincount(combination).astype(np.int64), {})


def _texts(values: Iterable[object]) -> tuple[Label, ...]:
    """pandas turns None into NaN; every other cell is a text already."""
    return tuple(value if isinstance(value, str) else None for value in values)
