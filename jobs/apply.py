"""`spark-submit jobs/apply.py --config FILE ...`, with the arguments of `anonspark apply`; see `jobs/anonymize.py`."""

import sys

from anonspark.cli.main import main

if __name__ == "__main__":
    main(["apply", *sys.argv[1:]])
