#!/usr/bin/env bash
# Passes the tests. On a fresh machine with Node 20 and npm it installs what it needs; what it starts, it stops.
#   npm run verify                      all tests
#   npm run verify -- test/cluster      some
# The last line is `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")/.."

if [ ! -d node_modules ]; then
    npm ci --no-audit --no-fund --loglevel error </dev/null || exit 1
fi
node scripts/services.mjs redis postgres chromium || exit 1
node scripts/build.mjs --if-stale || exit 1

report=.cache/verify.json
mkdir -p .cache
rm -f "$report"
npx vitest run --reporter=default --reporter=json --outputFile.json="$report" "$@" </dev/null
code=$?
node scripts/testCounts.mjs "$report" "$code"
exit "$code"
