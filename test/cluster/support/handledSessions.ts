import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { createSessionHandler, type SessionHandler } from '@mcp-sessions/sdk/server';
import type { AppOptions, AppSessions, Counts } from './app.js';
import type { Happenings } from './happenings.js';
import { buildServer } from './server.js';

/** The handler of the fork, as an application mounts it. */
export function handledSessions(options: AppOptions, counts: Counts, happenings: Happenings): AppSessions {
    const { nodeName, store: sessionStore, eventLog, messageBus, sessionLock, recorder, sessionIdGenerator, allowedHosts } = options;

    const create = (): SessionHandler =>
        createSessionHandler(
            () => {
                counts.servers++;
                const server = buildServer(nodeName, happenings, recorder);
                server.server.oninitialized = () => void counts.initialized++;
                if (recorder) {
                    const connect = server.connect.bind(server);
                    server.connect = (transport: Transport) => {
                        recorder.watch(transport);
                        return connect(transport);
                    };
                }
                return server;
            },
            {
                ...transportOptionsOf(options),
                ...(sessionIdGenerator && { sessionIdGenerator }),
                backend: { sessionStore, eventLog, messageBus, sessionLock },
                revalidateMs: options.revalidateMs,
                ...(allowedHosts && { enableDnsRebindingProtection: true, allowedHosts }),
                onsessioninitialized: () => void counts.begun++,
                onsessionrestored: () => void counts.restored++,
                onsessionclosed: () => void counts.closed++,
                onerror: error => {
                    counts.errors.push(error.message);
                    options.onerror?.(error);
                },
                // The tokens of the tests name no subject.
                logger: { warn: () => undefined }
            }
        );

    let handler = create();
    return {
        get size() {
            return handler.localSessions;
        },
        get handler() {
            return handler;
        },
        serve: (req, res) => handler.node(req, res),
        async close() {
            const old = handler;
            handler = create();
            await old.close();
        }
    };
}

/** The handler has no event store of the base's kind. */
function transportOptionsOf({ transportOptions = {} }: AppOptions) {
    const { eventStore: _eventStore, ...rest } = transportOptions;
    return rest;
}
