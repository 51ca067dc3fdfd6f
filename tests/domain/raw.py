"""The distinct combinations of rows, as the one group-by over a table gives them; no Spark needed."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from anonspark.domain.encode import RawClasses, RawColumn
from anonspark.domain.hierarchy import Label

Row = tuple[Label, ...]


def raw_classes(
    rows: Sequence[Row] | Counter[Row],
    quasi_identifiers: Sequence[str],
    sensitive: Sequence[str] = (),
    *,
    types: Mapping[str, str] | None = None,
    malformed: Mapping[str, int] | None = None,
) -> RawClasses:
    """Rows of quasi-identifiers followed by sensitive attributes; a counter has how often each occurs."""
    counted = rows if isinstance(rows, Counter) else Counter(rows)
    names = [*quasi_identifiers, *sensitive]
    columns = []
    for place, name in enumerate(names):
        cells = [row[place] for row in counted]
        values = tuple(dict.fromkeys(cells))
        codes = {value: code for code, value in enumerate(values)}
        columns.append(
            RawColumn(
                name, (types or {}).get(name, "string"), values, np.array([codes[cell] for cell in cells], np.int32)
            )
        )
    split = len(quasi_identifiers)
    counts = np.array(list(counted.values()), dtype=np.int64)
    return RawClasses(tuple(columns[:split]), tuple(columns[split:]), counts, dict(malformed or {}))
