#!/usr/bin/env bash
# Builds bqpull, starts a local BigQuery, pulls a query of several pages into a new staging database, and prints the
# first rows and the report.
set -euo pipefail
cd "$(dirname "$0")/.."
. Tests/Support/setup.sh

if [ "$(uname)" = Linux ]; then
    require_packages libsqlite3-dev zlib1g-dev sqlite3
fi
unset BQPULL
require_bqpull -c release

folder=$(mktemp -d)
trap 'stop_servers; rm -rf "$folder"' EXIT
start_server "$folder/emulator.log" "$BQPULL" emulator --load nycflights.flights=Examples/Data/flights.csv \
    --credentials-file "$folder/credentials.json"

# shellcheck disable=SC2016 # the backticks are BigQuery's
sql='SELECT carrier, flight, origin, dest, dep_delay, time_hour FROM `nycflights.flights`
ORDER BY time_hour, carrier, flight'
"$BQPULL" query "$sql" \
    --into "$folder/staging.db" --table flights --page-rows 1000 \
    --endpoint "$address" --credentials "$folder/credentials.json" --json >"$folder/report.json"

echo
echo "The first rows of the table:"
sqlite3 -header -column "$folder/staging.db" 'SELECT * FROM flights LIMIT 5'
echo
echo "The report of the run:"
cat "$folder/report.json"
