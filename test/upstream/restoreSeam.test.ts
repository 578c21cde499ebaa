// The change e, on small sources of our own that have the places it looks for.

import { afterEach, describe, expect, it } from 'vitest';
import { applyChanges } from '../../upstream/series/applyChanges.js';
import type { Branch } from '../../upstream/series/change.js';
import { change } from '../../upstream/series/e/change.js';
import { transportFile } from '../../upstream/series/places.js';
import { runModule } from './support/runClone.js';
import { seamFilesOf, serverFile } from './support/seamFiles.js';
import { SmallClone } from './support/smallClone.js';

interface Params {
    clientInfo: { name: string };
    protocolVersion: string;
    capabilities: object;
}

interface ServerModule {
    Server: new () => {
        client: unknown;
        initialize(request: { params: Params }): Promise<{ protocolVersion: string }>;
        restoreInitializeState(params: Params): string;
    };
}

interface TransportModule {
    WebStandardStreamableHTTPServerTransport: new (options: { sessionId?: string }) => {
        sessionId?: string;
        handlePostRequest(request: Request): Promise<Response>;
    };
}

const branches: Branch[] = ['v1.x', 'main'];
const params = { clientInfo: { name: 'test' }, protocolVersion: '2', capabilities: {} };
const clones: SmallClone[] = [];

afterEach(() => {
    for (const clone of clones.splice(0)) clone.remove();
});

function cloneOf(branch: Branch, files: Readonly<Record<string, string>> = {}): SmallClone {
    const clone = new SmallClone({ ...seamFilesOf(branch), ...files });
    clones.push(clone);
    return clone;
}

const apply = (clone: SmallClone) => applyChanges(clone.root, ['e'], { changes: [change] });

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const post = (body: unknown, sessionId: string) =>
    new Request('http://localhost', { method: 'POST', body: JSON.stringify(body), headers: { 'mcp-session-id': sessionId } });

describe.each(branches)('the restore seam on %s', branch => {
    it('is small, and comes with tests', () => {
        const clone = cloneOf(branch);

        const { applied } = apply(clone);

        const [size] = applied.map(each => each.size);
        expect(size?.source.added).toBeGreaterThan(30);
        expect(size?.source.added).toBeLessThanOrEqual(60);
        expect(size?.test.added).toBeGreaterThan(100);
        expect(clone.changed().filter(path => path.endsWith('.test.ts'))).toHaveLength(1);
    });

    it('makes a transport for a session that it has not initialized', async () => {
        const clone = cloneOf(branch);
        apply(clone);
        const { WebStandardStreamableHTTPServerTransport } = await runModule<TransportModule>(clone, transportFile[branch]);

        const transport = new WebStandardStreamableHTTPServerTransport({ sessionId: 'mine' });

        expect(transport.sessionId).toBe('mine');
        expect((await transport.handlePostRequest(post({}, 'mine'))).status).toBe(200);
        expect((await transport.handlePostRequest(post({}, 'other'))).status).toBe(404);
        expect((await transport.handlePostRequest(post({ method: 'initialize', params }, 'mine'))).status).toBe(400);
    });

    it('gives a server what initialize gives it', async () => {
        const clone = cloneOf(branch);
        apply(clone);
        const { Server } = await runModule<ServerModule>(clone, serverFile[branch]);
        const initialized = new Server();
        const restored = new Server();

        const { protocolVersion } = await initialized.initialize({ params });

        expect(restored.restoreInitializeState(params)).toBe(protocolVersion);
        expect(restored.client).toEqual({ name: 'test', isParsed: true });
        expect(restored.client).toEqual(initialized.client);
        expect(restored.restoreInitializeState({ ...params, protocolVersion: '7' })).toBe('1');
        expect(() => restored.restoreInitializeState({} as Params)).toThrow('no params');
    });

    it.each([
        ['the property of the options', transportFile, 'sessionIdGenerator?:', 'generateSessionId?:', 'property sessionIdGenerator'],
        ['the last assignment', transportFile, 'this._keepAliveMs = 1', 'this._keepAlive = 1', 'the assignment to _keepAliveMs'],
        ['the method', serverFile, '_oninitialize(request: Init', '_initialized(request: Init', 'method _oninitialize'],
        ['its answer', serverFile, 'return {', 'const answer = {', 'a return statement, as its last one']
    ] as const)('writes nothing where %s has moved', (_, fileOf, before, after, anchor) => {
        const file = fileOf[branch];
        const text = seamFilesOf(branch)[file] ?? '';
        const clone = cloneOf(branch, { [file]: text.replace(before, after) });
        const asItWas = clone.files();

        const place = new RegExp(`${escaped(file)}.*${escaped(anchor)}`);
        expect(() => apply(clone)).toThrow(place);
        expect(clone.files()).toEqual(asItWas);
    });

    it('is refused where it is in', () => {
        const clone = cloneOf(branch);
        apply(clone);
        clone.commit();

        expect(() => apply(clone)).toThrow(/is in this clone already/);
    });
});

describe('the page on scaling', () => {
    const page = 'docs/serving/sessions-state-scaling.md';

    it('says what holds, in the place of what does not, with code of the example', () => {
        const clone = cloneOf('main');
        apply(clone);

        const text = clone.read(page);
        expect(text).not.toContain('Persistent storage');
        expect(text).toMatch(/## Scale across nodes\n\n.*There are two ways to scale\./);
        expect(text).toMatch(/on the node they reach\.\n\nSomething else\.\n\n## Recap\n\nThe end\.\n$/);
        const code = /```ts source="[^"]*#multiNode_restore"\n([^`]*)```/.exec(text)?.[1] ?? 'none';
        const example = clone.read('examples/guides/serving/sessions-state-scaling.examples.ts').replace(/^ {4}/gm, '');
        expect(example).toContain(`//#region multiNode_restore\n${code}//#endregion`);
        expect(example).toContain('import type { EventStore, InitializeRequestParams, ServerEventBus }');
    });

    it('is not guessed where its paragraph has gone', () => {
        const clone = cloneOf('main', { [page]: '## Scale across nodes\n\nNothing.\n' });

        expect(() => apply(clone)).toThrow('a paragraph about "**Persistent storage**" below "Scale across nodes"');
        expect(clone.changed()).toEqual([]);
    });
});
