import { PollingBus } from '@mcp-sessions/core';
import {
    customStoreContract,
    eventLogContract,
    mailboxContract,
    messageBusContract,
    sessionLockContract,
    sessionStoreContract,
    testContract,
    type Closable,
    type Contract
} from '@mcp-sessions/testkit';
import { UpstashEventLog, UpstashMailbox, UpstashSessionLock, UpstashSessionStore } from '@mcp-sessions/upstash';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { upstashKinds, type OpenedUpstash } from './upstashKinds.js';

describe.each(upstashKinds)('%s', (name, open) => {
    let upstash: OpenedUpstash;
    beforeAll(async () => {
        upstash = await open();
    });
    afterAll(() => upstash.close());

    const each = { describe, it, runs: 10 };
    const close = async () => undefined;
    // Settings of a client change how values come back, and nothing else.
    const isWhole = !name.includes(' without ');
    const partOf = <Limits, Backend extends Closable>(contract: Contract<Limits, Backend>): Contract<Limits, Backend> =>
        isWhole ? contract : { ...contract, clauses: contract.clauses.filter(({ title }) => /whatever|any string/.test(title)) };

    for (const contract of isWhole ? [sessionStoreContract, customStoreContract] : [partOf(sessionStoreContract)]) {
        testContract(contract, {
            ...each,
            name: 'UpstashSessionStore',
            open: async limits => {
                const keyPrefix = upstash.prefix();
                return { store: () => new UpstashSessionStore({ redis: upstash.client(), keyPrefix, ...limits }), close };
            }
        });
    }

    testContract(partOf(eventLogContract), {
        ...each,
        name: 'UpstashEventLog',
        open: async limits => {
            const keyPrefix = upstash.prefix();
            return { log: () => new UpstashEventLog({ redis: upstash.client(), keyPrefix, ...limits }), close };
        }
    });

    testContract(partOf(sessionLockContract), {
        ...each,
        name: 'UpstashSessionLock',
        open: async () => {
            const keyPrefix = upstash.prefix();
            return { lock: () => new UpstashSessionLock({ redis: upstash.client(), keyPrefix }), close };
        }
    });

    testContract(partOf(mailboxContract), {
        ...each,
        name: 'UpstashMailbox',
        open: async () => {
            const keyPrefix = upstash.prefix();
            return { mailbox: () => new UpstashMailbox({ redis: upstash.client(), keyPrefix }), close };
        }
    });

    testContract(partOf(messageBusContract), {
        ...each,
        name: 'PollingBus on UpstashMailbox',
        open: async () => {
            const keyPrefix = upstash.prefix();
            const buses: PollingBus[] = [];
            return {
                bus: () => {
                    const mailbox = new UpstashMailbox({ redis: upstash.client(), keyPrefix });
                    const bus = new PollingBus(mailbox, { minIntervalMs: 5, maxIntervalMs: 20 });
                    buses.push(bus);
                    return bus;
                },
                close: async () => void (await Promise.all(buses.map(bus => bus.close())))
            };
        }
    });
});
