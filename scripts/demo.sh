#!/usr/bin/env bash
# The demo. On a fresh machine with Node 20 and npm it installs what it needs; what it starts, it stops.
#   npm run demo                  the fork
#   npm run demo -- --official    the same on the official SDK, to see what happens today
#   npm run demo -- --picture docs/demo.svg    and the timeline as a picture, for the documents
set -euo pipefail
cd "$(dirname "$0")/.."

[ -d node_modules ] || npm ci --no-audit --no-fund --loglevel error
[[ " $* " == *" --official "* ]] || node scripts/build.mjs --if-stale
exec node --import ./scripts/typescript.mjs demo/main.ts "$@"
