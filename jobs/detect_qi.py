"""`spark-submit jobs/detect_qi.py --config FILE ...`, with the arguments of `anonspark detect-qi`.

See `jobs/anonymize.py`.
"""

import sys

from anonspark.cli.main import main

if __name__ == "__main__":
    main(["detect-qi", *sys.argv[1:]])
