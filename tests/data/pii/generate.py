"""The second labelled set: made-up tables of other countries and naming styles, and the types of their columns.

usage: python tests/data/pii/generate.py        (writes the tables and labels.csv beside this file)

A table is a mapping from column to (label, value of a row). A label is a type of the catalogue, several that are right
joined by |, `none` where silence is right. Nobody here exists: names are Faker's, numbers are drawn, hosts, mail
domains and, where a country has them, phone numbers are reserved ones. The files are the truth, not this script:
another version of Faker draws other names.
"""

import csv
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER))

from tables_america import AMERICA  # noqa: E402
from tables_europe import EUROPE  # noqa: E402
from tables_machines import MACHINES  # noqa: E402
from tables_row import Row, Table  # noqa: E402

TABLES: dict[str, Table] = EUROPE | AMERICA | MACHINES


def write(folder: Path) -> None:
    """All tables, and their labels."""
    labels = []
    for number, (name, table) in enumerate(TABLES.items()):
        rows = [Row(table.locale, seed=1000 * number + index) for index in range(table.rows)]
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.columns)
            for row in rows:
                writer.writerow([row.gap(value(row)) for _, value in table.columns.values()])
        labels += [(name, column, label) for column, (label, _) in table.columns.items()]
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("file", "column", "true_type"))
        writer.writerows(labels)


if __name__ == "__main__":
    write(FOLDER)
