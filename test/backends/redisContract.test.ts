import { PollingBus, type MessageBus } from '@mcp-sessions/core';
import { RedisEventLog, RedisMailbox, RedisMessageBus } from '@mcp-sessions/redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { describeEventLog } from './contract/eventLog.js';
import { describeMailbox } from './contract/mailbox.js';
import { describeMessageBus } from './contract/messageBus.js';
import { redisKinds, type OpenedRedis } from './redisKinds.js';

describe.each(redisKinds)('$name', ({ open, isCluster }) => {
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
        { runs: 25 }
    );

    const openBuses = (make: (keyPrefix: string) => MessageBus) => async () => {
        const keyPrefix = redis.prefix();
        const buses: MessageBus[] = [];
        return {
            bus: () => {
                const bus = make(keyPrefix);
                buses.push(bus);
                return bus;
            },
            close: async () => void (await Promise.all(buses.map(async bus => bus.close?.())))
        };
    };
    describeMessageBus(
        'RedisMessageBus',
        openBuses(keyPrefix => new RedisMessageBus({ redis: redis.client(), keyPrefix }))
    );
    if (isCluster) {
        describeMessageBus(
            'RedisMessageBus, not sharded',
            openBuses(keyPrefix => new RedisMessageBus({ redis: redis.client(), keyPrefix, sharded: false }))
        );
    }
    describeMessageBus(
        'PollingBus on RedisMailbox',
        openBuses(
            keyPrefix => new PollingBus(new RedisMailbox({ redis: redis.client(), keyPrefix }), { minIntervalMs: 5, maxIntervalMs: 20 })
        )
    );

    describeMailbox('RedisMailbox', async () => {
        const keyPrefix = redis.prefix();
        return { mailbox: () => new RedisMailbox({ redis: redis.client(), keyPrefix }), close: async () => undefined };
    });
});
