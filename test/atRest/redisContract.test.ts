import { encryptEventLog, encryptMessageBus, encryptSessionStore } from '@mcp-sessions/core';
import { RedisEventLog, RedisMessageBus, RedisSessionStore } from '@mcp-sessions/redis';
import { eventLogContract, messageBusContract, sessionStoreContract, testContract } from '@mcp-sessions/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { redisKinds, type OpenedRedis } from '../backends/redisKinds.js';
import { openBuses } from './support/buses.js';
import { encryption } from './support/encryption.js';

let redis: OpenedRedis;
beforeAll(async () => {
    redis = await redisKinds[0]!.open();
});
afterAll(() => redis.close());

testContract(sessionStoreContract, {
    name: 'RedisSessionStore, encrypted',
    open: async limits => {
        const settings = { redis: redis.client(), keyPrefix: redis.prefix(), ...limits };
        return { store: () => encryptSessionStore(new RedisSessionStore(settings), encryption()), close: async () => undefined };
    },
    describe,
    it
});

testContract(eventLogContract, {
    name: 'RedisEventLog, encrypted',
    open: async limits => {
        const settings = { redis: redis.client(), keyPrefix: redis.prefix(), ...limits };
        return { log: () => encryptEventLog(new RedisEventLog(settings), encryption()), close: async () => undefined };
    },
    describe,
    it
});

testContract(messageBusContract, {
    name: 'RedisMessageBus, encrypted',
    open: async () => {
        const keyPrefix = redis.prefix();
        return openBuses(() => encryptMessageBus(new RedisMessageBus({ redis: redis.client(), keyPrefix }), encryption()));
    },
    describe,
    it
});
