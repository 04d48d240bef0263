#!/usr/bin/env bash
# Whether CommandLine.md has every command and option, as the binary tells them.
#
#   Tests/reference.sh [BINARY]            compares
#   Tests/reference.sh --update [BINARY]   writes the article anew
#
# Without a binary, the debug one is built. A path is taken from the root of the repository.
set -euo pipefail
cd "$(dirname "$0")/.."
article=Sources/BigQueryPull/BigQueryPull.docc/CommandLine.md
update=
[ "${1:-}" != --update ] || { update=yes; shift; }
binary=${1:-}
if [ -z "$binary" ]; then
    swift build --product bqpull >&2
    binary="$(swift build --show-bin-path)/bqpull"
fi

written=$(mktemp)
trap 'rm -f "$written"' EXIT
python3 -B Examples/manual.py "$binary" reference >"$written"
if [ -n "$update" ]; then
    cat "$written" >"$article"
elif ! diff -u "$article" "$written" >&2; then
    echo "error: $article is out of date; run: Tests/reference.sh --update" >&2
    exit 1
fi
echo "reference: $(grep -cE '^##+ bqpull' "$written") commands, $(grep -c '^- `' "$written") arguments and options"
