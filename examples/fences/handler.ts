import { createServer } from 'node:http';
import { createMemoryBackend, createSessionHandler, type SessionHandlerOptions } from '@mcp-sessions/sdk/server';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { Hono } from 'hono';

const buildServer = () => new McpServer({ name: 'shop', version: '1.0.0' });
const backend = createMemoryBackend();
export const sessions = createSessionHandler(() => buildServer(), { backend });
export const app = express();
export const hono = new Hono();

// #region mount
app.all('/mcp', sessions.node); // Express, with or without express.json()
createServer((req, res) => void sessions.node(req, res)); // node:http, https, node:http2

hono.all('/mcp', c => sessions.fetch(c.req.raw)); // Hono
export const GET = (request: Request) => sessions.fetch(request); // Next.js; the same for POST and DELETE
export default { fetch: (request: Request) => sessions.fetch(request) }; // what calls a module with a Request
// #endregion mount

/** As `@vercel/functions` exports it. */
const waitUntil = (work: Promise<unknown>): void => void work;
/** As `next/server` exports it. */
const after = waitUntil;

// #region waitUntil
export const POST = (request: Request) => sessions.fetch(request, { waitUntil }); // of @vercel/functions; the same for GET and DELETE
export const route = (request: Request) => sessions.fetch(request, { waitUntil: after }); // of next/server, in a route of Next.js
// #endregion waitUntil

/* eslint-disable @typescript-eslint/no-unused-vars -- shows what there is */
// #region factory
createSessionHandler(({ sessionId, authInfo, request, restored }) => buildServer(), { backend });
// #endregion factory
/* eslint-enable @typescript-eslint/no-unused-vars */

export const perTenant: SessionHandlerOptions = {
    // #region bind
    bind: authInfo => authInfo?.extra?.tenant as string
    // #endregion bind
};

export async function operate(sessionId: string, principal: string): Promise<void> {
    // #region operate
    let cursor: string | undefined;
    do {
        const page = await sessions.list({ limit: 100, ...(cursor && { cursor }) });
        for (const session of page.sessions) console.log(session.createdAt, session.lastActivity, session.initializeParams?.clientInfo);
        cursor = page.cursor;
    } while (cursor);

    await sessions.get(sessionId); // the record, or null; does not extend its life
    await sessions.end(sessionId); // on all nodes, as a DELETE does, but without onsessionclosed
    await sessions.endSessionsOf(principal); // for example when an account is closed: how many there were
    // #endregion operate
}
