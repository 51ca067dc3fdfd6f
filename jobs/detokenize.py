"""`spark-submit` entry with the arguments of `anonspark detokenize`; see `jobs/anonymize.py`."""

import sys

from anonspark.cli.main import main

if __name__ == "__main__":
    main(["detokenize", *sys.argv[1:]])
