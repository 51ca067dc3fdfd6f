"""`spark-submit` entry with the arguments of `anonspark rotate-keys`; see `jobs/anonymize.py`."""

import sys

from anonspark.cli.main import main

if __name__ == "__main__":
    main(["rotate-keys", *sys.argv[1:]])
