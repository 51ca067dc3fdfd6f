"""What each column of a table is to an attacker: by its name, by its values, by what it tells apart."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from anonspark.config.built_in_patterns import TYPE_PRIORITY, BuiltInPatterns
from anonspark.domain.attribute_kinds import ColumnStatistics
from anonspark.domain.patterns import ColumnPattern, in_order
from anonspark.domain.pii import ColumnFinding, ColumnProfile
from anonspark.vocabulary import DataKind, Identity

FREE_TEXT: Final = 60
"""Characters of a value, in the mean, from which on a column is read and not compared."""

FEW_ROWS: Final = 20
"""With fewer rows that values are all different tells nothing."""

KEY_DIGITS: Final = 6
"""Digits of numbers, all of one length, that are keys though there are gaps between them."""

KEY_SHARE: Final = 0.95

_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_CODE: Final = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[0-9A-Za-z_#/.-]{4,64}")
"""Letters and digits in one word."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a column is, how sure that is, and why.

    Attributes:
        identity: What it is; None where only what it tells apart can say.
        confidence: In [0, 1].
        reasons: Sentences, without any value.
    """

    identity: Identity | None
    confidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What the caller knows of columns, and the patterns that say more.

    Attributes:
        identifiers: Direct identifiers.
        sensitive: Sensitive columns.
        custom: One's own patterns, which win over all others.
        built_in: Those that anonspark brings.
        uniqueness_threshold: A column whose values are different in a larger share of its cells identifies.
    """

    built_in: BuiltInPatterns
    identifiers: Collection[str] = ()
    sensitive: Collection[str] = ()
    custom: Sequence[ColumnPattern] = field(default_factory=tuple)
    uniqueness_threshold: float = 0.95


def judge(profile: ColumnProfile, statistics: ColumnStatistics, finding: ColumnFinding | None, known: Known) -> Verdict:
    """What a column is as far as it tells by itself.

    Args:
        profile: Some of its values.
        statistics: Of all its values.
        finding: The personal data in it, if some was found.
        known: What is known beforehand.
    """
    if profile.path in known.identifiers:
        return Verdict(Identity.DIRECT, 1.0, ("named in known_identifiers",))
    if profile.path in known.sensitive:
        return Verdict(Identity.SENSITIVE, 1.0, ("named in known_sensitive",))
    own = first_that_fits(in_order(known.custom, ()), profile)
    if own is not None:
        return Verdict(own.classification, 0.99, (f"has a name of the pattern '{own.name}'",))
    if profile.nulls == profile.cells or statistics.distinct <= 1:
        return Verdict(Identity.NONE, 0.95, ("has one value at most, which tells nobody apart",))
    built_in = first_that_fits(known.built_in.others, profile)
    if finding is not None and (built_in is None or built_in.priority >= TYPE_PRIORITY):
        reasons = (f"holds {finding.pii_type.replace('_', ' ')}", *finding.evidence)
        return Verdict(known.built_in.of_types[finding.pii_type], finding.confidence, reasons)
    if built_in is not None:
        return Verdict(built_in.classification, 0.85, (f"has a name of the pattern '{built_in.name}'",))
    return by_statistics(profile, statistics, known.uniqueness_threshold)


def by_statistics(profile: ColumnProfile, statistics: ColumnStatistics, uniqueness_threshold: float) -> Verdict:
    """What a column of a name that says nothing is."""
    ratio = statistics.unique_ratio
    if statistics.kind is DataKind.TEXT and statistics.mean_length > FREE_TEXT:
        return Verdict(Identity.NONE, 0.5, ("is text to be read; deep_scan looks for personal data inside it",))
    if statistics.kind in (DataKind.FLAG, DataKind.BINARY):
        return Verdict(Identity.NONE, 0.6, (f"is of kind {statistics.kind}",))
    enough = statistics.rows - statistics.nulls >= FEW_ROWS
    if enough and ratio >= uniqueness_threshold and looks_like_a_key(profile):
        return Verdict(Identity.DIRECT, 0.8, (f"its values look like keys and {ratio:.1%} of them are different",))
    return Verdict(None, 0.5, (f"neither its name nor its values say what it is; {ratio:.1%} of them are different",))


def looks_like_a_key(profile: ColumnProfile) -> bool:
    """Whether values are codes of letters and digits or whole numbers that follow each other, as keys of records are.

    Amounts, measurements and times are different from each other too; they have gaps, fractions or their own signs.
    """
    if profile.kind not in (DataKind.TEXT, DataKind.WHOLE) or not profile.values:
        return False
    numbers = [int(value) for value in profile.values if _NUMBER.fullmatch(value)]
    if len(numbers) == len(profile.values):
        lengths = {len(value) for value in profile.values}
        return max(numbers) - min(numbers) < 2 * len(numbers) or (len(lengths) == 1 and min(lengths) >= KEY_DIGITS)
    codes = sum(_CODE.fullmatch(value) is not None for value in profile.values)
    return codes >= KEY_SHARE * len(profile.values)


def first_that_fits(patterns: Sequence[ColumnPattern], profile: ColumnProfile) -> ColumnPattern | None:
    """The first pattern whose names and values are the column's."""
    return next((each for each in patterns if each.fits_name(profile.path) and fits_values(each, profile)), None)


def fits_values(pattern: ColumnPattern, profile: ColumnProfile) -> bool:
    """Whether enough values have one of the pattern's shapes; a column without values cannot say no."""
    if not pattern.value_patterns or not profile.values:
        return True
    values = pa.array(profile.values, pa.string())
    whole = "|".join(f"(?:{each})" for each in pattern.value_patterns)
    fit = pc.match_substring_regex(values, f"^(?:{whole})$").to_numpy(zero_copy_only=False)
    counts = pa.array(profile.counts, pa.int64()).to_numpy()
    return bool(counts[fit].sum() >= pattern.min_match_ratio * counts.sum())
