"""The job file of `validate`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator

from anonspark.config.class_faults import columns_named
from anonspark.config.classes_job import ClassesJob
from anonspark.config.crosschecks import faults_of_models, faults_of_population, faults_of_presence, items_of
from anonspark.config.fields import Columns, Problem, as_tuple
from anonspark.config.hierarchies import RowReader
from anonspark.config.locations import resolve
from anonspark.config.models import ClassModel, Model, WholeReleaseModel
from anonspark.domain.hierarchy import Label
from anonspark.domain.policy import Policy, QuasiIdentifier, SensitiveAttribute
from anonspark.vocabulary import AttributeRole


class ValidateJob(ClassesJob):
    """Say whether a table, as it is, satisfies privacy models, and where it does not."""

    required: ClassVar[Mapping[str, str]] = {
        **ClassesJob.required,
        "privacy": "name the models that must hold, for example [{model: k-anonymity, k: 5}].",
    }

    job: Literal["validate"] = "validate"
    """What to do."""
    sensitive: Columns = ()
    """The columns that the models protect."""
    privacy: Annotated[tuple[Model, ...], BeforeValidator(as_tuple)] = ()
    """The privacy models; all must hold."""

    @classmethod
    def _faults_across(cls, data: Mapping[str, Any], base: str) -> list[Problem]:
        models, listed = items_of(data, "privacy"), items_of(data, "attributes")
        places = len(listed)
        named = [
            (places + place, {"name": name, "type": role})
            for place, (path, name, role) in enumerate(columns_named(data))
            if path[0] != "attributes"
        ]
        empty: list[Problem] = []
        if data.get("privacy", []) == []:
            empty = [(("privacy",), "is empty; name a model, for example [{model: k-anonymity, k: 5}].")]
        return [
            *super()._faults_across(data, base),
            *empty,
            *faults_of_models(models, [*listed, *named]),
            *faults_of_population(models, data),
            *faults_of_presence(models, data),
        ]

    def to_policy(self, read_rows: RowReader) -> Policy:
        """The domain's policy: what must hold of which columns.

        Args:
            read_rows: Called with the URI, seen from the job file, and the separator of each csv hierarchy.
        """

        def read(uri: str, sep: str) -> Iterable[Sequence[Label]]:
            return read_rows(resolve(uri, self.base), sep)

        at_length = [attribute.to_sensitive(read) for attribute in self.of_type(AttributeRole.SENSITIVE)]
        return Policy(
            quasi_identifiers=tuple(map(QuasiIdentifier, self.names)),
            models=tuple(model.to_model() for model in self.privacy if isinstance(model, ClassModel)),
            sensitive=(*map(SensitiveAttribute, self.sensitive), *at_length),
            release_models=tuple(model.to_model() for model in self.privacy if isinstance(model, WholeReleaseModel)),
            person_id=self.person_id,
        )
