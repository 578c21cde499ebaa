import { RedisSessionStore, type SessionHandlerOptions } from '@mcp-sessions/sdk/server';
import type { Redis } from 'ioredis';

export const perTenant: SessionHandlerOptions = {
    // #region bind
    bind: authInfo => authInfo?.extra?.tenant as string
    // #endregion bind
};

export function openStore(redis: Redis) {
    // #region limits
    const sessionStore = new RedisSessionStore({
        redis,
        ttlSeconds: 3600, // from the last use
        initializeTtlSeconds: 300, // for a session that nobody has used since its initialize
        maxSessions: 50_000, // on all nodes together
        maxSessionsPerPrincipal: 20
    });
    // #endregion limits
    return sessionStore;
}
