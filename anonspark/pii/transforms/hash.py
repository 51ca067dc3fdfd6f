"""One-way digests of texts: SHA-2 where no key is given, else HMAC."""

import hmac
from typing import Final

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from anonspark.domain.treatments import Hash
from anonspark.pii.workers import arrow_column, mapped

BITS: Final = {"sha256": 256, "sha512": 512}


def hash_value(value: Column, action: Hash, key: bytes | None) -> Column:
    """The digest of a text's UTF-8 bytes in lower-case hexadecimal; null stays null.

    Args:
        value: Text, normalized as it is to be compared.
        action: Its algorithm is sha256 or sha512.
        key: `RootKey.derive(HASHING, scope)`. Without one anybody can hash all numbers of nine digits within minutes
            and look up what a digest stands for.
    """
    content = value.cast("binary")
    if key is None:
        return F.sha2(content, BITS[action.algorithm])
    secret, algorithm = key, action.algorithm

    def digest(values: pa.Array) -> pa.Array:
        return mapped(values, lambda content: hmac.digest(secret, content, algorithm).hex(), pa.string())

    return arrow_column(digest, StringType(), content)


HASHING: Final = "hash"
"""The purpose of the key for `hash_value`."""
