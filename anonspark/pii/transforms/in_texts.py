"""Only what is found within texts changed; the rest of a text stays."""

import pyarrow as pa

from anonspark.pii.free_text import Span, replaced, spans_of
from anonspark.pii.transforms.on_arrays import Change
from anonspark.pii.workers import no_values_told


def in_spans(change: Change) -> Change:
    """A function of texts that changes the personal data in them, all of a batch at once.

    Args:
        change: What becomes of each piece that is found.
    """

    def work(texts: pa.Array) -> pa.Array:
        with no_values_told():
            found = spans_of(texts).to_pylist()
            rows = [
                (text, [Span(**span) for span in spans or ()])
                for text, spans in zip(texts.to_pylist(), found, strict=True)
            ]
            pieces = [text[span.start : span.end] for text, spans in rows for span in spans]
            changed = iter(change(pa.array(pieces, pa.string())).to_pylist())
            return pa.array(
                [None if text is None else replaced(text, spans, lambda *_: next(changed)) for text, spans in rows],
                pa.string(),
            )

    return work
