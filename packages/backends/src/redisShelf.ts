import { encryptSessionStore, type EncryptionOptions } from '@mcp-sessions/core';
import { RedisSessionStore, type RedisSessionStoreOptions } from '@mcp-sessions/redis';
import type { ValueShelf } from './values.js';

type Whole = Omit<ValueShelf, 'withTtl'>;

/** Stores of one Redis that are remembered, by their time to live. */
const mostStores = 16;

/** Sessions and values in Redis, encrypted if there are keys. */
export function redisShelf(options: RedisSessionStoreOptions, encryption: EncryptionOptions | undefined): ValueShelf {
    const stores = new Map<number, Whole>();
    const withTtl = (ttlSeconds: number) => {
        let store = stores.get(ttlSeconds);
        if (!store) {
            store = storeOf({ ...options, ttlSeconds }, encryption);
            if (stores.size === mostStores) {
                stores.clear();
            }
            stores.set(ttlSeconds, store);
        }
        return store;
    };
    return Object.assign(storeOf(options, encryption), { withTtl });
}

function storeOf(options: RedisSessionStoreOptions, encryption: EncryptionOptions | undefined): Whole {
    const store = new RedisSessionStore(options);
    // It has the optional methods that the store has.
    return encryption ? (encryptSessionStore(store, encryption) as Whole) : store;
}
