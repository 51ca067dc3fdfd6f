"""`spark-submit jobs/transform_pii.py --config FILE ...`, with the arguments of `anonspark transform-pii`.

See `jobs/anonymize.py`.
"""

import sys

from anonspark.cli.main import main

if __name__ == "__main__":
    main(["transform-pii", *sys.argv[1:]])
