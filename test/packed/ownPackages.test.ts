import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { runScript } from './support/runScript.js';
import { typecheck } from './support/typecheck.js';

const scratch = inject('scratch');

describe('the packed core and redis packages', () => {
    it('D5: load from ESM and CommonJS with no driver installed', async () => {
        expect(existsSync(join(scratch.ownName, 'node_modules/ioredis'))).toBe(false);
        const loaded = await runScript<Record<string, { esm: string[]; cjs: string[] }>>(join(scratch.ownName, 'load.mjs'), [
            '@mcp-sessions/core',
            '@mcp-sessions/redis'
        ]);
        for (const { esm, cjs } of Object.values(loaded)) expect(cjs).toEqual(esm);
        expect(loaded['@mcp-sessions/core']?.esm).toEqual(
            expect.arrayContaining([
                'InMemorySessionStore',
                'NodeStreamableHttpTransport',
                'SessionError',
                'WebStreamableHttpTransport',
                'isSessionError'
            ])
        );
        expect(loaded['@mcp-sessions/redis']?.esm).toContain('RedisSessionStore');
    });

    for (const resolution of ['node16', 'bundler'] as const) {
        it(`have types, moduleResolution ${resolution}`, () => {
            writeFileSync(
                join(scratch.ownName, 'packages.ts'),
                `import { InMemorySessionStore, NodeStreamableHttpTransport } from '@mcp-sessions/core';
                 import type { SessionStore } from '@mcp-sessions/core';
                 import { RedisSessionStore } from '@mcp-sessions/redis';
                 export const store: SessionStore = new InMemorySessionStore();
                 export const transport = new NodeStreamableHttpTransport({ sessionIdGenerator: () => 'id', sessionStore: store });
                 export const redisStore = (redis: ConstructorParameters<typeof RedisSessionStore>[0]['redis']): SessionStore =>
                     new RedisSessionStore({ redis, keyPrefix: 'mcp:session:', ttlSeconds: 3600 });`
            );
            expect(typecheck(scratch.ownName, ['packages.ts'], resolution)).toBe('');
        });
    }
});
