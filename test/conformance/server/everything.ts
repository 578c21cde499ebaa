import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
    CallToolRequestSchema,
    CompleteRequestSchema,
    ErrorCode,
    GetPromptRequestSchema,
    ListPromptsRequestSchema,
    ListResourcesRequestSchema,
    ListResourceTemplatesRequestSchema,
    ListToolsRequestSchema,
    McpError,
    ReadResourceRequestSchema,
    SubscribeRequestSchema,
    UnsubscribeRequestSchema
} from '@modelcontextprotocol/sdk/types.js';
import { text } from './content.js';
import { PROMPTS } from './prompts.js';
import { readResource, RESOURCES, TEMPLATES } from './resources.js';
import { TOOLS } from './tools.js';

const CAPABILITIES = { tools: {}, prompts: {}, resources: { subscribe: true }, completions: {}, logging: {} };

function found<T>(entry: T | undefined, what: string): T {
    if (entry === undefined) throw new McpError(ErrorCode.InvalidParams, `There is no such ${what}.`);
    return entry;
}

/** A server that has what the scenarios of the conformance suite ask for. */
export function buildServer(): Server {
    const server = new Server({ name: 'conformance', version: '1.0.0' }, { capabilities: CAPABILITIES });

    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: TOOLS.map(({ run: _run, ...tool }) => tool) }));
    server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
        const { run } = found(
            TOOLS.find(({ name }) => name === params.name),
            'tool'
        );
        try {
            return { content: await run(params.arguments ?? {}, extra) };
        } catch (error) {
            return { isError: true, content: [text(error instanceof Error ? error.message : String(error))] };
        }
    });

    server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: PROMPTS.map(({ fill: _fill, ...prompt }) => prompt) }));
    server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
        const { description, fill } = found(
            PROMPTS.find(({ name }) => name === params.name),
            'prompt'
        );
        return { description, messages: fill(params.arguments ?? {}).map(content => ({ role: 'user' as const, content })) };
    });
    server.setRequestHandler(CompleteRequestSchema, ({ params }) => {
        const values = ['testing', 'tested', 'other'].filter(value => value.startsWith(params.argument.value));
        return { completion: { values, total: values.length, hasMore: false } };
    });

    server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [...RESOURCES] }));
    server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: [...TEMPLATES] }));
    server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => ({ contents: found(readResource(params.uri), 'resource') }));
    const subscriptions = new Set<string>();
    server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
        subscriptions.add(params.uri);
        return {};
    });
    server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
        subscriptions.delete(params.uri);
        return {};
    });
    return server;
}
