import {
    encryptBackend,
    encryptEventLog,
    encryptMessageBus,
    encryptSessionStore,
    createMemoryBackend,
    InMemoryEventLog,
    InMemoryMessageBus,
    InMemorySessionLock,
    InMemorySessionStore,
    type EventLog
} from '@mcp-sessions/core';
import {
    customStoreContract,
    eventLogContract,
    messageBusContract,
    sessionLockContract,
    sessionStoreContract,
    testContract
} from '@mcp-sessions/testkit';
import { describe, it } from 'vitest';
import { fiveMethods } from '../session/stores.js';
import { openBuses } from './support/buses.js';
import { encryption } from './support/encryption.js';

testContract(sessionStoreContract, {
    name: 'InMemorySessionStore, encrypted',
    open: async limits => {
        const store = new InMemorySessionStore(limits);
        return { store: () => encryptSessionStore(store, encryption()), close: () => store.close() };
    },
    describe,
    it
});

testContract(customStoreContract, {
    name: 'five methods of InMemorySessionStore, encrypted',
    open: async limits => {
        const store = new InMemorySessionStore(limits);
        return { store: () => encryptSessionStore(fiveMethods(store), encryption()), close: () => store.close() };
    },
    describe,
    it
});

testContract(eventLogContract, {
    name: 'InMemoryEventLog, encrypted',
    open: async limits => {
        const log = new InMemoryEventLog(limits);
        return { log: () => encryptEventLog(remote(log), encryption()), close: () => log.close() };
    },
    describe,
    it
});

testContract(messageBusContract, {
    name: 'InMemoryMessageBus, encrypted',
    open: async () => {
        const first = new InMemoryMessageBus();
        return openBuses(() => encryptMessageBus(new InMemoryMessageBus({ shareWith: first }), encryption()));
    },
    describe,
    it
});

testContract(sessionLockContract, {
    name: 'InMemorySessionLock of an encrypted backend',
    open: async () => {
        const sessionLock = new InMemorySessionLock();
        return {
            lock: () => encryptBackend({ ...createMemoryBackend(), sessionLock }, encryption()).sessionLock,
            close: () => sessionLock.close()
        };
    },
    describe,
    it
});

/** To encrypt takes turns of the event loop. Who reads from memory over and over would leave none to it. */
function remote(log: EventLog): EventLog {
    const read: EventLog['read'] = async (...args) => {
        await new Promise(resolve => setImmediate(resolve));
        return log.read(...args);
    };
    return Object.create(log, { read: { value: read } }) as EventLog;
}
