import { createServer } from 'node:http';
import { buildServer } from './echoServer.mjs';
import { loadImplementation } from './implementations.mjs';
import { listen } from './listen.mjs';

/** The application of a user: `node:http`, and one server and one transport per session in a map. */
export async function startMcpApp(spec) {
    const { McpServer, createTransport, storeCalls } = await loadImplementation(spec);
    const sessions = new Map();
    let failure;

    const openTransport = async () => {
        const transport = createTransport({ onsessioninitialized: id => void sessions.set(id, transport) });
        transport.onclose = () => void sessions.delete(transport.sessionId);
        await buildServer(McpServer, spec.tools).connect(transport);
        return transport;
    };

    const handle = async (req, res) => {
        const id = req.headers['mcp-session-id'];
        const transport = id === undefined ? await openTransport() : sessions.get(id);
        if (transport === undefined) res.writeHead(404).end();
        else await transport.handleRequest(req, res);
    };

    const port = await listen(
        createServer((req, res) => {
            handle(req, res).catch(error => {
                failure ??= error;
                res.destroy();
            });
        })
    );

    return {
        port,
        /** Ends all sessions but those named. */
        endSessions: async keep => {
            if (failure !== undefined) throw failure;
            const kept = new Set(keep);
            for (const [id, transport] of [...sessions]) if (!kept.has(id)) await transport.close();
        },
        sessionCount: () => sessions.size,
        storeCalls
    };
}
