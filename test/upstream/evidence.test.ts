import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { endChild, startChild, type StartedChild } from '../../scripts/services.mjs';
import type { Observed } from '../../upstream/evidence/situation.js';
import { rowsOf, type Row } from '../../upstream/evidence/row.js';
import { savedTable, tableToSave } from '../../upstream/evidence/saved.js';
import { situations } from '../../upstream/evidence/situations.js';
import { textTable } from '../../upstream/evidence/table.js';
import { targetOfClone, targets, type Target } from '../../upstream/evidence/target.js';

/**
 * What the official packages from npm are observed to do today: a text for both, or one for each. A release that mends a row
 * turns it red, and then the change of the series for it has become unnecessary in whole or in part.
 */
const today: Record<string, string | Record<Target['name'], string>> = {
    'session-id-generator-throws': '✗ 400 -32700 "Parse error", data "Error: is down"',
    'onsessioninitialized-throws': '✗ 400 -32700 "Parse error", data "Error: is down"',
    'onsessionclosed-throws': '✗ 500 without a body; the next request: 404 -32001 "Session not found"',
    'event-store-throws': '✗ 400 -32700 "Parse error", data "Error: is down"',
    'json-entries': {
        '1.x': '✗ 100 answered; still held: 100 streams',
        '2.x': '✓ 100 answered; still held: nothing'
    },
    'json-entries-gone': {
        '1.x': '✗ still held: 10 streams',
        '2.x': '✓ still held: nothing'
    },
    'json-closed': '✗ DELETE: 200; the call is aborted; its POST: not answered',
    'shared-store-own-id': '✗ 200; session 2 is sent: "missed by 1", "missed by 2"',
    'questions-equal-ids': "✗ ids: 0 and 0; B's tool returned \"A's answer\"; A's tool runs on",
    'answer-elsewhere': "✗ B: 202; A's tool runs on",
    'restored-client': "✗ tools/call: 200; client's name: unknown; its capabilities: unknown",
    'restored-question': '✗ the call fails: 200 -32603 "Client does not support form elicitation."',
    'restored-by-initialize':
        '✗ client\'s name: client; its capabilities: {"elicitation":{"form":{}}}; ' +
        'onerror: ["Failed to send response: Error: No connection established for request ID: restore"]',
    'request-elsewhere': '✗ POST, GET, DELETE: 400 -32000 "Bad Request: Server not initialized"',
    'delete-elsewhere': '✗ DELETE: 200; the next request on A: 200',
    'delete-elsewhere-call': '✗ DELETE: 200; the call on A runs on',
    'event-store-throws-later':
        '✗ 200; the client gets nothing, its stream stays open; onerror: ["Failed to send response: Error: is down"]',
    'cancel-elsewhere': '✗ cancellation: 202; the call on A runs on',
    'notification-elsewhere': "✗ B's tool: 200; arrived: 0 of 1; errors on B: 0",
    'equal-ids': '✗ the first gets nothing, and its stream stays open; the second gets "result of the first"'
};

const started: StartedChild[] = [];
let run: Finished;

beforeAll(async () => {
    run = await evidence('--json').finished;
});

afterAll(async () => {
    await Promise.all(started.map(child => endChild(child)));
});

describe('npm run evidence', () => {
    it('runs every situation on all packages, and ends its nodes', () => {
        expect(run.stderr.replaceAll(/pids \d+, \d+/g, 'pids')).toBe(
            targets.map(({ packages }) => `Two nodes of ${packages.join(' with ')}: pids\n`).join('')
        );
        expect(run.code).toBe(0);
        expect(run.pids.length).toBe(4);
        expect(run.pids.filter(isAlive)).toEqual([]);
    });

    it('ends its nodes on Ctrl-C', async () => {
        const { child, nodesAreUp, finished } = evidence();
        await nodesAreUp;
        child.kill('SIGINT');
        const { code, pids } = await finished;
        expect(code).toBe(130);
        expect(pids.length).toBe(4);
        expect(pids.filter(isAlive)).toEqual([]);
    });

    it('says what it can do, and what it cannot', async () => {
        const [help, mistaken] = await Promise.all([evidence('--help').finished, evidence('--clone', tmpdir()).finished]);
        expect(help).toMatchObject({ code: 0, stderr: '' });
        expect(help.stdout).toContain('Usage: npm run evidence');
        expect(mistaken).toMatchObject({ code: 2, stdout: '' });
        expect(mistaken.stderr).toContain('is no clone of modelcontextprotocol/typescript-sdk');
        expect(mistaken.stderr).toContain('Usage: npm run evidence');
    });

    it('takes a clone that is built, and from it nothing but the packages that are compared', async () => {
        const clone = mkdtempSync(join(tmpdir(), 'clone-'));
        onTestFinished(() => rmSync(clone, { recursive: true }));
        const put = (path: string, text: string) => {
            mkdirSync(dirname(join(clone, path)), { recursive: true });
            writeFileSync(join(clone, path), text);
        };
        put('package.json', '{ "name": "@modelcontextprotocol/sdk", "version": "1.99.0" }');
        put('src/server/webStandardStreamableHttp.ts', '');
        expect(() => targetOfClone(clone)).toThrow('is not built');
        put('dist/esm/server/index.js', '');
        expect(targetOfClone(clone)).toEqual({
            name: '1.x',
            packages: ['@modelcontextprotocol/sdk 1.99.0 (clone)'],
            title: 'sdk 1.99.0 (clone)',
            fromClone: clone
        });

        const hooks = (await import(new URL('../../upstream/evidence/node/fromCloneHooks.mjs', import.meta.url).href)) as {
            initialize(url: string): void;
            resolve(specifier: string, context: object, next: (specifier: string, context: object) => object): Promise<object>;
        };
        hooks.initialize('file:///clone/package.json');
        const parentOf = (specifier: string, parentURL: string) =>
            hooks.resolve(specifier, { parentURL }, (_, context) => ({ ...context }));
        const sdk1 = 'file:///here/upstream/evidence/node/sdk1.ts';
        const settings = 'file:///here/upstream/evidence/node/settings.ts';
        expect(await parentOf('@modelcontextprotocol/sdk/types.js', sdk1)).toEqual({ parentURL: 'file:///clone/package.json' });
        expect(await parentOf('./sdk.js', sdk1)).toEqual({ parentURL: sdk1 });
        expect(await parentOf('@modelcontextprotocol/sdk/types.js', settings)).toEqual({ parentURL: settings });
    });
});

