#!/bin/sh
# Makes the virtual environment from requirements.lock, with uv where it is there and with venv + pip where it is not.
# Everything that the machine lacks is told at once, before anything is installed.
#
#   VENV     folder of the environment, .venv where not given
#   PYTHON   the interpreter to use; else the first of python3, python3.13, python3.12, python3.11 that fits
set -eu
cd "$(dirname "$0")/.."
venv=${VENV:-.venv}

missing=0
lacks() { # what is wrong, packages on Debian, packages on macOS
    missing=1
    printf 'setup: %s\n         Debian, Ubuntu: sudo apt-get install %s\n         macOS: brew install %s\n' "$@" >&2
}

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1; }

# `command -v` would also find the shims of version managers that lead nowhere, so every tool is run once.
uv=
if uv --version >/dev/null 2>&1; then uv=uv; fi

python=
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if fits "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ] && [ -n "$uv" ] && [ -z "${PYTHON:-}" ]; then
    python=3.12 # uv brings its own
elif [ -z "$python" ]; then
    found=$("${PYTHON:-python3}" --version 2>/dev/null) || found="no ${PYTHON:-python3}"
    case $found in
        no*) lacks "Python 3.11, 3.12 or 3.13 is needed; there is $found." "python3 python3-venv" python@3.12 ;;
        *) lacks "Python 3.11, 3.12 or 3.13 is needed; this is $found (PYTHON=... names another one)." \
            "python3.11 python3.11-venv" python@3.12 ;;
    esac
elif [ -z "$uv" ] && ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    lacks "$python cannot make virtual environments, because its venv package is not installed." \
        "python$version-venv" "python@$version"
fi

# Spark starts the same one: JAVA_HOME first, then the path. macOS has a java that only says that there is none.
java=java
if [ -n "${JAVA_HOME:-}" ]; then java=$JAVA_HOME/bin/java; fi
java_version=$("$java" -version 2>&1 | sed -n 's/.*version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' | head -n 1) || java_version=
on_debian="openjdk-17-jre-headless (Debian 13: openjdk-21-jre-headless)"
on_macos="--cask temurin@17"
if [ -z "$java_version" ]; then
    lacks "Java 17 or 21 is needed; $java does not run." "$on_debian" "$on_macos"
elif [ "$java_version" -lt 17 ]; then
    lacks "Java 17 or 21 is needed; $java is Java $java_version." "$on_debian" "$on_macos"
elif [ "$java_version" -gt 22 ]; then
    # Hadoop 3.4.2, which pyspark 4.1 ships, calls Subject.getSubject; Java 23 and later refuse it (HADOOP-19212).
    lacks "Java 17 or 21 is needed; $java is Java $java_version, which Spark's Hadoop client cannot run on." \
        "$on_debian" "$on_macos"
fi
[ "$missing" = 0 ] || exit 1

# An environment of an interpreter that is gone or does not fit, or without a pip that is now needed, is made anew.
if ! fits "$venv/bin/python" || { [ -z "$uv" ] && ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; }; then
    if [ -e "$venv/pyvenv.cfg" ]; then rm -rf "$venv"; fi
    if [ -n "$uv" ]; then
        uv venv --quiet --python "$python" "$venv"
    else
        "$python" -m venv "$venv"
    fi
fi

echo "setup: installing the locked packages into $venv; the first time takes some minutes."
if [ -n "$uv" ]; then
    uv pip install --quiet --python "$venv/bin/python" --require-hashes -r requirements.lock
    uv pip install --quiet --python "$venv/bin/python" --no-deps -e .
else
    # pyspark comes as source only; pip before 23.1 builds such packages in a deprecated way unless told.
    PIP_USE_PEP517=1 "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -e .
fi

echo "setup: fetching Spark's Delta jars."
# Spark's start and Ivy's report are dozens of lines, of interest only when there is no jar at their end.
if ! "$venv/bin/python" -m anonspark.io.session >"$venv/jars.log" 2>&1; then
    cat "$venv/jars.log" >&2
    exit 1
fi
touch "$venv/.installed"
