#!/usr/bin/env bash
# Compares CommandLine.md with the help of the binary.
#
#   Tests/reference.sh [BINARY]            compares
#   Tests/reference.sh --update [BINARY]   rewrites the article
#
# Without a binary, builds the debug one.
set -euo pipefail
cd "$(dirname "$0")/.."
. Tests/Support/setup.sh
article=Sources/BigQueryPull/BigQueryPull.docc/CommandLine.md
update=
[ "${1:-}" != --update ] || { update=yes; shift; }
BQPULL=${1:-}
require_bqpull

written=$(mktemp)
trap 'rm -f "$written"' EXIT
python3 -B Examples/manual.py "$BQPULL" reference >"$written"
if [ -n "$update" ]; then
    cat "$written" >"$article"
elif ! diff -u "$article" "$written" >&2; then
    echo "error: $article is out of date; run: Tests/reference.sh --update" >&2
    exit 1
fi
echo "reference: $(grep -cE '^##+ bqpull' "$written") commands, $(grep -c '^- `' "$written") arguments and options"
