import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fieldChecks } from '../../src/watch/reports.js';

const page = readFileSync(new URL('../../docs/diagnostics.md', import.meta.url), 'utf8');
const fields = Object.fromEntries(
    Object.entries(fieldChecks).map(([event, checks]) => [
        event,
        [...new Set([checks].flat().flatMap(alternative => Object.keys(alternative)))].map(name => name.replace('?', '')).sort()
    ])
);

it('the page has every event with its fields', () => {
    const rows = [...page.matchAll(/^\| `([\w-]+)` +\|[^|]*\|([^|]*)\|$/gm)].map(
        ([, event = '', cell = '']) => [event, [...cell.matchAll(/`(\w+)`/g)].map(([, word = '']) => word)] as const
    );
    expect(rows.map(([event]) => event).sort()).toEqual(Object.keys(fields).sort());
    for (const [event, words] of rows) expect(words, event).toEqual(expect.arrayContaining(fields[event] ?? []));
});

it('names and fields are those that others rely on: none may go', () => {
    expect(fields).toMatchInlineSnapshot(`
      {
        "answer-routed": [
          "outcome",
          "session",
          "to",
        ],
        "call-ended": [
          "durationMs",
          "method",
          "outcome",
          "session",
        ],
        "call-started": [
          "method",
          "session",
        ],
        "message-sent": [
          "kind",
          "session",
        ],
        "producer-lost": [
          "session",
        ],
        "record-refused": [
          "session",
        ],
        "request": [
          "durationMs",
          "method",
          "session",
          "status",
        ],
        "session-created": [
          "session",
        ],
        "session-ended": [
          "lifetimeMs",
          "session",
        ],
        "session-expired": [
          "session",
        ],
        "session-restored": [
          "durationMs",
          "session",
        ],
        "store-down": [
          "durationMs",
          "reason",
        ],
        "store-slow": [
          "durationMs",
        ],
        "stream-opened": [
          "session",
        ],
        "stream-resumed": [
          "session",
          "stream",
        ],
        "stream-taken-over": [
          "session",
        ],
      }
    `);
});
