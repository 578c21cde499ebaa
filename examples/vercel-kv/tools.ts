import { setTimeout as pause } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { sessionState } from '@modelcontextprotocol/sdk/server';
import { ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

export function buildServer(): McpServer {
    const server = new McpServer({ name: 'functions', version: '1.0.0' });

    server.registerTool('add', { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => text(a + b));

    server.registerTool('note', { inputSchema: { note: z.string() } }, async ({ note }, extra) => {
        const notes = await sessionState<{ notes: string[] }>(extra).update('notes', (before = []) => [...before, note]);
        return text(notes?.length);
    });

    // The user's answer comes to another function, while this one waits.
    server.registerTool('paint', {}, async ({ sendRequest }) => {
        const requestedSchema = { type: 'object' as const, properties: { colour: { type: 'string' as const } } };
        const question = { method: 'elicitation/create' as const, params: { message: 'Which colour?', requestedSchema } };
        const { content } = await sendRequest(question, ElicitResultSchema);
        return text(content?.colour);
    });

    // As ordinary tools are: the stream of the call is open until the result.
    server.registerTool('render', { inputSchema: { frames: z.number() } }, async ({ frames }, { _meta, sendNotification }) => {
        for (let progress = 1; progress <= frames; progress++) {
            await pause(500);
            const progressToken = _meta?.progressToken;
            if (progressToken !== undefined) {
                await sendNotification({ method: 'notifications/progress', params: { progressToken, progress, total: frames } });
            }
        }
        return text(frames);
    });

    // #region poll
    server.registerTool('report', {}, async extra => {
        // The answer ends here. The client comes back with `Last-Event-ID`, to another function, until it has the result.
        extra.closeSSEStream?.();
        await pause(2000);
        return text('written');
    });
    // #endregion poll

    // #region slices
    server.registerTool('crawl', { inputSchema: { pages: z.number() } }, async ({ pages }, extra) => {
        const state = sessionState<{ crawled: number }>(extra);
        const end = Date.now() + 3000;
        let crawled = (await state.get('crawled')) ?? 0;
        while (crawled < pages && Date.now() < end) {
            await pause(500);
            await state.set('crawled', ++crawled);
        }
        return text(crawled < pages ? `${crawled} of ${pages}: call again` : 'done');
    });
    // #endregion slices
    return server;
}

function text(value: unknown): { content: [{ type: 'text'; text: string }] } {
    return { content: [{ type: 'text', text: String(value) }] };
}
