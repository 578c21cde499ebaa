import { SessionError } from '@mcp-sessions/core';
import { describe, expect, it } from 'vitest';
import { withinDeadline } from '../../src/deadline.js';

const outage = 'The session store failed; clients are answered 503 until it is back';

describe('withinDeadline', () => {
    it.each<[string, unknown]>([
        ['a driver', new Error('connect ECONNREFUSED db.internal:5432')],
        ['an adapter', new SessionError('STORE_UNAVAILABLE', 'Postgres failed at db.internal')],
        ['no Error at all', 'db.internal']
    ])('F1: an outage has one message, without what %s said, which stays its cause', async (_what, error) => {
        const rejected = await withinDeadline(1000, () => Promise.reject(error as Error)).catch((caught: unknown) => caught);
        expect(rejected).toMatchObject({ code: 'STORE_UNAVAILABLE', message: outage });
        expect(String(((rejected as Error).cause as Error).message)).toContain('db.internal');
    });

    it('lets through what is no outage, and what is one already', async () => {
        const tooLarge = new SessionError('RECORD_TOO_LARGE', 'x');
        await expect(withinDeadline(1000, () => Promise.reject(tooLarge))).rejects.toBe(tooLarge);
        const once = await withinDeadline(1000, () => Promise.reject(new Error('x'))).catch((caught: unknown) => caught as Error);
        await expect(withinDeadline(1000, () => Promise.reject(once))).rejects.toBe(once);
    });
});
