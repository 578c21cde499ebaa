import { SessionError, type SessionBackend } from '@mcp-sessions/core';
import { createUpstashBackend } from '@mcp-sessions/upstash';
import type { Choice } from './choice.js';
import { loadDriver, noDriver } from './drivers.js';
import type { BackendLogger } from './logger.js';
import { commonOptions, present, type SessionBackendOptions } from './options.js';
import { OutageReport } from './outageReport.js';
import { watchedStore } from './watchedStore.js';

/** The client has no connections: nothing is to be closed but the backend. */
export async function openUpstashBackend(choice: Choice, options: SessionBackendOptions, logger: BackendLogger): Promise<SessionBackend> {
    const backend = createUpstashBackend({
        redis: await openUpstash(choice, options),
        logger,
        ...commonOptions(options),
        ...present(options, ['keyPrefix', 'maxRecordLength'])
    });
    return { ...backend, sessionStore: watchedStore(backend.sessionStore, new OutageReport('Upstash', logger)) };
}

export async function openUpstash(choice: Choice, { driverOptions }: SessionBackendOptions) {
    const settings = {
        ...restPlaceOf(choice),
        // The transport answers 503 after a second: more tries than go into that are for nobody.
        retry: { retries: 2, backoff: (attempt: number) => 50 * 2 ** attempt },
        ...driverOptions
    };
    const upstash = await loadDriver['@upstash/redis']();
    if (upstash) {
        return new upstash.Redis({ enableTelemetry: false, ...settings });
    }
    const vercel = await loadDriver['@vercel/kv']();
    if (!vercel) {
        throw noDriver('upstash', choice, '@upstash/redis', '@vercel/kv');
    }
    return vercel.createClient({ enableTelemetry: false, ...settings });
}

/** @throws SessionError `CONFIGURATION` for what is no URL with a token. */
export function restPlaceOf({ url, token, namedBy }: Choice): { url: string; token: string } {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (!parsed) {
        throw new SessionError('CONFIGURATION', `${namedBy} is no URL`);
    }
    const password = decoded(parsed.password, namedBy);
    if (token !== undefined && password !== '' && token !== password) {
        throw new SessionError('CONFIGURATION', `${namedBy} holds another token than the one that is given beside it`);
    }
    const found = token ?? password;
    if (found === '') {
        throw new SessionError('CONFIGURATION', `${namedBy} is a REST URL and needs a token: { url, token }`);
    }
    if (!/^[\x21-\x7e]+$/.test(found)) {
        throw new SessionError('CONFIGURATION', `${namedBy} has a token that holds white space or other characters that no token has`);
    }
    parsed.username = '';
    parsed.password = '';
    return { url: parsed.href.replace(/\/$/, ''), token: found };
}

function decoded(password: string, namedBy: string): string {
    try {
        return decodeURIComponent(password);
    } catch {
        throw new SessionError('CONFIGURATION', `${namedBy} holds a token with a % that is not percent-encoded`);
    }
}
