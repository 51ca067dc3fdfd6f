"""`spark-submit jobs/measure.py --config FILE ...`, with the arguments of `anonspark measure`: see `anonymize.py`."""

import sys

from anonspark.cli.main import main

if __name__ == "__main__":
    main(["measure", *sys.argv[1:]])
