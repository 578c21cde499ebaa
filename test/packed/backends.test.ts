import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { openPostgres, openRedis } from '../../scripts/services.mjs';
import { runScript } from './support/runScript.js';
import { workspace } from './support/scratch.js';

const scratch = inject('scratch');
const secret = 's3cret';
const quiet = { NODE_ENV: 'test' };

const missing: [string, string, string][] = [
    [`redis://:${secret}@127.0.0.1:1`, 'Redis', 'npm install ioredis (or: npm install redis)'],
    [`redis+cluster://:${secret}@127.0.0.1:1`, 'Redis', 'npm install ioredis (or: npm install redis)'],
    [`redis-sentinel://:${secret}@127.0.0.1:1/main`, 'Redis', 'npm install ioredis (or: npm install redis)'],
    [`postgres://user:${secret}@127.0.0.1:1/db`, 'Postgres', 'npm install pg'],
    [`http://:${secret}@127.0.0.1:1`, 'Upstash', 'npm install @upstash/redis (or: npm install @vercel/kv)']
];

describe('backends by URL, in plain JavaScript on the packed fork', () => {
    it('D5: work in memory where no driver is installed, and name the driver that others need', async () => {
        const jobs = [
            { make: 'createSessionBackend', options: { memory: true } },
            { make: 'createSessionStore', options: { preferMemory: true } },
            ...missing.map(([url]) => ({ make: 'createSessionBackend', options: { url } })),
            { make: 'createSessionStore', options: { redisUrl: missing[0]?.[0] } }
        ];
        const [memory, store, ...refused] = await runScript<Record<string, string>[]>(join(scratch.alias, 'backends.mjs'), jobs);
        expect(memory).toEqual({ kind: 'memory', metadata: { a: 1 }, mode: 'external' });
        expect(store).toEqual(memory);
        expect(refused.map(({ message }) => message)).toEqual([
            ...missing.map(([, backend, command]) => `url names ${backend}, whose driver is not installed. Run: ${command}`),
            'redisUrl names Redis, whose driver is not installed. Run: npm install ioredis (or: npm install redis)'
        ]);
        expect(new Set(refused.map(({ code, isSessionError }) => `${code} ${isSessionError}`))).toEqual(new Set(['CONFIGURATION true']));
    });

    for (const drivers of [
        ['ioredis', 'pg'],
        ['redis', 'pg']
    ]) {
        it(`use the drivers that are installed, ${drivers.join(' and ')}, and the process ends by itself after close()`, async () => {
            const project = join(scratch.root, `with-${drivers.join('-')}`);
            await cp(scratch.alias, project, { recursive: true });
            await Promise.all(drivers.map(name => symlink(join(workspace, 'node_modules', name), join(project, 'node_modules', name))));
            const [redis, postgres] = await Promise.all([openRedis({ say: () => undefined }), openPostgres({ say: () => undefined })]);
            try {
                const jobs = [
                    { make: 'createSessionBackend', options: { url: redis.url, keyPrefix: 'packed:' } },
                    { make: 'createSessionBackend', options: { env: { REDIS_URL: redis.url }, keyPrefix: 'packed:' } },
                    { make: 'createSessionBackend', options: { url: postgres.url, migrate: true, tableName: 'packed_sessions' } },
                    { make: 'createSessionStore', options: { redisUrl: redis.url, prefix: 'packed:', timeoutMs: 20_000, env: quiet } }
                ];
                const used = await runScript(join(project, 'backends.mjs'), jobs);
                const inRedis = { kind: 'redis', metadata: { a: 1 }, mode: 'external' };
                expect(used).toEqual([inRedis, inRedis, { ...inRedis, kind: 'postgres' }, inRedis]);
            } finally {
                await Promise.all([redis.stop(), postgres.stop()]);
            }
        });
    }

    it('work from CommonJS, which requires drivers', async () => {
        const script = join(scratch.root, 'with-ioredis-pg', 'required.cjs');
        const source = await readFile(join(scratch.alias, 'backends.mjs'), 'utf8');
        const body = source.replace(/^import .*$/gm, '').replace(/^const results/m, 'async function main() {\nconst results');
        await writeFile(
            script,
            `const server = require('@modelcontextprotocol/sdk/server');\nconst { text } = require('node:stream/consumers');\n` +
                body.replace('\nasync function use', '\n}\nvoid main();\nasync function use')
        );
        const redis = await openRedis({ say: () => undefined });
        try {
            const jobs = [{ make: 'createSessionBackend', options: { url: redis.url, keyPrefix: 'packed:' } }];
            expect(await runScript(script, jobs)).toEqual([{ kind: 'redis', metadata: { a: 1 }, mode: 'external' }]);
        } finally {
            await redis.stop();
        }
    });
});