describe.each(targets)('observed on $title', ({ name, packages }) => {
    it.each(situations.map(({ id }) => id))('%s', id => {
        const { rows } = JSON.parse(run.stdout) as { rows: Row[] };
        const row = rows.find(candidate => candidate.id === id);
        const observed = row?.observed[name];
        const changes = row?.changes.length ? `change ${row.changes.join(' and ')}` : 'no change';
        expect(
            observed && marked(observed),
            `${packages.join(' with ')} does something else than recorded in the situation "${id}" (of ${changes} in UPSTREAM_PR.md). ` +
                'If the package has changed: record it in this file, run `npm run evidence -- --save`, and say in UPSTREAM_PR.md ' +
                `what is left of ${changes}.`
        ).toBe(recorded(id, name));
    });
});

describe('the table', () => {
    const rows = rowsOf(situations, { '1.x': recordedOn('1.x'), '2.x': recordedOn('2.x') });

    it('is saved as it is observed', async () => {
        expect(savedTable(), 'upstream/evidence/README.md is out of date: run `npm run evidence -- --save`.').toBe(await tableToSave(rows));
    });

    it('has room in a terminal of 120 columns', () => {
        const lines = textTable(rows, targets, false).split('\n');
        expect(lines.filter(({ length }) => length > 120)).toEqual([]);
        expect(lines.length).toBeGreaterThan(rows.length);
    });

    it('has each situation once', () => {
        expect(situations.map(({ id }) => id).sort()).toEqual(Object.keys(today).sort());
    });
});

function recorded(id: string, name: Target['name']): string {
    const texts = today[id];
    return (typeof texts === 'string' ? texts : texts?.[name]) ?? 'nothing is recorded';
}

function recordedOn(name: Target['name']) {
    return new Map(
        situations.map(({ id }) => {
            const text = recorded(id, name);
            return [id, { text: text.slice(2), asExpected: text.startsWith('✓') }] as const;
        })
    );
}

function marked({ text, asExpected }: Observed): string {
    return `${asExpected ? '✓' : '✗'} ${text}`;
}

/** The command when it has ended. */
interface Finished {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
    /** Of the nodes that it said to have started. */
    readonly pids: readonly number[];
}

function evidence(...args: string[]) {
    const [hooks, main] = ['../../scripts/typescript.mjs', '../../upstream/evidence/main.ts'].map(path =>
        fileURLToPath(new URL(path, import.meta.url))
    ) as [string, string];
    const spawnOptions = { stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'] };
    const child = startChild(process.execPath, ['--import', hooks, main, ...args], { spawnOptions });
    started.push(child);
    const { stdout, stderr } = child.child;
    const texts = { stdout: '', stderr: '' };
    stdout?.setEncoding('utf8').on('data', (chunk: string) => (texts.stdout += chunk));
    const nodesAreUp = new Promise<void>(resolve => {
        stderr?.on('data', (chunk: string) => {
            texts.stderr += chunk;
            if (texts.stderr.split('pids').length > targets.length) resolve();
        });
    });
    const finished = new Promise<Finished>(resolve => {
        child.child.once('close', code => {
            const pids = [...texts.stderr.matchAll(/pids (\d+), (\d+)/g)].flatMap(([, ...found]) => found.map(Number));
            resolve({ code, ...texts, pids });
        });
    });
    return { child, nodesAreUp, finished };
}

function isAlive(pid: number): boolean {
    try {
        return process.kill(pid, 0);
    } catch {
        return false;
    }
}
