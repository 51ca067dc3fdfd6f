"""`spark-submit jobs/risk.py --config FILE ...`, with the arguments of `anonspark risk`; see `jobs/anonymize.py`."""

import sys

from anonspark.cli.main import main

if __name__ == "__main__":
    main(["risk", *sys.argv[1:]])
