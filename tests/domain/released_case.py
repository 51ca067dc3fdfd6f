"""A table that is released at a node, row by row as the definition says."""

from anonspark.domain.encode import RawClasses, build_hierarchies, encode
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label
from anonspark.domain.lattice import lattice_of
from anonspark.domain.model import PrivacyModel, ReleaseModel
from anonspark.domain.policy import Policy, QuasiIdentifier, SensitiveAttribute
from anonspark.domain.population import with_population
from anonspark.domain.recount import verify_release
from anonspark.domain.release import Release
from anonspark.domain.rules import HierarchyRule, MaskRule
from anonspark.models.k_anonymity import KAnonymity
from anonspark.search.in_memory import InMemoryChecker
from anonspark.vocabulary import Metric, Suppression
from tests.domain.raw import Row, raw_classes

MASKS = (MaskRule((1,)), MaskRule((1,)))
ROWS: list[Row] = [
    ("10", "a1", "u"), ("11", "a2", "v"), ("12", "a1", "CANARY-v"),
    ("20", "b1", "u"), ("21", "b2", "w"), ("22", None, "w"),
    ("20", "b2", "v"), ("23", "b3", "CANARY-v"), ("CANARY-30", "c1", "u"), ("24", None, "u"),
]  # fmt: skip


class Case:
    """A table released at a node, and its release as rows."""

    def __init__(
        self,
        rows: list[Row],
        node: tuple[int, ...],
        *models: PrivacyModel,
        rules: tuple[HierarchyRule, ...] = MASKS,
        suppression: Suppression = Suppression.MASK,
        sensitive_rule: HierarchyRule | None = None,
        release_models: tuple[ReleaseModel, ...] = (),
        people: list[Row] | None = None,
    ) -> None:
        names = [f"q{place}" for place in range(len(rules))]
        self.policy = Policy(
            tuple(QuasiIdentifier(name, rule) for name, rule in zip(names, rules, strict=True)),
            models or (KAnonymity(2),),
            (SensitiveAttribute("diagnosis", sensitive_rule),),
            identifiers=("name",),
            max_suppression=1.0,
            suppression=suppression,
            release_models=release_models,
        )
        self.raw = raw_classes(rows, names, ["diagnosis"])
        self.hierarchies = build_hierarchies(self.policy, self.raw)
        self.classes = encode(self.raw, self.policy, self.hierarchies)
        searched, population = self.classes, raw_classes(people or [], names)
        if people is not None:
            searched = with_population(self.classes, population, self.policy, self.hierarchies)
        checker = InMemoryChecker(
            searched,
            self.hierarchies,
            self.policy.models,
            lattice_of(self.hierarchies),
            len(rows),
            release_models=release_models,
        )
        at_node, safe = checker.classes_at(node)
        self.release = Release(
            node,
            self.hierarchies,
            at_node.codes,
            at_node.sizes,
            safe,
            len(rows),
            Metric.LOSS,
            0.0,
            True,
            {},
            {},
            at_node.population,
        )
        self.written = self._released(rows, at_node.codes[:, safe].T.tolist())

    def _released(self, rows: list[Row], safe: list[list[int]]) -> list[Row]:
        """Row by row, as the definition says; nothing of the engine but the hierarchies."""
        written = []
        for row in rows:
            leaves = [each.leaves.index(value) for each, value in zip(self.hierarchies, row, strict=False)]
            groups = [
                int(each.groups[level][leaf])
                for each, level, leaf in zip(self.hierarchies, self.release.node, leaves, strict=True)
            ]
            unknown = any(each.unknown[leaf] for each, leaf in zip(self.hierarchies, leaves, strict=True))
            if groups in safe and not unknown:
                written.append((*self._labels(groups), row[-1]))
            elif self.policy.suppression is Suppression.MASK:
                written.append((*["*"] * len(groups), row[-1]))
        return written

    def _labels(self, groups: list[int]) -> list[Label]:
        hierarchies: tuple[GeneralizationHierarchy, ...] = self.hierarchies
        return [
            each.labels[level][group] for each, level, group in zip(hierarchies, self.release.node, groups, strict=True)
        ]

    def verify(self, written: list[Row], unmasked: int = 0) -> None:
        verify_release(self.recounted(written, unmasked), self.raw, self.classes, self.policy, self.release)

    def recounted(self, written: list[Row], unmasked: int = 0) -> RawClasses:
        return raw_classes(written, self.policy.names, ["diagnosis"], malformed={"name": unmasked})


def masked(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row[:2] == ("*", "*")]


def kept(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row[:2] != ("*", "*")]
