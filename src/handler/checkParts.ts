import { SessionError } from '../errors.js';
import type { SessionServer, SessionServerFactory, SessionHandlerOptions } from './options.js';

/**
 * What JavaScript lets through, and what would be noticed late: by the first client, or when the process ends.
 *
 * @throws SessionError `CONFIGURATION`
 */
export function checkParts(factory: SessionServerFactory, options: SessionHandlerOptions): void {
    if (typeof factory !== 'function') {
        const isServer = typeof (factory as Partial<SessionServer> | undefined)?.connect === 'function';
        throw wrong(
            'createSessionHandler needs a function that makes a server' +
                (isServer ? ', since each session has its own: () => buildServer()' : '')
        );
    }
    const { backend } = options;
    if (backend === undefined && 'backend' in options) {
        throw wrong('`backend` is given, but it is undefined. Leave it out to keep sessions in the memory of this process');
    }
    if (backend !== undefined && typeof (backend as Partial<typeof backend> | null)?.sessionStore?.getSession !== 'function') {
        const hint = backend instanceof Promise ? ', but a promise of one: await it' : ': it has no sessionStore';
        throw wrong(`\`backend\` is no backend${hint}`);
    }
}

function wrong(message: string): SessionError {
    return new SessionError('CONFIGURATION', message);
}
