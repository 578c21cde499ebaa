// Real servers for the tests, the demo and the bench.
//
//   node scripts/services.mjs redis postgres      makes sure that each can be had, and installs what is missing

import { fileURLToPath } from 'node:url';
import { chromiumProgram } from './services/chromium.mjs';
import { openPostgres, postgresPrograms } from './services/postgres.mjs';
import { openRedis, redisProgram } from './services/redis.mjs';

export { chromiumProgram } from './services/chromium.mjs';
export { endChild, freePort, startChild } from './services/child.mjs';
export { openPostgres, startPrivatePostgres } from './services/postgres.mjs';
export { openRedis, startPrivateRedis } from './services/redis.mjs';
export { startRedisCluster } from './services/redisCluster.mjs';
export { startRedisSentinel } from './services/redisSentinel.mjs';

const SERVICES = {
    redis: { open: openRedis, program: redisProgram },
    postgres: { open: openPostgres, program: postgresPrograms },
    // Not a server: it is enough that it is there.
    chromium: { open: async () => ({ isPrivate: chromiumProgram() !== '', stop: async () => undefined }) }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    try {
        for (const name of process.argv.slice(2)) {
            const service = SERVICES[name];
            if (service === undefined) throw new Error(`Unknown service ${name}. There are: ${Object.keys(SERVICES).join(', ')}.`);
            const server = await service.open();
            await server.stop();
            // Some tests stop and restart a server, which they only do to one of their own.
            if (!server.isPrivate) service.program();
        }
    } catch (error) {
        console.error(error.message);
        process.exitCode = 1;
    }
}
