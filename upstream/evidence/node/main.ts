// A node: a server in a process of its own, on the package that TARGET names. Sessions are held as in the examples of the
// packages: a transport for each, in a map. Beside the paths of the settings it has some for the situations:
// /state/<session>, /entries/<session> and /release/<session>/<label of a call that waits>.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { NodeSession } from './session.js';
import type { Connected, Sdk } from './sdk.js';
import { settingOf } from './settings.js';

interface Held {
    readonly session: NodeSession;
    readonly connected: Connected;
}

const sdk: Sdk = process.env['TARGET'] === '2.x' ? (await import('./sdk2.js')).sdk2 : (await import('./sdk1.js')).sdk1;
const held = new Map<string, Held>();

const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(String(error));
    });
}).listen(Number(process.env['PORT']), '127.0.0.1', () => console.log(JSON.stringify(server.address())));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', sessionId = '', label = ''] = (request.url ?? '').slice(1).split('/').map(decodeURIComponent);
    const asked = held.get(sessionId)?.session;
    if (sessionId !== '') {
        if (path === 'release') asked?.release(label);
        response.end(JSON.stringify((path === 'entries' ? asked?.entries : asked?.state) ?? null));
        return;
    }
    const { transport } = (await transportFor(path, request)).connected;
    await transport.handleRequest(request, response);
}

async function transportFor(path: string, { headers }: IncomingMessage): Promise<Held> {
    const sessionId = String(headers['mcp-session-id'] ?? '');
    const known = held.get(sessionId);
    if (known) return known;

    const setting = settingOf(path);
    if (setting === undefined) throw new Error(`There is no setting ${path}.`);
    const restored = sessionId === '' || setting.restore === undefined ? undefined : sessionId;
    const session = new NodeSession();
    const connected = await session.open(sdk, setting, restored, begun => held.set(begun, { session, connected }));
    if (restored !== undefined) {
        setting.restore?.(connected, restored);
        held.set(restored, { session, connected });
    }
    return { session, connected };
}
