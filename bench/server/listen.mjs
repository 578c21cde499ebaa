import { once } from 'node:events';

/** Opens a server on a free port of 127.0.0.1 and returns the port. */
export async function listen(server) {
    // A connection waits while the other server has its slice; the default of five seconds would cut it.
    server.keepAliveTimeout = 120_000;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server.address().port;
}
