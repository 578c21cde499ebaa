import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
    resolve: {
        alias: {
            '@mcp-sessions/core': source('./src/index.ts'),
            '@mcp-sessions/redis': source('./packages/redis/src/index.ts'),
            '@mcp-sessions/postgres': source('./packages/postgres/src/index.ts'),
            '@mcp-sessions/upstash': source('./packages/upstash/src/index.ts'),
            '@mcp-sessions/backends': source('./packages/backends/src/index.ts'),
            '@mcp-sessions/opentelemetry': source('./packages/opentelemetry/src/index.ts'),
            '@mcp-sessions/testkit': source('./packages/testkit/src/index.ts'),
            '@mcp-sessions/sdk/server': source('./packages/sdk/src/server/index.ts')
        }
    },
    test: {
        retry: 0,
        // Most tests wait for servers more than they compute.
        maxWorkers: Math.max(2, availableParallelism() - 1),
        testTimeout: 30_000,
        hookTimeout: 120_000,
        projects: [
            {
                extends: true,
                test: {
                    name: 'source',
                    include: ['test/**/*.test.ts'],
                    exclude: ['test/packed/**', 'test/examples/**', 'test/structure/**', 'node_modules/**']
                }
            },
            {
                extends: true,
                test: {
                    name: 'structure',
                    include: ['test/structure/**/*.test.ts'],
                    globalSetup: ['test/structure/support/globalSetup.ts']
                }
            },
            {
                extends: true,
                test: {
                    name: 'packed',
                    include: ['test/packed/**/*.test.ts'],
                    globalSetup: ['test/packed/support/globalSetup.ts'],
                    testTimeout: 120_000
                }
            },
            {
                extends: true,
                test: {
                    name: 'examples',
                    include: ['test/examples/**/*.test.ts'],
                    globalSetup: ['test/examples/support/globalSetup.ts'],
                    // Each test starts several processes, which a busy machine takes its time to do.
                    testTimeout: 240_000
                }
            }
        ]
    }
});
