"""`spark-submit jobs/erase.py --config FILE ...`, with the arguments of `anonspark erase`; see `jobs/anonymize.py`."""

import sys

from anonspark.cli.main import main

if __name__ == "__main__":
    main(["erase", *sys.argv[1:]])
