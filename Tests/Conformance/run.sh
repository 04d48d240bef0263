#!/bin/sh
# Two witnesses to what bqpull stages: Google's own Python client, and another BigQuery emulator. And what bqpull makes of
# the faults that the documentation compares it in.
# Usage: Tests/Conformance/run.sh BQPULL_BINARY
# Needs Python 3.11 or later with venv. Without it: skipped, but an error where CI is set.
set -u

here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../.." && pwd)/.build/conformance

skip() {
    echo "SKIPPED: the conformance witnesses did not run: $1" >&2
    [ -z "${CI:-}" ] || exit 1
    exit 0
}

[ $# -eq 1 ] && [ -x "$1" ] || { echo "usage: $0 BQPULL_BINARY" >&2; exit 64; }
binary=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")

python=
for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || skip "no Python 3.11 or later (install: apt-get install python3 python3-venv)"

# The stamp is written last: an installation that was cut short is made anew.
wanted=$("$python" --version; cat "$here/requirements.txt")
if [ "$wanted" != "$(cat "$cache/installed" 2>/dev/null)" ]; then
    rm -rf "$cache"
    mkdir -p "$cache"
    "$python" -m venv "$cache/venv" >"$cache/install.log" 2>&1 ||
        skip "no venv (install: apt-get install python3-venv); see $cache/install.log"
    "$cache/venv/bin/pip" install --disable-pip-version-check -r "$here/requirements.txt" >>"$cache/install.log" 2>&1 ||
        skip "the packages of $here/requirements.txt could not be installed with pip; see $cache/install.log"
    printf '%s\n' "$wanted" >"$cache/installed"
fi

check() {
    name=$1
    shift
    "$cache/venv/bin/python" -B "$here/$name.py" "$binary" "$@" 2>&1 | tee "$cache/$name.log"
}
check google_client
check bqemulator_pull
check fault_comparison --check
# A witness that broke off has no closing line, and has failed.
awk '/: [0-9]+ passed, [0-9]+ failed$/ { passed += $(NF - 3); failed += $(NF - 1); closed++ }
     END { failed += 3 - closed; printf "%d passed, %d failed\n", passed, failed; exit failed != 0 }' \
    "$cache/google_client.log" "$cache/bqemulator_pull.log" "$cache/fault_comparison.log"
