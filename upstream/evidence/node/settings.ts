import { randomUUID } from 'node:crypto';
import { FailingEventStore } from './failingEventStore.js';
import { FileSessionStore } from './fileSessionStore.js';
import { OrderedEventStore } from './orderedEventStore.js';
import { restoreByInitialize, restoreTransport, restoreWithCapabilities, type Restore } from './restore.js';
import type { TransportOptions } from './sdk.js';

/** How the transports of a path are set up. */
export interface Setting {
    /** Made anew for each transport. */
    readonly options?: () => Partial<TransportOptions>;
    /** What is done for a session that this node has not seen; without it a new transport is left as it is. */
    readonly restore?: Restore;
}

const fails = (): never => {
    throw new Error('is down');
};

// One of each for all sessions of a node.
const orderedStore = new OrderedEventStore();
const sessionStore = new FileSessionStore(process.env['SESSIONS'] ?? '');

const settings = {
    plain: {},
    json: { options: () => ({ enableJsonResponse: true }) },
    stored: { options: () => ({ sessionStore }) },
    storedAndRestored: { options: () => ({ sessionStore }), restore: restoreTransport },
    restored: { restore: restoreTransport },
    restoredWithCapabilities: { restore: restoreWithCapabilities },
    restoredByInitialize: { restore: restoreByInitialize },
    orderedStore: { options: () => ({ eventStore: orderedStore }) },
    failingStore: { options: () => ({ eventStore: new FailingEventStore() }) },
    failingGenerator: { options: () => ({ sessionIdGenerator: fails }) },
    failingInitialized: { options: () => ({ onsessioninitialized: fails }) },
    failingClosed: { options: () => ({ onsessionclosed: fails }) }
} satisfies Record<string, Setting>;

/** The path of a setting, without its slash. */
export type SettingName = keyof typeof settings;

export function settingOf(path: string): Setting | undefined {
    return Object.entries<Setting>(settings).find(([name]) => name === path)?.[1];
}

/** @param restored the session that the transport is for, where it is one of another node. */
export function transportOptions({ options }: Setting, restored: string | undefined): TransportOptions {
    return { sessionIdGenerator: randomUUID, ...(restored !== undefined && { sessionId: restored }), ...options?.() };
}
