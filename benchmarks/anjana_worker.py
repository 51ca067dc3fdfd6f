"""Runs in an environment of its own that has anjana and nothing of ours: k-anonymity of one table, on the clock.

usage: python anjana_worker.py REQUEST.json, which holds columns, hierarchies (labels by level), k and suppression in
percent. The answer is JSON on the last line of stdout: CPU seconds, levels by column, rows that were released.
"""

import json
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from time import process_time


def main(request: Path) -> None:
    pandas = import_module("pandas")
    anonymity, utils = import_module("anjana.anonymity"), import_module("anjana.anonymity.utils.utils")
    asked = json.loads(request.read_text(encoding="utf-8"))
    names = list(asked["columns"])

    def hierarchies() -> dict[str, dict[int, list[str]]]:
        return {name: dict(enumerate(levels)) for name, levels in asked["hierarchies"].items()}

    table, given = pandas.DataFrame(asked["columns"]), hierarchies()
    since = process_time()
    released = anonymity.k_anonymity(table, [], names, asked["k"], asked["suppression_percent"], given)
    cpu_s = process_time() - since
    levels = utils.get_transformation(released, names, hierarchies()) if len(released) else None
    answer = {"version": version("anjana"), "cpu_s": cpu_s, "levels": levels, "released": len(released)}
    print(json.dumps(answer))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
