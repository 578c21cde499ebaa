import { createServer } from 'node:http';
import { buildServer } from './echoServer.mjs';
import { loadHandler } from './implementations.mjs';
import { listen } from './listen.mjs';

/** The same application on `createSessionHandler`, which does the rest. */
export async function startHandlerApp(spec) {
    const { McpServer, createHandler, storeCalls } = await loadHandler(spec);
    const create = () => createHandler(() => buildServer(McpServer, spec.tools));
    let handler = create();
    const port = await listen(createServer((req, res) => handler.node(req, res)));
    return {
        port,
        /** Lets all sessions go; it can keep none of them. */
        endSessions: async () => {
            await handler.close();
            handler = create();
        },
        sessionCount: () => handler.localSessions,
        storeCalls
    };
}
