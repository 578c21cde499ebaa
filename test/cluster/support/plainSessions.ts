import { randomUUID } from 'node:crypto';
import { StreamableHTTPServerTransport } from '@mcp-sessions/sdk/server';
import type { AppOptions, AppSessions, Counts } from './app.js';
import { openEventStore } from './eventStore.js';
import type { Happenings } from './happenings.js';
import { buildServer } from './server.js';

/** One MCP server and one transport per session, kept in a map. */
export function plainSessions(options: AppOptions, counts: Counts, happenings: Happenings): AppSessions {
    const { nodeName, store, eventLog, messageBus, sessionLock, recorder, sessionIdGenerator = randomUUID, allowedHosts } = options;
    const eventStore = options.isResumable ? openEventStore() : undefined;
    const transports = new Map<string, StreamableHTTPServerTransport>();

    function openTransport(): StreamableHTTPServerTransport {
        const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
            sessionIdGenerator,
            sessionStore: store,
            eventLog,
            messageBus,
            sessionLock,
            eventStore,
            revalidateMs: options.revalidateMs,
            ...options.transportOptions,
            ...(allowedHosts && { enableDnsRebindingProtection: true, allowedHosts }),
            onsessioninitialized: id => {
                counts.begun++;
                transports.set(id, transport);
            },
            onsessionrestored: id => {
                counts.restored++;
                transports.set(id, transport);
            },
            onsessionclosed: () => void counts.closed++
        });
        transport.onclose = () => {
            for (const [id, kept] of transports) if (kept === transport) transports.delete(id);
        };
        transport.onerror = error => {
            counts.errors.push(error.message);
            options.onerror?.(error);
        };
        recorder?.watch(transport);
        return transport;
    }

    return {
        get size() {
            return transports.size;
        },
        async serve(req, res) {
            const header = req.headers['mcp-session-id'];
            const id = typeof header === 'string' ? header : undefined;
            let transport = id === undefined ? undefined : transports.get(id);
            if (!transport) {
                transport = openTransport();
                // Before anything is awaited, so that requests which come at the same time share one recovery.
                if (id !== undefined) transports.set(id, transport);
                counts.servers++;
                const server = buildServer(nodeName, happenings, recorder);
                server.server.oninitialized = () => void counts.initialized++;
                await server.connect(transport);
            }
            await transport.handleRequest(req, res);
            // Nobody's session: the request was refused. It is not closed, because others may be on their way through it.
            if (id !== undefined && transport.isVacant && transports.get(id) === transport) transports.delete(id);
        },
        async close() {
            await Promise.all([...transports.values()].map(transport => transport.close()));
        }
    };
}
