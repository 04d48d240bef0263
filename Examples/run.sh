#!/usr/bin/env bash
# Builds the programs of Examples/Sources, tests them, and runs each one against a local BigQuery.
# BQPULL names a bqpull to take the local BigQuery from; else one is built.
set -euo pipefail
cd "$(dirname "$0")/.."
. Examples/requirements.sh
if [ "$(uname)" = Linux ]; then
    require_packages libsqlite3-dev zlib1g-dev sqlite3 curl
fi
require_swift

if [ -z "${BQPULL:-}" ]; then
    swift build --product bqpull
    BQPULL="$(swift build --show-bin-path)/bqpull"
fi
# A folder of its own: in one that two packages share, each would take the other's products for its own.
package=(--package-path Examples --scratch-path .build/examples)
swift build "${package[@]}" --build-tests
swift test "${package[@]}" --skip-build --quiet
programs="$PWD/.build/examples/debug"
data="$PWD/Examples/Data"

folder="$(mktemp -d)"
cd "$folder"
started=()
stop() {
    for process in ${started[@]+"${started[@]}"}; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$folder"
}
trap stop EXIT

# start LOG COMMAND...: starts a server, and waits until it says where it listens.
start() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 &
    local process=$!
    started+=("$process")
    for _ in $(seq 100); do
        address="$(sed -n 's/^listening on //p' "$log")"
        [ -z "$address" ] || return 0
        kill -0 "$process" 2>/dev/null || break
        sleep 0.1
    done
    cat "$log" >&2
    return 1
}

# expect WHAT WANTED FOUND
expect() {
    [ "$2" = "$3" ] || { printf 'error: %s: expected\n%s\nbut found\n%s\n' "$1" "$2" "$3" >&2; exit 1; }
    echo "$1: as expected"
}

start emulator.log "$BQPULL" emulator --load "nycflights.flights=$data/flights.csv" --credentials-file credentials.json
export BIGQUERY_EMULATOR_HOST="$address" BQPULL_CREDENTIALS="$folder/credentials.json"

expect TenLines "3614 rows" "$("$programs/TenLines")"
expect "TenLines, the table" 3614 "$(sqlite3 staging.db 'SELECT count(*) FROM flights')"

expect "DailyJob, the first day" "3614 new rows" "$("$programs/DailyJob" daily.db)"
expect "DailyJob, the next day" "0 new rows" "$("$programs/DailyJob" daily.db)"

"$programs/CSVExport" 'SELECT carrier, flight FROM nycflights.flights ORDER BY time_hour, carrier, flight' flights.csv
expect CSVExport $'carrier,flight\r\nAA,1141\r' "$(head -2 flights.csv)"
expect "CSVExport, the rows" 3615 "$(wc -l <flights.csv | tr -d ' ')"

start service.log "$programs/RowService" daily.db 0
expect RowService 'AA 1141 JFK 2013-01-01T10:00:00.000000Z' "$(
    curl -sS "$address/flights?origin=JFK&limit=1" >flights.json
    sqlite3 -separator ' ' :memory: "
        SELECT value ->> 'carrier', value ->> 'flight', value ->> 'origin', value ->> 'timeHour'
        FROM json_each(readfile('flights.json'))")"
