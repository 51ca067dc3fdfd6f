"""`spark-submit` entry with the arguments of `anonspark decrypt`; see `jobs/anonymize.py`."""

import sys

from anonspark.cli.main import main

if __name__ == "__main__":
    main(["decrypt", *sys.argv[1:]])
