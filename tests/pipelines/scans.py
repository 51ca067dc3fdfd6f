"""How often a run read a table, by the rows that Spark's scans put out."""

from pyspark.sql import SparkSession

from tests.jvm import jvm_of


def rows_scanned(spark: SparkSession, since: int) -> dict[str, int]:
    """Rows that scans put out in the queries from number `since` on, by what was scanned."""
    jvm_of(spark)._jsc.sc().listenerBus().waitUntilEmpty()
    store = spark._jsparkSession.sharedState().statusStore()
    found: dict[str, int] = {}
    executions = store.executionsList()
    for place in range(executions.size()):
        number = executions.apply(place).executionId()
        if number < since:
            continue
        values = store.executionMetrics(number)
        nodes = store.planGraph(number).allNodes()
        for node in map(nodes.apply, range(nodes.size())):
            if not node.name().startswith("Scan"):
                continue
            for metric in map(node.metrics().apply, range(node.metrics().size())):
                value = values.get(metric.accumulatorId())
                if metric.name() == "number of output rows" and value.isDefined():
                    name = node.name().strip()
                    found[name] = found.get(name, 0) + int(value.get().replace(",", ""))
    return found


def executions_so_far(spark: SparkSession) -> int:
    jvm_of(spark)._jsc.sc().listenerBus().waitUntilEmpty()
    executions = spark._jsparkSession.sharedState().statusStore().executionsList()
    return max((executions.apply(place).executionId() for place in range(executions.size())), default=-1) + 1
