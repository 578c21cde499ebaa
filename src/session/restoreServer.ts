import { SessionError } from '../errors.js';
import type { Params } from '../jsonrpc/types.js';
import type { SessionRecord } from './record.js';
import type { SessionHost, SessionRequest } from './sessionGate.js';

/** Stands for a request where a change is noticed without one; of its own each time, since handlers find their session by it. */
function nobody(): SessionRequest {
    return { authInfo: undefined, requestInfo: { headers: {} }, header: () => undefined };
}

/**
 * Gives a new server what the session's first server was told, through its public face: the client's `initialize`
 * request, then its log level and its subscriptions. The client sees none of the answers, and
 * `notifications/initialized` is not repeated.
 *
 * The version asked for is the one that the session settled on, so a newer server does not settle on another.
 *
 * @returns what the server answered to `initialize`.
 */
export async function restoreServer(
    host: SessionHost,
    record: SessionRecord,
    request: SessionRequest
): Promise<Readonly<Record<string, unknown>>> {
    const { protocolVersion, initializeParams } = record;
    const response = await host.ask('initialize', { ...(initializeParams as Params), protocolVersion }, request);
    if ('error' in response) {
        throw new SessionError('RESTORE_FAILED', `The server refused the stored initialize request with code ${response.error.code}`);
    }
    if (response.result['protocolVersion'] !== protocolVersion) {
        host.report(
            new SessionError('RESTORE_FAILED', `The server speaks another version than its session settled on (${protocolVersion})`)
        );
    }
    await updateServer(host, {}, record, request);
    return response.result;
}

/** Tells a server what changed in its session while it was served elsewhere. */
export async function updateServer(
    host: SessionHost,
    before: Pick<SessionRecord, 'logLevel' | 'subscriptions'>,
    after: Pick<SessionRecord, 'logLevel' | 'subscriptions'>,
    request: SessionRequest = nobody()
): Promise<void> {
    const had = before.subscriptions ?? [];
    const has = after.subscriptions ?? [];
    if (after.logLevel !== undefined && after.logLevel !== before.logLevel) {
        await tell('logging/setLevel', { level: after.logLevel });
    }
    for (const uri of has.filter(uri => !had.includes(uri))) {
        await tell('resources/subscribe', { uri });
    }
    for (const uri of had.filter(uri => !has.includes(uri))) {
        await tell('resources/unsubscribe', { uri });
    }

    async function tell(method: string, params: Params): Promise<void> {
        const response = await host.ask(method, params, request);
        if ('error' in response) {
            host.report(
                new SessionError('RESTORE_FAILED', `The server refused ${method} of its restored session with code ${response.error.code}`)
            );
        }
    }
}
