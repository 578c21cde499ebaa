#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import type { Cli } from './cli.js';
import { Output } from './output.js';
import { run } from './program.js';

const stop = new AbortController();
let ending: number | undefined;

const cli: Cli = {
    env: process.env,
    stdin: process.stdin,
    signal: stop.signal,
    exitCode: 0,
    // Whoever closed the pipe has what he wanted.
    out: new Output(process.stdout, process.stderr, process.env, () => stop.abort())
};

for (const [signal, code] of [['SIGINT', 130] as const, ['SIGTERM', 143] as const]) {
    process.on(signal, () => {
        if (ending !== undefined) {
            process.exit(code); // The second time the user does not want to wait.
        }
        ending = code;
        stop.abort();
    });
}

const { version } = JSON.parse(readFileSync(new URL(import.meta.resolve('@mcp-sessions/cli/package.json')), 'utf8')) as { version: string };
await run(cli, process.argv.slice(2), version);
process.exitCode = ending ?? cli.exitCode;
if (stop.signal.aborted) {
    // What was given up may still hold a connection.
    process.exit();
}
