import { createSessionBackend, createSessionHandler } from '@modelcontextprotocol/sdk/server';
import { buildServer } from '../tools.js';

// Once per process: an instance that serves a second request goes on with what it has.
const backend = await createSessionBackend({ kind: 'upstash', fallback: 'memory' });
const sessions = createSessionHandler(() => buildServer(), { backend });

export const POST = (request: Request) => sessions.fetch(request);
export const DELETE = POST;

// A standalone stream would keep a function running for as long as the client is there. What is gone on with is a call.
export const GET = (request: Request) =>
    request.headers.has('last-event-id')
        ? sessions.fetch(request)
        : new Response(null, { status: 405, headers: { allow: 'POST, DELETE' } });
