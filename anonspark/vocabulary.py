"""The enums that every layer speaks; each value is the word used in job files, summaries and tables."""

from enum import StrEnum
from typing import Final

SUPPRESSED: Final = "*"
"""What a suppressed cell and the root of a hierarchy look like in a release."""


class AttributeRole(StrEnum):
    """What a column is to an attacker."""

    QUASI_IDENTIFIER = "quasi_identifier"
    SENSITIVE = "sensitive"
    IDENTIFIER = "identifier"
    INSENSITIVE = "insensitive"


class ModelName(StrEnum):
    """The privacy models that a policy can demand."""

    K_ANONYMITY = "k-anonymity"
    L_DIVERSITY = "l-diversity"
    T_CLOSENESS = "t-closeness"
    BETA_LIKENESS = "beta-likeness"
    DELTA_DISCLOSURE = "delta-disclosure"
    ALPHA_K = "alpha-k"
    K_MAP = "k-map"
    DELTA_PRESENCE = "delta-presence"
    AVERAGE_RISK = "average-risk"
    POPULATION_UNIQUENESS = "population-uniqueness"


class Diversity(StrEnum):
    """How l-diversity counts the sensitive values of a class."""

    DISTINCT = "distinct"
    ENTROPY = "entropy"
    RECURSIVE = "recursive"


class Distance(StrEnum):
    """The ground distance of t-closeness."""

    EQUAL = "equal"
    ORDERED = "ordered"
    HIERARCHICAL = "hierarchical"


class Likeness(StrEnum):
    """How beta-likeness caps a gain in confidence."""

    BASIC = "basic"
    ENHANCED = "enhanced"


class Metric(StrEnum):
    """The score that the search minimizes; lower is better."""

    LOSS = "loss"
    PRECISION = "precision"
    DISCERNIBILITY = "discernibility"
    AVERAGE_CLASS_SIZE = "average_class_size"
    NON_UNIFORM_ENTROPY = "non_uniform_entropy"


class Strategy(StrEnum):
    """How the lattice is searched."""

    AUTO = "auto"
    OPTIMAL = "optimal"
    GREEDY = "greedy"
    BEST_FIRST = "best_first"
    MONDRIAN = "mondrian"


class RecodingKind(StrEnum):
    """Whether the classes of a local recoding may overlap."""

    STRICT = "strict"
    RELAXED = "relaxed"


class MicroAggregation(StrEnum):
    """Which one value of a class its records are released with."""

    MEAN = "mean"
    MEDIAN = "median"
    MODE = "mode"


class Suppression(StrEnum):
    """What becomes of the row of a suppressed record, or of the column of an identifier."""

    MASK = "mask"
    DROP = "drop"


class OnUnknown(StrEnum):
    """What to do with a value that a hierarchy does not know."""

    ERROR = "error"
    SUPPRESS = "suppress"
    CLAMP = "clamp"


class WriteMode(StrEnum):
    """What to do with an output that exists."""

    OVERWRITE = "overwrite"
    APPEND = "append"
    ERROR = "error"


class TableFormat(StrEnum):
    """How a table is stored."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    DELTA = "delta"


class OnMalformed(StrEnum):
    """What to do with cells that `input.schema` cannot cast."""

    FAIL = "fail"
    QUARANTINE = "quarantine"


class OnUnsafe(StrEnum):
    """What becomes of records in classes that are unsafe at a solution's node."""

    SUPPRESS = "suppress"
    REFUSE = "refuse"


class OnUnknownToken(StrEnum):
    """What becomes of texts that a vault knows no value for."""

    FAIL = "fail"
    KEEP = "keep"
    CLEAR = "clear"


class QualityGate(StrEnum):
    """What a failed quality check does to the run."""

    FAIL = "fail"
    WARN = "warn"
    OFF = "off"


class RunState(StrEnum):
    """The states of a run in the `runs` table."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ActionName(StrEnum):
    """What can be done with a column of personal data."""

    MASK = "mask"
    HASH = "hash"
    REDACT = "redact"
    ENCRYPT = "encrypt"
    GENERALIZE = "generalize"
    SUPPRESS = "suppress"
    PSEUDONYMIZE = "pseudonymize"
    TRUNCATE = "truncate"
    TOKENIZE = "tokenize"
    K_ANONYMIZE = "k_anonymize"
    ADD_NOISE = "add_noise"
    DATE_SHIFT = "date_shift"
    FORMAT_PRESERVING_ENCRYPT = "format_preserving_encrypt"
    KEEP = "keep"


class Severity(StrEnum):
    """How bad it is that a finding stays untreated."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class DetectionMethod(StrEnum):
    """What kind of evidence a finding rests on."""

    EXACT_NAME = "exact_name"
    KEYWORD_NAME = "keyword_name"
    AFFIX_NAME = "affix_name"
    PATTERN = "pattern"
    NAME_AND_VALUES = "name_and_values"
    NEIGHBOURS = "neighbours"
    FREE_TEXT = "free_text"
    ENTITIES = "entities"


class DataKind(StrEnum):
    """What the values of a column are, as far as detection cares."""

    TEXT = "text"
    WHOLE = "whole"
    DECIMAL = "decimal"
    DATE = "date"
    TIMESTAMP = "timestamp"
    FLAG = "flag"
    BINARY = "binary"
