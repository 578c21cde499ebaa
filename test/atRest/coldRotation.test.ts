import { createMemoryBackend, encryptBackend, type EncryptionOptions, type MemoryBackend, type SessionData } from '@mcp-sessions/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bare, call, FetchNode, initialize, notify } from '../session/fetchNode.js';
import { newKey } from './support/encryption.js';

const [older, newer] = [newKey('2026-01'), newKey('2026-07')];
const ann = { token: 't', clientId: 'ann', scopes: [] };
const eve = { token: 't', clientId: 'eve', scopes: [] };

let shared: MemoryBackend;
const backends: MemoryBackend[] = [];
const errors: Error[] = [];

beforeEach(() => {
    shared = createMemoryBackend();
    errors.length = 0;
});
afterEach(async () => {
    await Promise.all([shared, ...backends.splice(0)].map(backend => backend.close()));
});

/** An instance that serves one request, as a function does. */
const instance = (options: Partial<EncryptionOptions> | undefined): FetchNode => {
    const backend = createMemoryBackend({ shareWith: shared });
    backends.push(backend);
    const encrypted = options && encryptBackend(backend, { keys: [older], onerror: error => errors.push(error), ...options });
    return new FetchNode('N', { ...(encrypted ?? backend), enableJsonResponse: true });
};
const begin = async (options: Partial<EncryptionOptions> | undefined): Promise<string> => {
    const first = instance(options);
    const opened = await first.fetch(initialize(), ann);
    const sessionId = opened.headers.get('mcp-session-id') ?? '';
    await first.fetch(notify(sessionId, 'notifications/initialized'), ann);
    return sessionId;
};
const use = async (options: Partial<EncryptionOptions>, sessionId: string, who = ann): Promise<number> => {
    const response = await instance(options).fetch(call(sessionId, 'tools/list'), who);
    await response.text();
    return response.status;
};
/** With which key the one record is encrypted, or `plain`. */
const sealedWith = async (): Promise<string | undefined> => {
    const { sessions } = await shared.sessionStore.listSessions();
    return ((sessions[0] as SessionData).metadata?.['mcp-sessions.sealed'] as string | undefined)?.split('.')[1] ?? 'plain';
};

it('P7: keys rotate under a session that every request finds on a new instance', async () => {
    const sessionId = await begin({ keys: [older] });
    for (const keys of [[older], [older, newer], [newer, older]]) {
        expect(await use({ keys }, sessionId)).toBe(200);
    }
    await expect.poll(sealedWith).toBe('2026-07');
    expect(await use({ keys: [newer] }, sessionId)).toBe(200);
});

it('P7: encryption is switched on under such a session', async () => {
    const sessionId = await begin(undefined);
    for (const options of [{ writePlain: true }, { acceptPlain: true }]) {
        expect(await use(options, sessionId)).toBe(200);
    }
    await expect.poll(sealedWith).toBe('2026-01');
});

it('P1: a stranger’s request on a new instance neither extends nor rewrites the record', async () => {
    const sessionId = await begin({ keys: [older] });
    const [before] = (await shared.sessionStore.listSessions()).sessions;
    const keys = [newer, older];
    expect(await use({ keys }, sessionId, eve)).toBe(404);
    for (const method of ['GET', 'DELETE'] as const) {
        expect((await instance({ keys }).fetch(bare(method, sessionId), eve)).status).toBe(404);
    }
    expect((await shared.sessionStore.listSessions()).sessions).toEqual([before]);
    expect(errors).toEqual([]);
});
