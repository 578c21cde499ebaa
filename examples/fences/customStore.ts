import { randomUUID } from 'node:crypto';
import {
    InMemoryEventLog,
    InMemoryMailbox,
    InMemorySessionLock,
    InMemorySessionStore,
    PollingBus,
    type SessionBackend
} from '@mcp-sessions/core';
import { StreamableHTTPServerTransport } from '@mcp-sessions/sdk/server';
import { customStoreContract, testContract, type TestContractOptions } from '@mcp-sessions/testkit';
import type { Pool } from 'pg';
import { PostgresSessionStore } from '../custom-store/postgresSessionStore.js';

export function shareSessions(pool: Pool): void {
    // #region transport
    new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), sessionStore: new PostgresSessionStore(pool) });
    // #endregion transport
}

type Kit = TestContractOptions<{ ttlSeconds?: number }, { store(): MyStore; close(): Promise<void> }>;

export function testWithoutOneClause({ open, describe, it }: Pick<Kit, 'open' | 'describe' | 'it'>): void {
    // #region skip
    testContract(customStoreContract, {
        name: 'MyStore',
        skip: [{ clause: 'S12: ttl: every touch and every storing starts it anew, on any node', reason: 'expiry by the day only' }],
        open,
        describe,
        it
    });
    // #endregion skip
}

/** Stands for a database and its client. */
export class Database {
    isOpen = true;

    async close(): Promise<void> {
        this.isOpen = false;
    }
}

export class MyStore extends InMemorySessionStore {
    constructor(readonly database: Database) {
        super();
    }
}

class MyLog extends InMemoryEventLog {
    constructor(readonly database: Database) {
        super();
    }
}

class MyMailbox extends InMemoryMailbox {
    constructor(readonly database: Database) {
        super();
    }
}

class MyLock extends InMemorySessionLock {
    constructor(readonly database: Database) {
        super();
    }
}

export function openBackend(database: Database): SessionBackend {
    // #region backend
    const backend: SessionBackend = {
        sessionStore: new MyStore(database),
        eventLog: new MyLog(database),
        messageBus: new PollingBus(new MyMailbox(database)),
        sessionLock: new MyLock(database),
        close: () => database.close()
    };

    new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), ...backend });
    // #endregion backend
    return backend;
}
