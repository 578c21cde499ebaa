import { SessionError, type SessionBackend } from '@mcp-sessions/core';
import { managedSessionStore, type ManagedSessionStore } from './managedSessionStore.js';
import { areSame, holdServices, type RedisBackedServicesOptions } from './sharedServices.js';

/** What a server is registered with: a backend, for transports and handlers, whose store takes the application's data, too. */
export interface RedisBackedServices extends SessionBackend {
    readonly kind: 'redis' | 'memory';
    /** Whether other nodes see the same: false in memory. */
    readonly isShared: boolean;
    readonly sessionStore: ManagedSessionStore;
    /** Lets go of the services for this server; the last of those that share them ends the connection. May be called twice. */
    disconnect(): Promise<void>;
    /** The same as `disconnect()`. */
    close(): Promise<void>;
}

/** What a server of an application's own may be. */
interface StoreTaker {
    setSessionStore?: (sessionStore: ManagedSessionStore) => unknown;
}

interface Registration {
    readonly options: RedisBackedServicesOptions;
    readonly opening: Promise<RedisBackedServices>;
    services?: RedisBackedServices;
}

const registrations = new WeakMap<object, Registration>();

/**
 * Finds out where sessions are kept, in Redis if there is one, else in memory, which is said loudly; remembers it for this
 * server; and resolves to it. Servers of one process that are registered with the same options share one connection.
 *
 * ```ts
 * const services = await registerRedisBackedServices(server, { redisUrl: process.env.REDIS_URL });
 * const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), ...services });
 * await server.connect(transport);
 * ```
 *
 * A transport is given the services as above, which makes its sessions recoverable on every node; the server alone makes no
 * session. A server that has a method `setSessionStore` gets the store by it. A second call for a server that is registered
 * gives the same services. Looks for Redis once: services that were found stay what they are.
 *
 * @param server an `McpServer`, a `Server`, or what an application has in their place.
 * @throws SessionError `CONFIGURATION` in production where there is no Redis, unless memory is allowed or forced; for a URL that
 * is none; where a driver is missing; for a server that is registered with other options. RangeError for a number that is not
 * positive. No message holds a URL or a secret.
 */
export async function registerRedisBackedServices(server: object, options: RedisBackedServicesOptions = {}): Promise<RedisBackedServices> {
    const present = registrations.get(server);
    if (present) {
        if (!areSame(present.options, options)) {
            throw new SessionError(
                'CONFIGURATION',
                'This server is registered with other options. Call `disconnect()` on its services before it is registered anew'
            );
        }
        return present.opening;
    }
    const names = namesOf(server);
    const forget = () => {
        for (const name of names.filter(name => registrations.get(name) === registration)) {
            registrations.delete(name);
        }
    };
    const registration: Registration = { options, opening: open(server, options, () => forget()) };
    names.forEach(name => registrations.set(name, registration));
    try {
        registration.services = await registration.opening;
        return registration.services;
    } catch (error) {
        forget();
        throw error;
    }
}

/**
 * What a server was registered with: for tools and other parts of an application that are given the server alone.
 *
 * @returns undefined for a server that is not registered, not yet, or no more.
 */
export function redisBackedServicesOf(server: object): RedisBackedServices | undefined {
    return registrations.get(server)?.services;
}

async function open(server: object, options: RedisBackedServicesOptions, forget: () => void): Promise<RedisBackedServices> {
    const { services, release } = await holdServices(options);
    let released: Promise<void> | undefined;
    const disconnect = () => {
        forget();
        return (released ??= release());
    };
    const { kind, shelf, sessionLock, lockTimeoutMs, eventLog, messageBus } = services;
    const sessionStore = managedSessionStore({ kind, shelf, sessionLock, lockTimeoutMs, close: disconnect });
    try {
        const { setSessionStore } = server as StoreTaker;
        if (typeof setSessionStore === 'function') {
            await setSessionStore.call(server, sessionStore);
        }
    } catch (error) {
        await disconnect();
        throw error;
    }
    return { kind, isShared: sessionStore.isShared, sessionStore, sessionLock, eventLog, messageBus, disconnect, close: disconnect };
}

/** An `McpServer` and the `Server` in it are one. */
function namesOf(server: object): object[] {
    const inner = 'server' in server ? server.server : undefined;
    return typeof inner === 'object' && inner !== null ? [server, inner] : [server];
}
