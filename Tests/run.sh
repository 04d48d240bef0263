#!/usr/bin/env bash
# Lint, build, all tests. Installs the system packages that are missing, or says which.
set -euo pipefail
cd "$(dirname "$0")/.."
. Examples/requirements.sh

if [ "$(uname)" = Linux ]; then
    require_packages libsqlite3-dev zlib1g-dev
    # Without these the tests against Google's client and a foreign emulator say that they were skipped.
    require_packages python3 python3-venv || echo "continuing without python3-venv" >&2
    # A real browser for the logins; who has none, or does not want one, sees those tests skipped.
    if [ -n "${CI:-}" ]; then
        require_packages chromium chromium-driver || echo "continuing without chromium" >&2
    fi
fi
require_swift

swift format lint --strict --recursive --parallel Package.swift Sources Tests
swift build --build-tests
# A crash that a test expects must not wait for the backtracer.
export SWIFT_BACKTRACE=enable=no
swift test --skip-build
# The sweeps, whole and alone: some minutes.
SWEEP=whole swift test --skip-build --filter 'DiskFaultTests|PowerLossTests'
KILL_INSTANTS=210 swift test --skip-build --filter KillSweepTests
Tests/Conformance/run.sh "$(swift build --show-bin-path)/bqpull"
