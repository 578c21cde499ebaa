import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SetLevelRequestSchema, SubscribeRequestSchema, UnsubscribeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { sessionState } from '@mcp-sessions/sdk/server';
import { z } from 'zod';
import { Happenings } from './happenings.js';
import { addPlay } from './playTool.js';
import { addStreamTools } from './streamTools.js';
import { text } from './text.js';
import type { SentRecorder } from './sentRecorder.js';

/** What a server knows of its session, as the tool `state` shows it. */
export interface State {
    node: string;
    client: { name: string; version: string };
    capabilities: Record<string, unknown>;
    logLevel: string | null;
    subscriptions: string[];
    token: string | null;
    sessionId: string | null;
}

export function buildServer(nodeName: string, happenings = new Happenings(), recorder?: SentRecorder): McpServer {
    const mcp = new McpServer(
        { name: 'cluster-node', version: '1.0.0' },
        { capabilities: { logging: {}, resources: { subscribe: true, listChanged: true } } }
    );
    const { server } = mcp;
    let logLevel: string | null = null;
    const subscriptions = new Set<string>();
    server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
        logLevel = params.level;
        return {};
    });
    server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
        subscriptions.add(params.uri);
        return {};
    });
    server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
        subscriptions.delete(params.uri);
        return {};
    });

    mcp.registerTool('echo', { inputSchema: { text: z.string() } }, args => text(args.text));
    mcp.registerTool('wait', { inputSchema: { ms: z.number() } }, async ({ ms }) => {
        await new Promise(resolve => setTimeout(resolve, ms));
        return text('waited');
    });
    mcp.registerTool('state', {}, extra => {
        const state: State = {
            node: nodeName,
            client: server.getClientVersion() as State['client'],
            capabilities: server.getClientCapabilities() ?? {},
            logLevel,
            subscriptions: [...subscriptions].sort(),
            token: extra.authInfo?.token ?? null,
            sessionId: extra.sessionId ?? null
        };
        return text(JSON.stringify(state));
    });
    mcp.registerTool('tally', {}, async extra => {
        const tally = await sessionState<{ tally: number }>(extra).update('tally', (before = 0) => before + 1);
        return text(String(tally));
    });
    addStreamTools(mcp, nodeName, happenings);
    if (recorder) addPlay(mcp, recorder);
    mcp.registerResource('note', 'note://one', {}, () => ({ contents: [{ uri: 'note://one', text: 'a note' }] }));
    mcp.registerPrompt('greet', {}, () => ({ messages: [{ role: 'user', content: { type: 'text', text: 'Hello' } }] }));
    return mcp;
}
