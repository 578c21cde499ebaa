// The change f, on small sources of our own that have the places it looks for.

import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Project, ts } from 'ts-morph';
import { InMemorySessionStore, type SessionStore } from '../../src/index.js';
import { applyChanges } from '../../upstream/series/applyChanges.js';
import type { Branch, ChangeId } from '../../upstream/series/change.js';
import { change as e } from '../../upstream/series/e/change.js';
import { change as f } from '../../upstream/series/f/change.js';
import { transportFile } from '../../upstream/series/places.js';
import { runModule } from './support/runClone.js';
import { seamFilesOf, serverFile } from './support/seamFiles.js';
import { SmallClone } from './support/smallClone.js';

interface Transport {
    sessionId?: string;
    onerror?: (error: Error) => void;
    onmessage?: (message: unknown) => void;
    onsessionrestored?: (params: unknown) => void;
    handlePostRequest(request: Request): Promise<Response>;
    handleGetRequest(request: Request): Promise<Response>;
    handleDeleteRequest(request: Request): Promise<Response>;
}

type Build = (options: object) => Transport;

const branches: Branch[] = ['v1.x', 'main'];
const params = { clientInfo: { name: 'test' }, protocolVersion: '2', capabilities: {} };
const initialize = { method: 'initialize', params: { ...params, _meta: { token: 'secret' } } };
const clones: SmallClone[] = [];

afterEach(() => {
    for (const clone of clones.splice(0)) clone.remove();
});

function cloneOf(branch: Branch, files: Readonly<Record<string, string>> = {}): SmallClone {
    const clone = new SmallClone({ ...seamFilesOf(branch), ...files });
    clones.push(clone);
    return clone;
}

const apply = (clone: SmallClone, ...ids: ChangeId[]) => applyChanges(clone.root, ids, { changes: [e, f] });

const request = (sessionId?: string, body?: unknown) =>
    new Request('http://localhost', {
        method: 'POST',
        body: JSON.stringify(body ?? { method: 'tools/list' }),
        ...(sessionId !== undefined && { headers: { 'mcp-session-id': sessionId } })
    });

interface Modules {
    WebStandardStreamableHTTPServerTransport: new (options: object) => Transport;
    Server: new () => { client: unknown; connect(transport: object): Promise<void> };
}

const modulesOf = new Map<Branch, Promise<Modules>>();

/** What a clone exports that the change is in: it is the same for every test. */
function modules(branch: Branch): Promise<Modules> {
    const load = async () => {
        const clone = new SmallClone(seamFilesOf(branch));
        try {
            apply(clone, 'f');
            const transport = await runModule<Modules>(clone, transportFile[branch]);
            return { ...transport, ...(await runModule<Modules>(clone, serverFile[branch])) };
        } finally {
            clone.remove();
        }
    };
    const loaded = modulesOf.get(branch) ?? load();
    modulesOf.set(branch, loaded);
    return loaded;
}

/** Makes transports, which all have the same store. */
async function nodesOf(branch: Branch, sessionStore: SessionStore): Promise<Build> {
    const { WebStandardStreamableHTTPServerTransport } = await modules(branch);
    return options =>
        new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => crypto.randomUUID(), sessionStore, ...options });
}

async function begin(transport: Transport): Promise<string> {
    const response = await transport.handlePostRequest(request(undefined, initialize));
    expect(response.status).toBe(200);
    return response.headers.get('mcp-session-id') ?? '';
}

/** Our memory store, which can be out of order. */
class FailingStore extends InMemorySessionStore {
    isDown = false;

    override async storeSession(...given: Parameters<InMemorySessionStore['storeSession']>) {
        if (this.isDown) throw new Error('down');
        return super.storeSession(...given);
    }

    override async getSession(sessionId: string) {
        if (this.isDown) throw new Error('down');
        return super.getSession(sessionId);
    }
}

