import { describe, expect, it } from 'vitest';
import { parseRecord, revised, type SessionRecord } from '../../src/session/record.js';

const record: SessionRecord = {
    sessionId: 's-1',
    initialized: true,
    createdAt: 1,
    lastActivity: 2,
    schemaVersion: 1,
    revision: 3,
    protocolVersion: '2025-11-25',
    initializeParams: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } }
};

describe('parseRecord', () => {
    it('takes a record as it is', () => {
        expect(parseRecord(record, 's-1')).toEqual(record);
    });

    it('S13: takes a record of the first release that has no version, and keeps fields it does not know', () => {
        const old: Record<string, unknown> = { ...record, somethingNew: { a: 1 } };
        delete old['schemaVersion'];
        delete old['revision'];
        expect(parseRecord(old, 's-1')).toEqual(old);
        expect(revised(old as unknown as SessionRecord, { logLevel: 'info' })).toMatchObject({ somethingNew: { a: 1 }, revision: 1 });
    });

    it('S13: a record of a release that changed the shape is absent', () => {
        expect(parseRecord({ ...record, schemaVersion: 2 }, 's-1')).toBeNull();
    });

    it.each<[string, unknown]>([
        ['nothing', undefined],
        ['a string', 'x'],
        ['an array', [record]],
        ['an empty object', {}],
        ['another session', { ...record, sessionId: 's-2' }],
        ['a mistyped flag', { ...record, initialized: 'true' }],
        ['a time that is none', { ...record, createdAt: 'now' }],
        ['an infinite time', { ...record, lastActivity: Infinity }],
        ['parameters that are none', { ...record, initializeParams: [] }],
        ['no version', { ...record, protocolVersion: undefined }],
        ['a subscription that is no string', { ...record, subscriptions: ['a', 1] }],
        ['a negative revision', { ...record, revision: -1 }],
        ['a key __proto__', JSON.parse(`{"__proto__":{"initialized":true},${JSON.stringify(record).slice(1)}`)],
        ['a key __proto__ inside', { ...record, initializeParams: JSON.parse('{"__proto__":{"x":1}}') as unknown }]
    ])('P6: %s is no record', (_what, value) => {
        expect(parseRecord(value, 's-1')).toBeNull();
        expect(({} as { x?: number }).x).toBeUndefined();
    });
});
