#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import type { Cli } from './cli.js';
import { exitCodes } from './exitCodes.js';
import { Output } from './output.js';
import { run } from './program.js';
import { reasonOf } from './printable.js';

const stop = new AbortController();
const closed = new AbortController();
let ending: number | undefined;
let isOver = false;

const cli: Cli = {
    env: process.env,
    stdin: process.stdin,
    signal: AbortSignal.any([stop.signal, closed.signal]),
    stopped: stop.signal,
    exitCode: 0,
    out: new Output(process.stdout, process.stderr, process.env, error => {
        // Whoever closed the pipe has what he wanted; a disk that is full has not.
        if (error) {
            ending ??= exitCodes.failed;
            cli.out.note(`error: what is printed cannot be written: ${reasonOf(error)}`);
        }
        closed.abort();
    })
};

for (const [signal, code] of [['SIGINT', 130] as const, ['SIGTERM', 143] as const]) {
    process.on(signal, () => {
        if (stop.signal.aborted || isOver) {
            process.exit(code); // The second time the user does not want to wait.
        }
        ending = code;
        stop.abort();
    });
}

const { version } = JSON.parse(readFileSync(new URL(import.meta.resolve('@mcp-sessions/cli/package.json')), 'utf8')) as { version: string };
await run(cli, process.argv.slice(2), version);
isOver = true;
await cli.out.flushed();
// What was given up, such as a request that nobody answers, may still hold a connection.
process.exit(ending ?? cli.exitCode);
