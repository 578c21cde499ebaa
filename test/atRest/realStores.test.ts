import {
    encryptEventLog,
    encryptSessionStore,
    isSessionError,
    type EncryptionKey,
    type EventLog,
    type JSONRPCMessage,
    type SessionData
} from '@mcp-sessions/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../cluster/support/backends/backend.js';
import { backends } from '../cluster/support/backends/kinds.js';
import { newKey } from './support/encryption.js';

const SEALED = 'mcp-sessions.sealed';
const [older, newer] = [newKey('2026-01'), newKey('2026-07')];

const record = (sessionId: string): SessionData => ({
    ...{ sessionId, initialized: true, createdAt: 1, lastActivity: 1, revision: 1, principal: 'alice' },
    ...{ initializeParams: { clientInfo: { name: 'client', version: '1' } } }
});
const message = (text: string): JSONRPCMessage => ({ jsonrpc: '2.0', method: 'notifications/message', params: { text } });
const textsOf = async (log: EventLog, sessionId: string, streamId: string) =>
    (await log.read(sessionId, streamId, { since: '' }, 100))?.events.map(({ message }) => 'method' in message && message.params?.['text']);

describe.each(backends)('what stands in $name', kind => {
    let backend: Backend;
    let errors: Error[];
    beforeAll(async () => {
        backend = await kind.open();
    });
    beforeEach(() => {
        errors = [];
    });
    afterAll(() => backend.close());

    const onerror = (error: Error) => void errors.push(error);
    /** A node's store, and under which names it asks what it is made of. */
    const openStore = (...keys: EncryptionKey[]) => {
        const inner = backend.sessionStore({ ttlSeconds: 3600 });
        const ids: string[] = [];
        const watched = Object.create(inner, {
            storeSession: {
                value: (id: string, data: SessionData) => {
                    ids.push(id);
                    return inner.storeSession(id, data);
                }
            }
        }) as typeof inner;
        return { store: encryptSessionStore(watched, { keys, onerror }), inner, ids };
    };
    const openLog = (...keys: EncryptionKey[]) => {
        const inner = backend.eventLog();
        const stored: Parameters<EventLog['append']>[] = [];
        const watched = Object.create(inner, {
            append: {
                value: (...args: Parameters<EventLog['append']>) => {
                    stored.push(args);
                    return inner.append(...args);
                }
            }
        }) as EventLog;
        return { log: encryptEventLog(watched, { keys, onerror }), inner, stored };
    };
    const unreadable = () => errors.splice(0).map(error => isSessionError(error) && error.code);

    it('P7: a record that was altered, or is that of another session, is absent', async () => {
        const { store, inner, ids } = openStore(older);
        await store.storeSession('one', record('one'));
        await store.storeSession('two', record('two'));
        const [id = '', other = ''] = ids;
        const stored = (await inner.getSession(id)) as SessionData & { metadata: Record<string, string> };
        const sealed = stored.metadata[SEALED] ?? '';
        const altered = [0, 0.2, 0.4, 0.6, 0.8, 0.99].map(part => {
            const at = Math.floor(sealed.length * part);
            return `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
        });
        const foreign = (await inner.getSession(other))?.metadata?.[SEALED] as string;
        const bad = [...altered, sealed.slice(0, -4), foreign];
        for (const text of bad) {
            await inner.storeSession(id, { ...stored, metadata: { [SEALED]: text } });
            expect(await store.getSession('one')).toBeNull();
            expect(await store.getAndTouchSession?.('one')).toBeNull();
            expect(await store.sessionExists('one')).toBe(false);
        }
        expect(unreadable()).toEqual(Array(3 * bad.length).fill('UNREADABLE'));
        await inner.storeSession(id, stored);
        expect(await store.getSession('one')).toMatchObject({ ...record('one'), lastActivity: expect.any(Number) as number });
    });

    it('P7: an event that was altered, or is of another stream or session, is not replayed; those beside it are', async () => {
        const { log, inner, stored } = openLog(older);
        await log.append('one', [{ streamId: 'a', message: message('1') }]);
        await log.append('one', [{ streamId: 'b', message: message('of b') }]);
        await log.append('two', [{ streamId: 'a', message: message('of two') }]);
        const [[id, [own]], [, [ofB]], [, [ofTwo]]] = stored as [(typeof stored)[0], (typeof stored)[0], (typeof stored)[0]];
        const sealed = String((own?.message as unknown as { params: { sealed: string } }).params.sealed);
        const altered = `${sealed.slice(0, 60)}${sealed[60] === 'A' ? 'B' : 'A'}${sealed.slice(61)}`;
        const frames = [ofB!.message, ofTwo!.message, { ...own!.message, params: { sealed: altered } }];
        await inner.append(
            id,
            frames.map(frame => ({ streamId: own!.streamId, message: frame }))
        );
        await log.append('one', [{ streamId: 'a', message: message('2') }]);
        expect(await textsOf(log, 'one', 'a')).toEqual(['1', '2']);
        expect(unreadable()).toEqual(['UNREADABLE', 'UNREADABLE', 'UNREADABLE']);
    });

    it('P7: keys rotate: a session in use is encrypted anew, its events are read, and neither ends with the old key', async () => {
        const before = openStore(older);
        await before.store.storeSession('used', record('used'));
        await openLog(older).log.append('used', [{ streamId: 'a', message: message('1') }]);
        const [id = ''] = before.ids;
        const keyOf = async () => String((await before.inner.getSession(id))?.metadata?.[SEALED]).split('.')[1];

        const prepared = openStore(older, newer).store;
        expect(await prepared.getAndTouchSession?.('used')).toMatchObject({ sessionId: 'used' });
        expect(await keyOf()).toBe(older.id);
        const rotated = openStore(newer, older).store;
        expect(await rotated.getAndTouchSession?.('used')).toMatchObject({ sessionId: 'used' });
        await expect.poll(keyOf, { timeout: 10_000 }).toBe(newer.id);
        const log = openLog(newer, older).log;
        await log.append('used', [{ streamId: 'a', message: message('2') }]);
        expect(await textsOf(log, 'used', 'a')).toEqual(['1', '2']);
        expect(errors).toEqual([]);

        expect(await openStore(newer).store.getSession('used')).toMatchObject({ sessionId: 'used', principal: 'alice' });
        expect(errors).toEqual([]);
        expect(await before.store.getSession('used')).toBeNull();
        expect(unreadable()).toEqual(['UNREADABLE']);
    });
});
