#!/usr/bin/env bash
# Whether the documentation fits the code: every block of Swift compiles, every link leads somewhere, every public name has its
# place. Uses the modules of the last debug build.
set -euo pipefail
cd "$(dirname "$0")"
python3 -B snippets.py
python3 -B catalogues.py
