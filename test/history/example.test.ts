import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { readHistory } from '@mcp-sessions/core';
import { createSessionBackend } from '@mcp-sessions/backends';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { callsOf, open, save } from '../../examples/history/history.js';
import { openRedis } from '../../scripts/services.mjs';
import { newKey } from '../atRest/support/encryption.js';
import { call, initialize } from '../session/fetchNode.js';
import { all } from './support/entries.js';

function buildServer(): McpServer {
    const server = new McpServer({ name: 'S', version: '1' });
    server.registerTool('login', { inputSchema: { password: z.string() } }, () => ({ content: [{ type: 'text', text: 'welcome' }] }));
    return server;
}

it('the example keeps, redacts, reads and exports a history', async () => {
    const service = await openRedis({ say: () => undefined });
    const redis = new Redis(service.url);
    const folder = await mkdtemp(join(tmpdir(), 'history-'));
    const { backend, sessions } = open(redis, buildServer);
    try {
        const begun = await sessions.fetch(initialize());
        await begun.text();
        const id = begun.headers.get('mcp-session-id') ?? '';
        const answer = await sessions.fetch(call(id, 'tools/call', { name: 'login', arguments: { password: 'hunter2' } }));
        expect(await answer.text()).toContain('welcome');
        await sessions.close();
        expect(await callsOf(backend, id)).toEqual([expect.stringMatching(/^\d{4}-.*Z in login$/)]);
        await save(backend, id, join(folder, 'history.jsonl'));
        const file = await readFile(join(folder, 'history.jsonl'), 'utf8');
        expect(file).toContain('(hidden)');
        expect(file).not.toContain('hunter2');
        const lines = file.trimEnd().split('\n');
        expect(lines.map(line => JSON.parse(line) as unknown)).toEqual(await all(readHistory(backend.historyLog!, id)));
    } finally {
        await backend.close();
        redis.disconnect();
        await service.stop();
        await rm(folder, { recursive: true });
    }
});

it.each([undefined, { keys: [newKey('one')] }])('a backend that is chosen by URL has a history, encrypted or not', async encryption => {
    const backend = await createSessionBackend({ url: 'memory:', env: {}, history: {}, ...(encryption && { encryption }) });
    expect(backend.historyLog).toBeDefined();
    await backend.close();
    const without = await createSessionBackend({ url: 'memory:', env: {} });
    expect(without.historyLog).toBeUndefined();
    await without.close();
});
