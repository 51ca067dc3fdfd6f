"""Compliance profiles: those of `conf/pii/profiles`, and those of files of one's own in the same form."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, ValidationError

from anonspark.config.fields import Flag, Name, Problem, Section, Text, as_tuple, one_of
from anonspark.config.pii_files import TypeId
from anonspark.config.problems import path_text, problems_of
from anonspark.config.text import Document, read_text
from anonspark.domain.pii import ComplianceProfile, PiiCatalogue
from anonspark.errors import ConfigurationError, did_you_mean
from anonspark.resources import resource
from anonspark.vocabulary import ActionName, Severity

SHIPPED: Final = ("hipaa", "gdpr", "pci_dss", "ccpa", "financial", "sox", "glba", "custom")
"""The profiles that anonspark brings, in the order in which they are listed."""

Types = Annotated[tuple[TypeId, ...], BeforeValidator(as_tuple)]
