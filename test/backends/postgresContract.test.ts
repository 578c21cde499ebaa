import { PollingBus, type MessageBus } from '@mcp-sessions/core';
import { PostgresEventLog, PostgresMailbox, PostgresMessageBus, PostgresSessionLock, PostgresSessionStore } from '@mcp-sessions/postgres';
import {
    eventLogContract,
    mailboxContract,
    messageBusContract,
    sessionLockContract,
    sessionStoreContract,
    type Closable
} from '@mcp-sessions/testkit';
import { testContract } from '@mcp-sessions/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { postgresKinds, type OpenedPostgres } from './postgresKinds.js';

describe.each(postgresKinds)('$name', ({ open }) => {
    let postgres: OpenedPostgres;
    let pools: ReturnType<OpenedPostgres['pool']>[];
    beforeAll(async () => {
        postgres = await open();
        pools = [postgres.pool(), postgres.pool()];
    });
    afterAll(() => postgres.close());

    /** What a node has, on one of two pools. */
    function nodes<T extends { close?(): Promise<void> }>(
        make: (pool: (typeof pools)[number]) => T
    ): { next(): T; close(): Promise<void> } {
        const made: T[] = [];
        return {
            next: () => {
                const node = make(pools[made.length % pools.length]!);
                made.push(node);
                return node;
            },
            close: async () => void (await Promise.all(made.map(async node => node.close?.())))
        };
    }

    testContract(sessionStoreContract, {
        name: 'PostgresSessionStore',
        describe,
        it,
        open: async limits => {
            const tables = await postgres.tables();
            const { next, close } = nodes(pool => new PostgresSessionStore({ pool, ...tables, ...limits }));
            return { store: next, close };
        }
    });

    testContract(eventLogContract, {
        name: 'PostgresEventLog',
        describe,
        it,
        open: async limits => {
            const tables = await postgres.tables();
            const { next, close } = nodes(pool => new PostgresEventLog({ pool, ...tables, ...limits }));
            return { log: next, close };
        }
    });

    testContract(sessionLockContract, {
        name: 'PostgresSessionLock',
        describe,
        it,
        open: async () => {
            const tables = await postgres.tables();
            const { next, close } = nodes(pool => new PostgresSessionLock({ pool, ...tables }));
            return { lock: next, close };
        }
    });

    testContract(mailboxContract, {
        name: 'PostgresMailbox',
        describe,
        it,
        open: async () => {
            const tables = await postgres.tables();
            const { next, close } = nodes(pool => new PostgresMailbox({ pool, ...tables, prepare: false }));
            return { mailbox: next, close };
        }
    });

    const openBuses =
        (make: (options: { pool: (typeof pools)[number]; schema: string; tableName: string }) => MessageBus) =>
        async (): Promise<Closable & { bus(): MessageBus }> => {
            const tables = await postgres.tables();
            const { next, close } = nodes(pool => make({ pool, ...tables }));
            return { bus: next, close };
        };

    testContract(messageBusContract, {
        name: 'PostgresMessageBus',
        describe,
        it,
        open: openBuses(options => new PostgresMessageBus(options))
    });

    testContract(messageBusContract, {
        name: 'PollingBus on PostgresMailbox',
        describe,
        it,
        open: openBuses(
            options => new PollingBus(new PostgresMailbox({ ...options, prepare: false }), { minIntervalMs: 5, maxIntervalMs: 20 })
        )
    });
});