describe.each(branches)('the store seam on %s', branch => {
    it('brings what it is built on, unless that is in', () => {
        const clone = cloneOf(branch);
        const both = apply(clone, 'f');
        expect(both.applied.map(({ change }) => change.id)).toEqual(['e', 'f']);
        expect(both.applied.every(({ size }) => size.source.added > 0 && size.test.added > 100)).toBe(true);

        const inSteps = cloneOf(branch);
        apply(inSteps, 'e');
        inSteps.commit();
        expect(apply(inSteps, 'f').applied.map(({ change }) => change.id)).toEqual(['f']);
        expect(inSteps.files()).toEqual(clone.files());
    });

    it('stores, restores and deletes, with a store of ours as it is', async () => {
        const store = new InMemorySessionStore();
        const node = await nodesOf(branch, store);
        const [first, other, third] = [node({}), node({ sessionStorageMode: 'external' }), node({})];
        const restored: unknown[] = [];
        other.onsessionrestored = each => restored.push(each);
        other.onmessage = message => restored.push(message);

        const sessionId = await begin(first);
        expect(await store.getSession(sessionId)).toMatchObject({ sessionId, initialized: true, initializeParams: params });
        expect(JSON.stringify(await store.getSession(sessionId))).not.toContain('secret');

        expect((await other.handlePostRequest(request(sessionId))).status).toBe(200);
        expect((await other.handleGetRequest(request(sessionId))).status).toBe(200);
        expect(restored).toEqual([params, { method: 'tools/list' }]);

        expect((await other.handleDeleteRequest(request(sessionId))).status).toBe(200);
        expect((await first.handlePostRequest(request(sessionId))).status).toBe(404);
        expect((await third.handleGetRequest(request(sessionId))).status).toBe(404);
    });

    it('says 503 while the store is out of order', async () => {
        const store = new FailingStore();
        const node = await nodesOf(branch, store);
        const transport = node({});
        const errors: Error[] = [];
        transport.onerror = error => errors.push(error);
        store.isDown = true;

        const refused = await transport.handlePostRequest(request(undefined, initialize));
        expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
        expect(await refused.text()).not.toContain('down');
        store.isDown = false;
        const sessionId = await begin(transport);
        store.isDown = true;
        expect((await transport.handlePostRequest(request(sessionId))).status).toBe(503);
        expect((await transport.handleDeleteRequest(request(sessionId))).status).toBe(503);
        store.isDown = false;
        expect((await transport.handlePostRequest(request(sessionId))).status).toBe(200);
        expect(errors.map(({ message }) => message)).toEqual(['down', 'down', 'down']);
    });

    it('leaves memory mode alone, and wants a store for the other', async () => {
        const store = new FailingStore();
        const node = await nodesOf(branch, store);
        store.isDown = true;

        const transport = node({ sessionStorageMode: 'memory' });
        expect((await transport.handleDeleteRequest(request(await begin(transport)))).status).toBe(200);
        expect(() => node({ sessionStorageMode: 'external', sessionStore: undefined })).toThrow('requires a sessionStore');
    });

    it('has the server restored by its transport', async () => {
        const { Server } = await modules(branch);
        const server = new Server();
        const transport: Partial<Transport> & { isStarted?: boolean } = {};

        await server.connect(transport);
        transport.onsessionrestored?.(params);

        expect(transport.isStarted).toBe(true);
        expect(server.client).toMatchObject({ name: 'test' });
    });

    it.each([
        ['the call at DELETE', '_onsessionclosed?.(this', '_ended?.(this', 'a call of _onsessionclosed'],
        ['the mark of a session', 'this._initialized = true', 'this._isReady = true', 'this._initialized = true'],
        ['the check of a session', 'validateSession(req: Request)', 'checkSession(req: Request)', 'method validateSession']
    ])('writes nothing where %s has moved, nor what it is built on', (_, before, after, anchor) => {
        const file = transportFile[branch];
        const text = seamFilesOf(branch)[file] ?? '';
        const clone = cloneOf(branch, { [file]: text.replace(before, after) });

        expect(() => apply(clone, 'f')).toThrow(`looked for ${anchor}`);
        expect(clone.changed()).toEqual([]);
    });
});

it('the code on the page on scaling stands in its example', () => {
    const clone = cloneOf('main');
    apply(clone, 'f');

    const code = /```ts source="[^"]*#multiNode_sessionStore"\n([^]*?)```/.exec(clone.read('docs/serving/sessions-state-scaling.md'))?.[1];
    const example = clone.read('examples/guides/serving/sessions-state-scaling.examples.ts').replace(/^ {4}/gm, '');
    expect(example).toContain(`//#region multiNode_sessionStore\n${code ?? 'none'}//#endregion`);
    expect(clone.read('packages/server/src/index.ts')).toContain('export type { SessionData, SessionStore }');
});

it('a store of ours has the type that the seam asks for', () => {
    const project = new Project({
        compilerOptions: {
            strict: true,
            exactOptionalPropertyTypes: true,
            lib: ['lib.es2022.d.ts'],
            types: [],
            module: ts.ModuleKind.ESNext
        }
    });
    const root = new URL('../../', import.meta.url).pathname;
    const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');
    project.createSourceFile('/theirs.ts', read('upstream/series/f/sessionStore.txt'));
    project.createSourceFile('/ours.ts', read('src/ports/sessionStore.ts'));
    const use = project.createSourceFile(
        '/use.ts',
        `import type { SessionStore as Ours } from './ours';
import type { SessionStore as Theirs } from './theirs';
export const fits = (store: Ours): Theirs => store;`
    );

    expect(use.getPreEmitDiagnostics().map(each => each.getMessageText())).toEqual([]);
});
