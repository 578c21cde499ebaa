import { SessionError, toError } from '../errors.js';
import { settled } from '../timers.js';
import type { SessionContext, SessionServer, SessionServerFactory } from './options.js';

/** How long the application may take to make a server, in milliseconds: requests of the session wait for it. */
const factoryTimeoutMs = 30_000;

/** Has the application make a server. Rejects with what it throws, or when it takes too long: a server that comes later is closed. */
export async function makeServer(
    factory: SessionServerFactory,
    session: SessionContext,
    report: (error: Error) => void
): Promise<SessionServer> {
    const making = (async () => factory(session))();
    if (!(await settled(making, factoryTimeoutMs))) {
        making.then(server => server.close?.()).catch((error: unknown) => report(toError(error)));
        throw new SessionError('CONFIGURATION', `The factory of createSessionHandler has made no server within ${factoryTimeoutMs} ms`);
    }
    const server = await making;
    if (typeof (server as Partial<SessionServer> | undefined)?.connect !== 'function') {
        throw new SessionError('CONFIGURATION', 'The factory of createSessionHandler must return a new McpServer or Server');
    }
    return server;
}
