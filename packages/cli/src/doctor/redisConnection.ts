import { reasonOf } from '../printable.js';
import { infoOf, type RedisServer } from './redisServer.js';

/** A connection to one server, as ioredis has it: this package brings it, so that is what a client is. */
export interface RedisConnection extends RedisServer {
    on(event: 'error', listener: (error: Error) => void): unknown;
    duplicate(override: { enableReadyCheck: boolean }): RedisConnection;
    disconnect(): void;
}

/** Says why a command came to nothing: what a client says of its end tells less than the error before it. */
export function explained(connection: Pick<RedisConnection, 'on'>): (error: unknown) => string {
    let last: Error | undefined;
    connection.on('error', error => (last = error));
    return error => reasonOf(last !== undefined && isClosed(error) ? last : error);
}

/** Whether it is the connection that ended, and not the server that refused. */
export function isClosed(error: unknown): boolean {
    return /^Connection is closed/.test(reasonOf(error));
}

/** Whether the server reads its data, by a connection that does not wait until it has: that is what the driver does. */
export async function isLoading(connection: RedisConnection): Promise<boolean> {
    const impatient = connection.duplicate({ enableReadyCheck: false });
    impatient.on('error', () => undefined); // Why it cannot be reached is known by then.
    try {
        return (await infoOf(impatient))['loading'] === '1';
    } catch {
        return false;
    } finally {
        impatient.disconnect();
    }
}
