"""`spark-submit jobs/detect_pii.py --config FILE ...`, with the arguments of `anonspark detect-pii`.

See `jobs/anonymize.py`.
"""

import sys

from anonspark.cli.main import main

if __name__ == "__main__":
    main(["detect-pii", *sys.argv[1:]])
