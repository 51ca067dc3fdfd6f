"""Which columns single records out, learned from random sets of columns: scikit-learn's random forest on a sample."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray, FloatArray
from anonspark.errors import EnvironmentProblem
from anonspark.measures.identification import Grouping, all_alike

SETS: Final = 64
"""Sets of columns that are drawn."""

LARGEST_SET: Final = 5
"""Columns of a set, at most: an attacker who knows more singles nearly everybody out."""

EXAMPLES: Final = 20_000
"""Records with a set of columns each, in training and test together."""

TEST_SHARE: Final = 0.25
TREES: Final = 60
DEPTH: Final = 12

RELIABLE_AUC: Final = 0.8
FEWEST_OF_A_KIND: Final = 50


@dataclass(frozen=True, slots=True)
class SinglingOut:
    """What the model found, and how well it does on records that it has not seen.

    Attributes:
        importances: Shape (n_columns,), sum 1: the mean decrease in impurity of each column.
        accuracy: Share of test examples that are told right.
        precision: Of those told to be singled out, the share that is.
        recall: Of those singled out, the share that is told so.
        f1: The harmonic mean of both.
        roc_auc: Chance that an example that is singled out is ranked above one that is not.
        training_samples: Examples that it learned from.
        is_reliable: Whether `roc_auc` is 0.8 or more, and there were enough examples of both kinds.
    """

    importances: FloatArray
    accuracy: float
    precision: float
    recall: float
    f1: float
    roc_auc: float
    training_samples: int
    is_reliable: bool


def learn_singling_out(codes: Sequence[CodeArray], rng: np.random.Generator) -> SinglingOut | None:
    """Learn from random sets of columns whether a record is alone in them, given how rare its values are.

    An example is a record and a set of one to five columns. Its features are the rarity of the record's value in each
    column of the set, -log2 of the value's share, and 0 in the others; it is positive where no other record has the
    same values in the set. The test examples are of other records than those learned from.

    Args:
        codes: Shape (n_records,) each: the value of each record, from 0.
        rng: Draws records and sets, and seeds the forest.

    Returns:
        None where hardly any or nearly every example is singled out, so that there is nothing to learn.

    Raises:
        EnvironmentProblem: scikit-learn is missing.

    Source: Breiman (2001), Random Forests, Machine Learning 45(1), for the model and the importance of a feature.
    """
    try:
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.metrics import precision_recall_fscore_support, roc_auc_score
    except ImportError:
        raise EnvironmentProblem(
            "Mode ml needs scikit-learn: pip install 'anonspark[ml]', or take mode heuristic.", field="mode"
        ) from None
    if not codes or not len(codes[0]):
        return None
    features, alone, of_test = examples(codes, rng)
    kinds = [int(part.sum()) for side in (of_test, ~of_test) for part in (alone[side], ~alone[side])]
    if min(kinds) == 0:
        return None
    forest = RandomForestClassifier(
        n_estimators=TREES, max_depth=DEPTH, min_samples_leaf=5, random_state=int(rng.integers(1 << 31)), n_jobs=1
    )
    forest.fit(features[~of_test], alone[~of_test])
    chances = forest.predict_proba(features[of_test])[:, 1]
    told, truth = chances >= 0.5, alone[of_test]
    precision, recall, f1, _ = precision_recall_fscore_support(truth, told, average="binary", zero_division=0.0)
    auc = float(roc_auc_score(truth, chances))
    return SinglingOut(
        np.asarray(forest.feature_importances_, dtype=np.float64),
        float((told == truth).mean()),
        float(precision),
        float(recall),
        float(f1),
        auc,
        int((~of_test).sum()),
        auc >= RELIABLE_AUC and min(kinds) >= FEWEST_OF_A_KIND,
    )


def examples(codes: Sequence[CodeArray], rng: np.random.Generator) -> tuple[FloatArray, BoolArray, BoolArray]:
    """Records with sets of columns: features of shape (n_examples, n_columns), whether alone, whether for the test."""
    n_records, n_columns = len(codes[0]), len(codes)
    rarities = np.column_stack([rarity(column) for column in codes])
    tested = rng.random(n_records) < TEST_SHARE
    a_set = max(1, min(EXAMPLES // SETS, n_records))
    features = np.zeros((SETS * a_set, n_columns))
    alone = np.zeros(SETS * a_set, dtype=np.bool_)
    of_test = np.zeros(SETS * a_set, dtype=np.bool_)
    for number in range(SETS):
        size = int(rng.integers(1, min(LARGEST_SET, n_columns) + 1))
        columns = rng.choice(n_columns, size=size, replace=False)
        grouping: Grouping = all_alike(codes)
        for column in columns:
            grouping = grouping.refined(codes[int(column)])
        drawn = rng.choice(n_records, size=a_set, replace=False)
        rows = slice(number * a_set, (number + 1) * a_set)
        features[rows, columns] = rarities[np.ix_(drawn, columns)]
        alone[rows] = grouping.sizes()[grouping.groups[drawn]] == 1
        of_test[rows] = tested[drawn]
    return features, alone, of_test


def rarity(codes: CodeArray) -> FloatArray:
    """-log2 of the share of records with each record's value, in bits.

    >>> rarity(np.array([0, 0, 1, 2], np.int32)).tolist()
    [1.0, 1.0, 2.0, 2.0]
    """
    shares = np.bincount(codes) / len(codes)
    bits: FloatArray = -np.log2(shares[codes])
    return bits
