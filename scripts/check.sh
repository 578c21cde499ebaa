#!/usr/bin/env bash
# Everything a reviewer would run except the tests. Stops at the first failure.
set -euo pipefail
cd "$(dirname "$0")/.."
export NO_UPDATE_NOTIFIER=1

step() {
    echo "== $1"
    shift
    "$@"
}

if [ ! -d node_modules ]; then
    step 'dependencies: npm ci' npm ci --no-audit --no-fund
fi
step 'format: prettier' npx --no-install prettier --check --log-level warn .
step 'lint: eslint, with the arrows between the folders' npx --no-install eslint --max-warnings 0 .
step 'types: tsc' npx --no-install tsc --noEmit
step 'embedded Lua: up to date' node scripts/embedLua.mjs --check
step 'documents: code is that of its files' node scripts/snippets.mjs --check
step 'documents: options are those of the declarations' node scripts/optionsReference.mjs --check
step 'site: builds, and no link leads nowhere' npm run --silent site
step 'changesets: by the rules of .changeset/README.md' node scripts/check/changesets.mjs
step 'build: all packages and the fork' node scripts/build.mjs
step 'packages: contents, sizes, licences, publint and are-the-types-wrong on the tarballs' node scripts/check/packages.mjs
echo '== everything checked'
