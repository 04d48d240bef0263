#!/usr/bin/env bash
# The main job in one command: builds bqpull, starts the local BigQuery, pulls a query of several pages into a
# fresh staging database, and shows what was staged.
set -euo pipefail
cd "$(dirname "$0")/.."
. Examples/requirements.sh

if [ "$(uname)" = Linux ]; then
    require_packages libsqlite3-dev zlib1g-dev sqlite3
fi
require_swift

echo "building a release binary (minutes, the first time) …" >&2
swift build -c release --product bqpull >&2
bqpull="$(swift build -c release --show-bin-path)/bqpull"

folder="$(mktemp -d)"
emulator=
stop() {
    [ -z "$emulator" ] || kill "$emulator" 2>/dev/null || true
    [ -z "$emulator" ] || wait "$emulator" 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT

"$bqpull" emulator --load nycflights.flights=Examples/Data/flights.csv \
    --credentials-file "$folder/credentials.json" >"$folder/emulator.log" 2>&1 &
emulator=$!
for _ in $(seq 100); do
    grep -q '^listening on ' "$folder/emulator.log" && break
    kill -0 "$emulator" 2>/dev/null || { cat "$folder/emulator.log" >&2; exit 1; }
    sleep 0.1
done
endpoint="$(sed -n 's/^listening on //p' "$folder/emulator.log")"
[ -n "$endpoint" ] || { echo "error: the local BigQuery did not start" >&2; exit 1; }

# shellcheck disable=SC2016 # the backticks are BigQuery's
"$bqpull" query 'SELECT carrier, flight, origin, dest, dep_delay, time_hour FROM `nycflights.flights` ORDER BY time_hour, carrier, flight' \
    --into "$folder/staging.db" --table flights --page-rows 1000 \
    --endpoint "$endpoint" --credentials "$folder/credentials.json" --json >"$folder/report.json"

echo
echo "The table's first rows:"
sqlite3 -header -column "$folder/staging.db" 'SELECT * FROM flights LIMIT 5'
echo
echo "The run's report:"
cat "$folder/report.json"
