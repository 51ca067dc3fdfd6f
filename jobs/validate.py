"""`spark-submit jobs/validate.py --config FILE ...`, as `anonspark validate`; see `jobs/anonymize.py`."""

import sys

from anonspark.cli.main import main

if __name__ == "__main__":
    main(["validate", *sys.argv[1:]])
