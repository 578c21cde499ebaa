import { PollingBus, type MessageBus } from '@mcp-sessions/core';
import { RedisEventLog, RedisMailbox, RedisMessageBus, RedisSessionLock, RedisSessionStore } from '@mcp-sessions/redis';
import {
    eventLogContract,
    mailboxContract,
    messageBusContract,
    sessionLockContract,
    sessionStoreContract,
    testContract,
    type Closable,
    type Contract
} from '@mcp-sessions/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { redisKinds, type OpenedRedis } from './redisKinds.js';

describe.each(redisKinds)('$name', ({ open, isCluster }) => {
    let redis: OpenedRedis;
    beforeAll(async () => {
        redis = await open();
    });
    afterAll(() => redis.close());

    /** `make` gives what belongs to one node; its keys are those of all nodes of a backend. */
    function hold<Limits extends object, Backend extends Closable>(
        contract: Contract<Limits, Backend>,
        name: string,
        make: (keyPrefix: string, limits: Limits) => Omit<Backend, 'close'> & Partial<Closable>
    ): void {
        testContract<Limits, Backend>(contract, {
            name,
            describe,
            // Clauses mostly wait, and each has keys of its own.
            it: (title, test, timeoutMs) => it.concurrent(title, test, timeoutMs),
            open: async limits => ({ close: async () => undefined, ...make(redis.prefix(), limits) }) as Backend,
            runs: 10
        });
    }

    hold(sessionStoreContract, 'RedisSessionStore', (keyPrefix, limits) => ({
        store: () => new RedisSessionStore({ redis: redis.client(), keyPrefix, ...limits })
    }));
    hold(eventLogContract, 'RedisEventLog', (keyPrefix, limits) => ({
        log: () => new RedisEventLog({ redis: redis.client(), keyPrefix, ...limits })
    }));
    hold(sessionLockContract, 'RedisSessionLock', keyPrefix => ({
        lock: () => new RedisSessionLock({ redis: redis.client(), keyPrefix })
    }));
    hold(mailboxContract, 'RedisMailbox', keyPrefix => ({ mailbox: () => new RedisMailbox({ redis: redis.client(), keyPrefix }) }));

    const buses = (make: (keyPrefix: string) => MessageBus) => (keyPrefix: string) => {
        const made: MessageBus[] = [];
        const bus = () => {
            const one = make(keyPrefix);
            made.push(one);
            return one;
        };
        return { bus, close: async () => void (await Promise.all(made.map(async one => one.close?.()))) };
    };
    hold(
        messageBusContract,
        'RedisMessageBus',
        buses(keyPrefix => new RedisMessageBus({ redis: redis.client(), keyPrefix }))
    );
    if (isCluster) {
        hold(
            messageBusContract,
            'RedisMessageBus, not sharded',
            buses(keyPrefix => new RedisMessageBus({ redis: redis.client(), keyPrefix, sharded: false }))
        );
    }
    hold(
        messageBusContract,
        'PollingBus on RedisMailbox',
        buses(keyPrefix => new PollingBus(new RedisMailbox({ redis: redis.client(), keyPrefix }), { minIntervalMs: 5, maxIntervalMs: 20 }))
    );
});
