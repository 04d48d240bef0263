#!/usr/bin/env bash
# Compares the faults listed in Faults.md with those that tests name: each needs a test, or a reason for having none.
set -euo pipefail
cd "$(dirname "$0")/.."
article=Sources/BigQueryPull/BigQueryPull.docc/Faults.md

listed=$(sed -nE 's/^\| ([NPBAL][0-9]+) \|.*/\1/p' "$article" | sort -u)
tested=$(grep -rhoE --include='*.swift' '\.faults\([^)]*\)' Tests | grep -oE '[NPBAL][0-9]+' | sort -u)
excused=$(sed -nE 's/^\| ([NPBAL][0-9]+) \|.*not tested: .*/\1/p' "$article" | sort -u)

missing=$(comm -23 <(echo "$listed") <(printf '%s\n%s\n' "$tested" "$excused" | sort -u) | xargs)
unknown=$(comm -13 <(echo "$listed") <(echo "$tested") | xargs)
echo "faults: $(comm -12 <(echo "$listed") <(echo "$tested") | wc -l) of $(echo "$listed" | wc -l) have a test"
[ -z "$excused" ] || echo "not tested, for the reason in the article: $(echo "$excused" | xargs)"
[ -z "$missing" ] || echo "without a test: $missing" >&2
[ -z "$unknown" ] || echo "not in $article: $unknown" >&2
[ -z "$missing$unknown" ]
