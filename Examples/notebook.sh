#!/usr/bin/env bash
# Runs the commands of notebook.md one after another, and puts the pictures that they make into FOLDER: beside the page, if
# none is named.
#
# Usage: Examples/notebook.sh [FOLDER]
#
# BQPULL names a bqpull to use; else one is built.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
mkdir -p "${1:-$here}"
pictures="$(cd "${1:-$here}" && pwd)"
cd "$here/.."
. Examples/requirements.sh
if [ "$(uname)" = Linux ]; then
    require_packages libsqlite3-dev zlib1g-dev python3-venv curl chromium fonts-dejavu-core
fi

if [ -z "${BQPULL:-}" ]; then
    require_swift
    swift build --product bqpull >&2
    BQPULL="$(swift build --show-bin-path)/bqpull"
fi
tools=$here/../.build/notebook
python3 -m venv "$tools"
"$tools/bin/pip" install --disable-pip-version-check --quiet -r Examples/notebook-requirements.txt
# By the name that the page calls it.
ln -sf "$(cd "$(dirname "$BQPULL")" && pwd)/bqpull" "$tools/bin/bqpull"
export PATH=$tools/bin:$PATH

folder="$(mktemp -d)"
cd "$folder"
emulator=
stop() {
    [ -z "$emulator" ] || kill "$emulator" 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
bqpull emulator --load "nycflights.flights=$here/Data/flights.csv" --credentials-file credentials.json >emulator.log 2>&1 &
emulator=$!
for _ in $(seq 100); do
    grep -q '^listening on ' emulator.log && break
    kill -0 "$emulator" 2>/dev/null || { cat emulator.log >&2; exit 1; }
    sleep 0.1
done
BIGQUERY_EMULATOR_HOST="$(sed -n 's/^listening on //p' emulator.log)"
export BIGQUERY_EMULATOR_HOST BQPULL_CREDENTIALS=$folder/credentials.json

# The blocks of the page are one program; those in Python are given to it as a text. What it started ends with it.
{
    echo "trap 'kill \$(jobs -p) 2>/dev/null' EXIT"
    awk '/^```$/ { if (python) print "END"; shown = python = 0 }
         shown
         /^```sh$/ { shown = 1 }
         /^```python$/ { print "python3 - <<\"END\""; shown = python = 1 }' "$here/notebook.md"
} | bash -euo pipefail >log 2>&1 || { cat log >&2; exit 1; }
cp pandas.png datasette.png "$pictures"
