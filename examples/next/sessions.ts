import { createSessionBackend, createSessionHandler, shutdownOnSignals, type SessionHandler } from '@modelcontextprotocol/sdk/server';
import { buildServer } from './tools';

let opened: Promise<SessionHandler> | undefined;

/** The handler of this process. It is made with the first request: `next build` loads this module, too, and has no backend. */
export function sessions(): Promise<SessionHandler> {
    return (opened ??= open());
}

async function open(): Promise<SessionHandler> {
    const backend = await createSessionBackend({ fallback: 'memory', allowMemoryInProduction: true });
    const handler = createSessionHandler(() => buildServer(), { backend });
    // For NEXT_MANUAL_SIG_HANDLE, with which Next.js leaves signals to us.
    shutdownOnSignals(handler, { onclose: () => backend.close() });
    return handler;
}
