"""Runs in an environment of its own that has presidio-anonymizer and nothing of ours: its operators on the clock.

usage: python presidio_worker.py REQUEST.json, which holds values. The answer is JSON on the last line of stdout: the
version, and values a second by operator, each value a text of its own with one finding that covers it.
"""

import json
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

OPERATORS = {
    "hash": {"hash_type": "sha256", "salt": "0123456789abcdef0123456789abcdef"},
    "encrypt": {"key": "WmZq4t7w!z%C&F)J"},
    "replace": {"new_value": "<PERSON>"},
}


def main(request: Path) -> None:
    engine = import_module("presidio_anonymizer").AnonymizerEngine()
    entities = import_module("presidio_anonymizer.entities")
    values = json.loads(request.read_text(encoding="utf-8"))["values"]
    speeds = {}
    for name, settings in OPERATORS.items():
        operators = {"PII": entities.OperatorConfig(name, settings)}
        since = perf_counter()
        for value in values:
            finding = entities.RecognizerResult("PII", 0, len(value), 1.0)
            engine.anonymize(text=value, analyzer_results=[finding], operators=operators)
        speeds[name] = len(values) / (perf_counter() - since)
    print(json.dumps({"version": version("presidio-anonymizer"), "speeds": speeds}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
