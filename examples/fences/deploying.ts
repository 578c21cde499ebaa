import type { Server } from 'node:http';

export function outlastTheBalancer(server: Server): void {
    // #region timeouts
    server.keepAliveTimeout = 65_000; // over the idle time-out of the balancer
    server.headersTimeout = 66_000; // over that
    // #endregion timeouts
}
