#!/bin/sh
# What Spark Connect lacks (RDDs, the context, py4j's objects) and SQL made of text stay out of the package. A ruff
# rule or an import contract cannot see an attribute of a value, so this one looks at the text.
set -eu
cd "$(dirname "$0")/.."
word='(^|[^[:alnum:]_])'
banned="sparkContext|\.rdd([^[:alnum:]_]|\$)|_jvm|_jdf|_jsc|${word}expr\(|selectExpr"
if grep -rnE --include='*.py' "$banned" anonspark; then
    echo "These lines do not run on Spark Connect, or build SQL from text; use Column expressions." >&2
    exit 1
fi
