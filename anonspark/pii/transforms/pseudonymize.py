"""Values to made-up ones of the same type: the same for the same value in every table, run and process of a scope."""

from typing import Final

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql.types import StringType

from anonspark.domain.keys import RootKey
from anonspark.pii.fakes.draws import Maker
from anonspark.pii.fakes.kinds import maker_of
from anonspark.pii.pools import checked_locale
from anonspark.pii.workers import arrow_column, mapped_together

PURPOSE: Final = "pseudonym"


def pseudonymize(
    value: Column, pii_type: str | None, locale: str | None, key: RootKey, scope: str, *, day_first: bool = False
) -> Column:
    """Fakes as text, from text; null stays null, and what has neither letter nor digit stays as it is.

    Names, places, companies and dates repeat, as real ones do. E-mail addresses, user names, UUIDs and codes do not:
    see the docstring of each maker in `anonspark.pii.fakes`. A fake is never the value itself.

    Args:
        value: Text as it is, not normalized: a fake has the form of the original. What is made follows from the value
            as `normalize` has it.
        pii_type: Decides what is made; a code of the same shape where it is not given, or has no fakes of its own.
        locale: Of names and places, `de_DE` or `de`; values in another script get fakes in theirs.
        key: The linking key of the scope.
        scope: `settings.key_scope`.
        day_first: Of dates such as 03/04/2024.

    Raises:
        InputError: There are no fakes for the locale.
    """
    maker = Maker(key.derive(PURPOSE, scope), checked_locale(locale), pii_type)
    make = maker_of(pii_type, day_first=day_first)

    def replace(values: pa.Array) -> pa.Array:
        return mapped_together(values, lambda texts: make(texts, maker), pa.string())

    return arrow_column(replace, StringType(), value)
