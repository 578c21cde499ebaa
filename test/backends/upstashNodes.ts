import type { AddressInfo } from 'node:net';
import { createUpstashBackend, type UpstashBackend, type UpstashBackendOptions } from '@mcp-sessions/upstash';
import { openApp, type AppOptions, type Seen } from '../cluster/support/app.js';
import { Wire } from '../cluster/support/wire.js';

export interface UpstashNode {
    readonly backend: UpstashBackend;
    readonly seen: () => Seen;
    /** A client that has no session yet. */
    wire(): Wire;
    close(): Promise<void>;
}

export type NodeOptions = Partial<Pick<AppOptions, 'revalidateMs' | 'transportOptions'>> & {
    readonly isWhole?: boolean;
    readonly storeTimeoutMs?: number;
};

/** A node in this process; with `isWhole` false it has the session store alone. */
export async function openNode(
    backendOptions: UpstashBackendOptions,
    { isWhole = true, storeTimeoutMs, ...options }: NodeOptions = {}
): Promise<UpstashNode> {
    const backend = createUpstashBackend(backendOptions);
    const { sessionStore, eventLog, messageBus } = backend;
    const { http, seen, closeTransports } = openApp({
        nodeName: 'node',
        store: sessionStore,
        ...(isWhole && { eventLog, messageBus }),
        ...options,
        transportOptions: { ...(storeTimeoutMs !== undefined && { storeTimeoutMs }), ...options.transportOptions }
    });
    await new Promise<void>(resolve => void http.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
    return {
        backend,
        seen,
        wire: () => new Wire(url),
        close: async () => {
            await closeTransports();
            http.closeAllConnections();
            await new Promise(resolve => http.close(resolve));
            await backend.close();
        }
    };
}
