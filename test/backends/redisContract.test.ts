import { RedisEventLog, RedisMessageBus } from '@mcp-sessions/redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { describeEventLog } from './contract/eventLog.js';
import { describeMessageBus } from './contract/messageBus.js';
import { redisKinds, type OpenedRedis } from './redisKinds.js';

describe.each(redisKinds)('$name', ({ open }) => {
    let redis: OpenedRedis;
    beforeAll(async () => {
        redis = await open();
    });
    afterAll(() => redis.close());

    describeEventLog(
        'RedisEventLog',
        async limits => {
            const client = redis.client();
            const keyPrefix = redis.prefix();
            return { log: () => new RedisEventLog({ redis: client, keyPrefix, ...limits }), close: async () => undefined };
        },
        { runs: 50 }
    );

    describeMessageBus('RedisMessageBus', async () => {
        const keyPrefix = redis.prefix();
        const buses: RedisMessageBus[] = [];
        return {
            bus: () => {
                const bus = new RedisMessageBus({ redis: redis.client(), keyPrefix });
                buses.push(bus);
                return bus;
            },
            close: async () => void (await Promise.all(buses.map(bus => bus.close())))
        };
    });
});
