"""`spark-submit jobs/measure.py --config FILE ...`, with the arguments of `anonspark measure`.

Spark's own settings are spark-submit's: `--master`, `--conf`, and `--packages io.delta:delta-spark_4.1_2.13:4.4.0`
with the connectors of the URIs where the cluster does not have them. Spark logs as the cluster tells it to.
"""

import sys

from anonspark.cli.main import main

if __name__ == "__main__":
    main(["measure", *sys.argv[1:]])
