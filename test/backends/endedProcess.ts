// A process that uses all of a backend, closes it, and then has nothing left to do.
import { createRedisBackend } from '@mcp-sessions/redis';
import { Redis } from 'ioredis';

const redis = new Redis(process.argv[2] ?? '');
for (const push of [true, false]) {
    const { eventLog, messageBus, close } = createRedisBackend({ redis, keyPrefix: `test:${process.pid}:`, push });
    const heard = new Promise<void>(resolve => {
        const listener = { onMessage: () => resolve(), onGap: () => undefined };
        void messageBus.subscribe('nodes', listener).then(() => messageBus.publish('nodes', 'x'));
    });
    await eventLog.append('session', [{ streamId: 'a', message: { jsonrpc: '2.0', method: 'x' } }]);
    await heard;
    await close();
}
await redis.quit();
