import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { EventReader } from './eventReader.js';

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });

/** The servers of a test: what their handlers wait for, and what they have seen. */
export class Stage {
    readonly aborted: unknown[] = [];
    readonly progress: unknown[] = [];
    private readonly doors = new Map<string, () => void>();
    private readonly opened = new Set<string>();

    open(door: string): void {
        this.opened.add(door);
        this.doors.get(door)?.();
    }

    async wait(door: string): Promise<void> {
        if (!this.opened.has(door)) await new Promise<void>(resolve => this.doors.set(door, resolve));
    }

    /** Tools that ask, speak, hang, and tell what belongs to no request. */
    readonly furnish = (server: McpServer): void => {
        server.registerTool('ask', { inputSchema: { message: z.string() } }, async ({ message }, extra) => {
            const answer = await extra.sendRequest(
                { method: 'elicitation/create', params: { message, requestedSchema: { type: 'object', properties: {} } } },
                z.object({ action: z.string(), content: z.object({ word: z.string() }) }),
                { onprogress: progress => void this.progress.push(progress.progress) }
            );
            return text(answer.content.word);
        });
        server.registerTool(
            'say',
            { inputSchema: { words: z.array(z.string()), door: z.string().optional() } },
            async ({ words, door }, extra) => {
                for (const [index, word] of words.entries()) {
                    await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data: word } });
                    if (index === 0 && door) await this.wait(door);
                }
                return text('said');
            }
        );
        server.registerTool('hang', { inputSchema: { name: z.string() } }, async ({ name }, extra) => {
            this.open(`hanging ${name}`);
            await new Promise<void>(resolve => extra.signal.addEventListener('abort', () => resolve()));
            this.aborted.push(name);
            this.open(`aborted ${name}`);
            return text('never');
        });
        server.registerTool('tell', { inputSchema: { words: z.array(z.string()) } }, async ({ words }) => {
            for (const word of words) {
                await server.server.notification({ method: 'notifications/message', params: { level: 'info', data: word } });
            }
            return text('told');
        });
    };
}

export const data = (message: Record<string, unknown>) => (message['params'] as { data: unknown } | undefined)?.data;

export const resultText = (message: Record<string, unknown> | undefined) =>
    (message?.['result'] as { content: { text: string }[] } | undefined)?.content[0]?.text;

/** All messages of an answer. */
export const finish = async (response: Response | Promise<Response>) => new EventReader(await response).rest();
