import { encryptEventLog, encryptMessageBus, encryptSessionStore, PollingBus } from '@mcp-sessions/core';
import {
    eventLogContract,
    messageBusContract,
    sessionStoreContract,
    testContract,
    type Closable,
    type Contract
} from '@mcp-sessions/testkit';
import { UpstashEventLog, UpstashMailbox, UpstashSessionStore } from '@mcp-sessions/upstash';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { openUpstash, type OpenedUpstash } from '../backends/upstashKinds.js';
import { openBuses } from './support/buses.js';
import { encryption } from './support/encryption.js';

let upstash: OpenedUpstash;
beforeAll(async () => {
    upstash = await openUpstash();
});
afterAll(() => upstash.close());

const each = { describe, it, runs: 10 };
const close = async () => undefined;
/** What is about time takes long, and is the same with encryption and without. */
const timeless = <Limits, Backend extends Closable>(contract: Contract<Limits, Backend>): Contract<Limits, Backend> => ({
    ...contract,
    clauses: contract.clauses.filter(({ title }) => !/ttl|expire|life|maxAge/i.test(title))
});

testContract(timeless(sessionStoreContract), {
    ...each,
    name: 'UpstashSessionStore, encrypted',
    open: async limits => {
        const settings = { redis: upstash.client(), keyPrefix: upstash.prefix(), ...limits };
        return { store: () => encryptSessionStore(new UpstashSessionStore(settings), encryption()), close };
    }
});

testContract(timeless(eventLogContract), {
    ...each,
    name: 'UpstashEventLog, encrypted',
    open: async limits => {
        const settings = { redis: upstash.client(), keyPrefix: upstash.prefix(), ...limits };
        return { log: () => encryptEventLog(new UpstashEventLog(settings), encryption()), close };
    }
});

testContract(messageBusContract, {
    ...each,
    name: 'PollingBus on UpstashMailbox, encrypted',
    open: async () => {
        const keyPrefix = upstash.prefix();
        const intervals = { minIntervalMs: 5, maxIntervalMs: 20 };
        return openBuses(() =>
            encryptMessageBus(new PollingBus(new UpstashMailbox({ redis: upstash.client(), keyPrefix }), intervals), encryption())
        );
    }
});
