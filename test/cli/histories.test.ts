import { createSessionBackend, type ChosenBackend } from '@mcp-sessions/backends';
import { readHistory } from '@mcp-sessions/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrivatePostgres, startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { testPool } from '../support/testPool.js';
import { startUpstashRest } from '../support/upstashRest.js';
import { runCli } from './support/runCli.js';
import { SessionServer } from './support/sessionServer.js';

const dayMs = 86_400_000;

interface Place {
    readonly url: string;
    readonly token?: string;
    /** Makes every entry of the one history so much older, as if all had been written then. */
    age(ms: number): Promise<void>;
    /** Milliseconds that it lives on. */
    life(): Promise<number>;
    stop(): Promise<void>;
}

const places: Record<string, () => Promise<Place>> = {
    async Redis() {
        const redis = await startPrivateRedis();
        return { url: redis.url, ...ofRedis(redis), stop: () => redis.stop() };
    },
    async Upstash() {
        const redis = await startPrivateRedis();
        const rest = await startUpstashRest({ redisUrl: redis.url });
        const stop = async () => {
            await rest.stop();
            await redis.stop();
        };
        return { url: rest.url, token: rest.token, ...ofRedis(redis), stop };
    },
    async Postgres() {
        const postgres = await startPrivatePostgres();
        const pool = testPool({ connectionString: postgres.url });
        await runCli(['migrate', '--url', postgres.url]);
        const log = "(SELECT no FROM mcp_sessions_logs WHERE expires_at > now() + interval '1 day')";
        return {
            url: postgres.url,
            age: async ms => {
                await pool.query(`UPDATE mcp_sessions_events SET at = at - $1 * interval '1 millisecond' WHERE log IN ${log}`, [ms]);
            },
            life: async () => {
                const { rows } = await pool.query<{ life: number }>(
                    'SELECT extract(epoch FROM max(expires_at) - now())::float8 * 1000 AS life FROM mcp_sessions_logs'
                );
                return rows[0]!.life;
            },
            stop: async () => {
                await pool.end();
                await postgres.stop();
            }
        };
    }
};

function ofRedis(redis: PrivateRedis): Pick<Place, 'age' | 'life'> {
    const lives = async () => {
        const keys = (await redis.command('KEYS', 'mcp:session:*:log')) as string[];
        return Promise.all(keys.map(async key => [Number(await redis.command('PTTL', key)), key] as const));
    };
    const longest = async () => (await lives()).sort(([one], [other]) => other - one)[0]!;
    return {
        life: async () => (await longest())[0],
        age: async ms => {
            const [life, log] = await longest();
            const older = (position: string) => `${Number(position.split('-')[0]) - ms}-${position.split('-')[1]}`;
            const entries = (await redis.command('XRANGE', log, '-', '+')) as [string, string[]][];
            await redis.command('DEL', log);
            for (const [position, fields] of entries) await redis.command('XADD', log, older(position), ...fields);
            await redis.command('PEXPIRE', log, life);
            for (const field of ['first', 'last', 'gone', 'skipped']) {
                const value = (await redis.command('HGET', `${log}:state`, field)) as string;
                if (value !== '') await redis.command('HSET', `${log}:state`, field, older(value));
            }
        }
    };
}

describe.each(Object.keys(places))('a history in %s that is kept for thirty days', name => {
    let place: Place;
    let backend: ChosenBackend;
    let id: string;
    const cli = (...words: string[]) =>
        runCli([...words, '--url', place.url, ...(place.token === undefined ? [] : ['--token', place.token])]);
    const kept = async () => {
        let count = 0;
        for await (const entry of readHistory(backend.historyLog!, id)) count += 'message' in entry ? 1 : 0;
        return count;
    };

    beforeAll(async () => {
        place = await places[name]!();
        const { url, token } = place;
        const history = { retentionSeconds: 30 * 86_400, maxMessages: 5 };
        backend = await createSessionBackend({ url, ...(token !== undefined && { token }), history, logger: { warn: () => undefined } });
        const server = await SessionServer.start({ backend, history: {} });
        id = (await server.begin()).id;
        for (let count = 0; count < 4; count++) await server.statusOf(id);
        await server.stop();
        await place.age(10 * dayMs);
        expect(await kept()).toBe(5);
    });
    afterAll(async () => {
        await backend.close();
        await place.stop();
    });

    it('reading it trims nothing and changes no life; what is older than --retention is only passed over', async () => {
        const read = await cli('history', id);
        expect(read.stdout.trim().split('\n')).toHaveLength(6);
        expect(read.stdout).toMatch(/^\{"event":"trimmed"/);
        expect((await cli('history', id, '--retention', '1ms')).stdout).not.toContain('"message"');
        expect(await kept()).toBe(5);
        expect(await place.life()).toBeGreaterThan(29 * dayMs);
        expect(await place.life()).toBeLessThanOrEqual(30 * dayMs);
    });

    it('that an operator ends the session is added to it, and nothing is lost by that', async () => {
        expect(await cli('end', id, '--yes', '--history', '--timeout', '24d')).toMatchObject({ code: 0 });
        const { stdout } = await cli('history', id);
        expect(stdout.trim().split('\n')).toHaveLength(7);
        expect(stdout).toMatch(/"event":"ended","by":"operator"[^\n]*\n$/);
        expect(await place.life()).toBeGreaterThan(29 * dayMs);
        expect(await place.life()).toBeLessThanOrEqual(30 * dayMs);
    });
});
