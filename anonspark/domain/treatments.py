"""What can be done with a column of personal data: one dataclass an action, named as in job files."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final, get_args

from anonspark.vocabulary import ActionName


@dataclass(frozen=True, slots=True)
class Redact:
    """`[REDACTED]` for every value."""

    name: ClassVar[ActionName] = ActionName.REDACT


@dataclass(frozen=True, slots=True)
class Mask:
    """Some characters at the ends are kept; separators, which are what is neither letter nor digit, can be too."""

    name: ClassVar[ActionName] = ActionName.MASK
    show_first: int = 0
    show_last: int = 4
    mask_char: str = "*"
    keep_separators: bool = True


@dataclass(frozen=True, slots=True)
class Hash:
    """SHA-2 in hexadecimal, keyed (HMAC) where the job has a key for hashes."""

    name: ClassVar[ActionName] = ActionName.HASH
    algorithm: str = "sha256"


@dataclass(frozen=True, slots=True)
class Encrypt:
    """AES-256, reversible; equal ciphertexts for equal values only where deterministic."""

    name: ClassVar[ActionName] = ActionName.ENCRYPT
    deterministic: bool = False


@dataclass(frozen=True, slots=True)
class FormatPreservingEncrypt:
    """FF1 of NIST SP 800-38G over an alphabet, reversible; other characters stay where they are."""

    name: ClassVar[ActionName] = ActionName.FORMAT_PRESERVING_ENCRYPT
    alphabet: str = "0123456789"


@dataclass(frozen=True, slots=True)
class Pseudonymize:
    """A made-up value of the same type; the same for the same value within a key scope."""

    name: ClassVar[ActionName] = ActionName.PSEUDONYMIZE
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Tokenize:
    """A random token; the vault keeps what it stands for."""

    name: ClassVar[ActionName] = ActionName.TOKENIZE
    prefix: str = "tok_"


@dataclass(frozen=True, slots=True)
class Generalize:
    """Less precise: what applies depends on the column's type and the type of personal data.

    Attributes:
        to: Of dates: year, month, quarter or decade.
        bin_size: Of numbers.
        keep: Leading characters of postcodes and the like.
        prefix: Bits of an IP address.
        levels: Of the type's hierarchy, where none of the others is given.
    """

    name: ClassVar[ActionName] = ActionName.GENERALIZE
    to: str | None = None
    bin_size: float | None = None
    keep: int | None = None
    prefix: int | None = None
    levels: int | None = None


@dataclass(frozen=True, slots=True)
class Suppress:
    """The column is left out of the output."""

    name: ClassVar[ActionName] = ActionName.SUPPRESS


@dataclass(frozen=True, slots=True)
class Truncate:
    """A fixed number of characters is kept.

    Attributes:
        length: Characters.
        start: Keep them from the start, else from the end.
    """

    name: ClassVar[ActionName] = ActionName.TRUNCATE
    length: int = 3
    start: bool = True


@dataclass(frozen=True, slots=True)
class KAnonymize:
    """All columns with this action become the quasi-identifiers of a k-anonymous release."""

    name: ClassVar[ActionName] = ActionName.K_ANONYMIZE
    k: int = 5
    quasi_identifiers: tuple[str, ...] = ()
    max_suppression: float = 0.0


@dataclass(frozen=True, slots=True)
class AddNoise:
    """Noise on numbers.

    Attributes:
        distribution: gaussian or laplace.
        scale: Standard deviation, or the b of Laplace; a tenth of the column's standard deviation where neither it nor
            epsilon is given.
        epsilon: With `sensitivity`: the scale is sensitivity / epsilon.
        sensitivity: Of the value to one person.
        round_to: Decimal places of the result.
        minimum: Smaller results become it.
        maximum: Larger results become it.
    """

    name: ClassVar[ActionName] = ActionName.ADD_NOISE
    distribution: str = "gaussian"
    scale: float | None = None
    epsilon: float | None = None
    sensitivity: float | None = None
    round_to: int | None = None
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class DateShift:
    """Dates are moved by a number of days that is the same for all dates of a person and differs between persons.

    Attributes:
        person: The column that tells the person; each value is shifted by itself where there is none.
        max_days: Either way.
    """

    name: ClassVar[ActionName] = ActionName.DATE_SHIFT
    person: str | None = None
    max_days: int = 365


@dataclass(frozen=True, slots=True)
class Keep:
    """Nothing: somebody decided that the column stays as it is, which is recorded."""

    name: ClassVar[ActionName] = ActionName.KEEP


Action = (
    Redact
    | Mask
    | Hash
    | Encrypt
    | FormatPreservingEncrypt
    | Pseudonymize
    | Tokenize
    | Generalize
    | Suppress
    | Truncate
    | KAnonymize
    | AddNoise
    | DateShift
    | Keep
)

ACTIONS: Final[Mapping[ActionName, type[Action]]] = MappingProxyType({kind.name: kind for kind in get_args(Action)})


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is done with one column.

    Attributes:
        column: The path of the column.
        pii_type: What it holds; None where a rule names the column and nothing was found in it.
        action: What is done.
        because: Who said so: `rule 3 (priority 10)`, `profile hipaa`.
    """

    column: str
    pii_type: str | None
    action: Action
    because: str


@dataclass(frozen=True, slots=True)
class TreatmentRule:
    """What a policy says about a type of personal data, which covers its kinds, or about one column.

    Attributes:
        action: What is done.
        pii_type: For columns that hold it.
        column: For the column of this path, whatever it holds.
        priority: The rule of the highest wins, then the one for a column, then the more specific type, then the first.
        enabled: Only then it counts.
    """

    action: Action
    pii_type: str | None = None
    column: str | None = None
    priority: int = 0
    enabled: bool = True
