#!/usr/bin/env bash
# Builds and tests the programs in Examples/Sources, and runs each against a local BigQuery.
# BQPULL is the path of the bqpull that serves it; without it, one is built.
set -euo pipefail
cd "$(dirname "$0")/.."
. Tests/Support/setup.sh
if [ "$(uname)" = Linux ]; then
    require_packages libsqlite3-dev zlib1g-dev sqlite3 curl
fi
require_swift
require_bqpull

# A separate folder: two packages in one folder replace each other's products.
package=(--package-path Examples --scratch-path .build/examples)
swift build "${package[@]}" --build-tests
swift test "${package[@]}" --skip-build --quiet
programs=$PWD/.build/examples/debug
data=$PWD/Examples/Data

folder=$(mktemp -d)
trap 'stop_servers; rm -rf "$folder"' EXIT
cd "$folder"
start_server emulator.log "$BQPULL" emulator --load "nycflights.flights=$data/flights.csv" \
    --credentials-file credentials.json
export BIGQUERY_EMULATOR_HOST=$address BQPULL_CREDENTIALS=$folder/credentials.json

expect TenLines "3614 rows" "$("$programs/TenLines")"
expect "TenLines, the table" 3614 "$(sqlite3 staging.db 'SELECT count(*) FROM flights')"

mark=2013-01-05T04:00:00.000000Z
expect "DailyJob, the first day" "3614 new rows, 0 changed, up to $mark" "$("$programs/DailyJob" daily.db)"
expect "DailyJob, the next day" "0 new rows, 0 changed, up to $mark" "$("$programs/DailyJob" daily.db)"
expect "DailyJob, a range" "0 new rows, 0 changed, up to $mark" "$("$programs/DailyJob" daily.db 2013-01-01 2013-01-03)"

"$programs/CSVExport" 'SELECT carrier, flight FROM nycflights.flights ORDER BY time_hour, carrier, flight' flights.csv
expect CSVExport $'carrier,flight\nAA,1141' "$(head -2 flights.csv)"
expect "CSVExport, the rows" 3615 "$(wc -l <flights.csv | tr -d ' ')"

start_server service.log "$programs/RowService" daily.db 0
expect RowService 'AA 1141 JFK 2013-01-01T10:00:00.000000Z' "$(
    curl -sS "$address/flights?origin=JFK&limit=1" >flights.json
    sqlite3 -separator ' ' :memory: "
        SELECT value ->> 'carrier', value ->> 'flight', value ->> 'origin', value ->> 'timeHour'
        FROM json_each(readfile('flights.json'))")"
echo "examples: the output of 4 programs is as expected"
