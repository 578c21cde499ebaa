import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra, RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type { Happenings } from './happenings.js';
import { text } from './text.js';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** What a question came to, as the tools `ask`, `sample` and `roots` show it. */
export interface Answered {
    /** The node that asked. */
    node: string;
    answer: unknown;
}

export const requestedSchema = { type: 'object' as const, properties: { word: { type: 'string' as const } } };

export const log = (data: string) => ({ method: 'notifications/message' as const, params: { level: 'info' as const, data } });

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

/** Adds tools that use a session's streams: they ask the client, speak while they work, hang, and close connections. */
export function addStreamTools(mcp: McpServer, nodeName: string, happenings: Happenings): void {
    const { server } = mcp;
    /** `standalone`: not tied to the call, so on the session's standalone stream. */
    const question = { message: z.string(), standalone: z.boolean().optional() };
    const optionsOf = (extra: Extra, standalone = false): RequestOptions => ({
        onprogress: ({ progress }) => void happenings.progress.push(progress),
        signal: extra.signal,
        ...(!standalone && { relatedRequestId: extra.requestId })
    });
    const answered = (answer: unknown) => text(JSON.stringify({ node: nodeName, answer } satisfies Answered));

    mcp.registerTool('ask', { inputSchema: question }, async ({ message, standalone }, extra) => {
        const { action, content } = await server.elicitInput({ message, requestedSchema }, optionsOf(extra, standalone));
        return answered(action === 'accept' ? content?.['word'] : action);
    });
    mcp.registerTool('sample', { inputSchema: question }, async ({ message, standalone }, extra) => {
        const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: message } }];
        const { content } = await server.createMessage({ messages, maxTokens: 10 }, optionsOf(extra, standalone));
        return answered(content.type === 'text' ? content.text : undefined);
    });
    mcp.registerTool('roots', { inputSchema: { standalone: question.standalone } }, async ({ standalone }, extra) => {
        const { roots } = await server.listRoots({}, optionsOf(extra, standalone));
        return answered(roots.map(root => root.uri));
    });

    mcp.registerTool(
        'count',
        { inputSchema: { name: z.string(), to: z.number(), intervalMs: z.number().optional(), asProgress: z.boolean().optional() } },
        async ({ name, to, intervalMs, asProgress }, extra) => {
            const progressToken = extra._meta?.progressToken ?? name;
            for (let n = 1; n <= to; n++) {
                await extra.sendNotification(
                    asProgress
                        ? { method: 'notifications/progress', params: { progressToken, progress: n, message: `${name}-${n}` } }
                        : log(`${name}-${n}`)
                );
                if (intervalMs !== undefined) await pause(intervalMs);
            }
            return text(`${name} is done`);
        }
    );
    mcp.registerTool('notify', { inputSchema: { name: z.string(), to: z.number() } }, async ({ name, to }) => {
        for (let n = 1; n <= to; n++) await server.notification(log(`${name}-${n}`));
        return text(`${name} is done`);
    });
    mcp.registerTool('hang', { inputSchema: { name: z.string() } }, async ({ name }, extra) => {
        happenings.hanging.push(name);
        await new Promise<void>(resolve => extra.signal.addEventListener('abort', () => resolve(), { once: true }));
        happenings.aborted.push(name);
        return text(`${name} was aborted`);
    });
    mcp.registerTool(
        'cut',
        { inputSchema: { name: z.string(), before: z.number(), after: z.number(), pauseMs: z.number().optional() } },
        async ({ name, before, after, pauseMs = 0 }, extra) => {
            for (let n = 1; n <= before; n++) await extra.sendNotification(log(`${name}-${n}`));
            extra.closeSSEStream?.();
            await pause(pauseMs);
            for (let n = before + 1; n <= before + after; n++) await extra.sendNotification(log(`${name}-${n}`));
            return text(`${name} is done`);
        }
    );
    mcp.registerTool('closeStandalone', {}, extra => {
        extra.closeStandaloneSSEStream?.();
        return text('closed');
    });
}
