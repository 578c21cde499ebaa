import { createSessionBackend, createSessionHandler } from '@modelcontextprotocol/sdk/server';
import { waitUntil } from '@vercel/functions';
import { buildServer } from '../tools.js';

// Once per process: an instance that serves a second request goes on with what it has.
const backend = await createSessionBackend({ kind: 'upstash', fallback: 'memory' });
const sessions = createSessionHandler(() => buildServer(), { backend });

// A call may outlive its answer: the client's connection breaks, or the tool has the client poll.
export const POST = (request: Request) => sessions.fetch(request, { waitUntil });
export const DELETE = POST;

// A standalone stream would keep a function running for as long as the client is there. What is gone on with is a call.
export const GET = (request: Request) =>
    request.headers.has('last-event-id') ? POST(request) : new Response(null, { status: 405, headers: { allow: 'POST, DELETE' } });
