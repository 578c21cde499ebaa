import { SessionError } from '../errors.js';
import type { RequestInfo } from '../jsonrpc/types.js';
import type { HeldLock, WithLockOptions } from '../lock/withLock.js';
import { asJson } from './stateChecks.js';
import type { StateKeeper } from './stateKeeper.js';

/**
 * What tools keep of their session, by key. Values are JSON. They live as long as the session, are seen by every node, and
 * together are at most `maxStateBytes`.
 *
 * Every method rejects with a `SessionError`: `SESSION_ENDED` when the session is there no more, `STORE_UNAVAILABLE` when the
 * store is out of order, `STATE_TOO_LARGE`; `RECORD_TOO_LARGE` when the state and all else that is kept of the session would be
 * over `maxRecordBytes`.
 */
export interface SessionState<T extends object> {
    /** The value as it is now, on whichever node it was written; undefined for a key that is not there. One read of the store. */
    get<K extends keyof T & string>(key: K): Promise<T[K] | undefined>;

    /** Writes a value, whatever was there. One write. @throws TypeError for what is no JSON. */
    set<K extends keyof T & string>(key: K, value: T[K]): Promise<void>;

    /** Removes a value. Idempotent. */
    delete(key: keyof T & string): Promise<void>;

    /**
     * Replaces a value by what `change` makes of it, atomically over all nodes; undefined removes it. `change` is called
     * again with the newer value where another was first, so it has no effects of its own; what it throws is thrown, and
     * then nothing is changed. For work that has to wait there is {@link withLock}.
     *
     * A store without `updateSession` cannot compare: there, two nodes at the same moment may lose one of the changes.
     * @returns the new value.
     */
    update<K extends keyof T & string>(key: K, change: (value: T[K] | undefined) => T[K] | undefined): Promise<T[K] | undefined>;

    /**
     * Runs `work` while no other call of this session holds this lock, on any node.
     * @throws SessionError `LOCK_TIMEOUT` when it is not to be had within `timeoutMs`; `CONFIGURATION` for a transport with a
     * `sessionStore` and no `sessionLock`.
     */
    withLock<R>(work: (held: HeldLock) => Promise<R> | R, options?: WithLockOptions): Promise<R>;
}

/** One for all copies of this package in a process: an application may load it both as ESM and as CommonJS. */
const shared = globalThis as { [key: symbol]: WeakMap<RequestInfo, StateKeeper> | undefined };
const keepers = (shared[Symbol.for('mcp-sessions.stateKeepers')] ??= new WeakMap<RequestInfo, StateKeeper>());

/** From now on handlers find the state of their session by what they are told of their request. */
export function noteState(requestInfo: RequestInfo, keeper: StateKeeper): void {
    keepers.set(requestInfo, keeper);
}

/**
 * What tools keep of the session that a request belongs to.
 *
 * ```ts
 * server.registerTool('add-to-cart', { inputSchema: { item: z.string() } }, async ({ item }, extra) => {
 *     const cart = await sessionState<{ cart: string[] }>(extra).update('cart', (cart = []) => [...cart, item]);
 *     return { content: [{ type: 'text', text: `${cart?.length} items` }] };
 * });
 * ```
 *
 * With a `sessionStore` it is in the session's record, and gone with it; else it lives and dies with the transport.
 *
 * @param extra what the SDK passes to every handler, as it was passed.
 * @throws SessionError `CONFIGURATION` when the request did not come through a transport of this package that has a session.
 */
export function sessionState<T extends object = Record<string, unknown>>(extra: {
    requestInfo?: RequestInfo | undefined;
}): SessionState<T> {
    const keeper = extra.requestInfo && keepers.get(extra.requestInfo);
    if (!keeper) {
        throw new SessionError(
            'CONFIGURATION',
            'sessionState needs the `extra` of a handler, as the SDK passed it, of a request with a session on a Streamable HTTP transport of this package'
        );
    }
    return new KeyedState<T>(keeper);
}

class KeyedState<T extends object> implements SessionState<T> {
    constructor(private readonly keeper: StateKeeper) {}

    async get<K extends keyof T & string>(key: K): Promise<T[K] | undefined> {
        const values = await this.keeper.read();
        return Object.hasOwn(values, key) ? (values[key] as T[K]) : undefined;
    }

    async set<K extends keyof T & string>(key: K, value: T[K]): Promise<void> {
        const json = asJson(value);
        await this.keeper.change(values => withValue(values, key, json));
    }

    async delete(key: keyof T & string): Promise<void> {
        await this.keeper.change(values => (Object.hasOwn(values, key) ? withoutValue(values, key) : undefined));
    }

    async update<K extends keyof T & string>(key: K, change: (value: T[K] | undefined) => T[K] | undefined): Promise<T[K] | undefined> {
        let next: unknown;
        await this.keeper.change(values => {
            // A copy: what is written is what `change` returns.
            const before = Object.hasOwn(values, key) ? (asJson(values[key]) as T[K]) : undefined;
            const result = change(before);
            next = result === undefined ? undefined : asJson(result);
            return next === undefined ? withoutValue(values, key) : withValue(values, key, next);
        });
        return next as T[K] | undefined;
    }

    withLock<R>(work: (held: HeldLock) => Promise<R> | R, options?: WithLockOptions): Promise<R> {
        return this.keeper.withLock(work, options);
    }
}

type Values = Readonly<Record<string, unknown>>;

function withValue(values: Values, key: string, value: unknown): Values {
    if (key === '__proto__') {
        throw new TypeError('__proto__ cannot be a key of the session state');
    }
    return { ...values, [key]: value };
}

function withoutValue(values: Values, key: string): Values {
    return Object.fromEntries(Object.entries(values).filter(([other]) => other !== key));
}
