#!/usr/bin/env bash
# Calls a tool at node A, hangs up in the middle, and hears the rest of it at node B.
set -euo pipefail
A=${NODE_A:-http://127.0.0.1:3001/mcp}
B=${NODE_B:-http://127.0.0.1:3002/mcp}

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

post() { # URL, file, and more options of curl
    curl -sSN "$1" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d "@$2" "${@:3}"
}

session=$(post "$A" initialize.json -D - -o /dev/null | tr -d '\r' | sed -n 's/^mcp-session-id: //Ip')
[ -n "$session" ] || fail 'A began no session'
echo "session $session"
post "$A" initialized.json -H "Mcp-Session-Id: $session"

# sed ends at the second message, and so does curl when it has nobody to write to.
first=$(post "$A" call.json -H "Mcp-Session-Id: $session" 2>/dev/null | sed '/count 2/q') || true
echo "A, until the connection broke:"
grep -oE 'count(ed to)? [0-9]+' <<<"$first" || fail 'nothing was heard'

last=$(sed -n 's/^id: //p' <<<"$first" | tail -n 1)
[ -n "$last" ] || fail 'the stream of A had no event ids'
rest=$(curl -sSN "$B" -H 'Accept: text/event-stream' -H "Mcp-Session-Id: $session" -H "Last-Event-ID: $last")
echo "B, after Last-Event-ID:"
grep -oE 'count(ed to)? [0-9]+' <<<"$rest" || fail "B answered $rest"

heard=$(grep -ohE 'count(ed to)? [0-9]+' <<<"$first$rest" | tr '\n' ',')
[ "$heard" = 'count 1,count 2,count 3,count 4,count 5,count 6,counted to 6,' ] || fail "heard $heard"
status=$(curl -sS -o /dev/null -w '%{http_code}' -X DELETE "$B" -H "Mcp-Session-Id: $session")
[ "$status" = 200 ] || fail "DELETE was answered $status"
echo 'each message once, in order, and the result'
