import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
    CreateMessageResultSchema,
    ElicitResultSchema,
    type CallToolResult,
    type ElicitRequestFormParams,
    type ServerNotification,
    type ServerRequest,
    type Tool
} from '@modelcontextprotocol/sdk/types.js';
import { audio, embedded, image, text } from './content.js';
import { DEFAULTS, ENUMS, PERSON, WITH_2020_12_KEYWORDS } from './schemas.js';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
type Content = CallToolResult['content'];

export interface ToolEntry extends Tool {
    run(args: Record<string, unknown>, extra: Extra): Content | Promise<Content>;
}

const NO_ARGUMENTS = { type: 'object' as const, properties: {} };
const needs = (name: string) => ({ type: 'object' as const, properties: { [name]: { type: 'string' } }, required: [name] });
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

function tool(name: string, description: string, run: ToolEntry['run'], inputSchema: Tool['inputSchema'] = NO_ARGUMENTS): ToolEntry {
    return { name, description, inputSchema, run };
}

async function log({ sendNotification }: Extra, data: string): Promise<void> {
    await sendNotification({ method: 'notifications/message', params: { level: 'info', logger: 'conformance', data } });
}

async function reportProgress({ _meta, sendNotification }: Extra, progress: number): Promise<void> {
    const progressToken = _meta?.progressToken;
    if (progressToken === undefined) return;
    await sendNotification({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
}

async function elicit({ sendRequest }: Extra, message: string, requestedSchema: ElicitRequestFormParams['requestedSchema']) {
    const { action, content } = await sendRequest(
        { method: 'elicitation/create', params: { mode: 'form', message, requestedSchema } },
        ElicitResultSchema
    );
    return [text(`The user chose ${action}: ${JSON.stringify(content ?? {})}`)];
}

/** What the scenarios call, by the names that they call it. */
export const TOOLS: readonly ToolEntry[] = [
    tool('test_simple_text', 'Answers with text', () => [text('A line of text, and nothing else.')]),
    tool('test_image_content', 'Answers with an image', () => [image]),
    tool('test_audio_content', 'Answers with a sound', () => [audio]),
    tool('test_embedded_resource', 'Answers with a resource', () => [embedded('test://embedded-resource', 'text/plain', 'Embedded.')]),
    tool('test_multiple_content_types', 'Answers with text, an image and a resource', () => [
        text('Three kinds of content:'),
        image,
        embedded('test://mixed-content-resource', 'application/json', '{"kind":"third"}')
    ]),
    tool('test_error_handling', 'Fails', () => {
        throw new Error('This tool fails on purpose.');
    }),
    tool('test_tool_with_logging', 'Writes three log messages while it works', async (_args, extra) => {
        await log(extra, 'Begun');
        await pause(50);
        await log(extra, 'Half way');
        await pause(50);
        await log(extra, 'Done');
        return [text('Logged three times.')];
    }),
    tool('test_tool_with_progress', 'Reports progress from 0 to 100', async (_args, extra) => {
        await reportProgress(extra, 0);
        await pause(50);
        await reportProgress(extra, 50);
        await pause(50);
        await reportProgress(extra, 100);
        return [text('All 100 of 100.')];
    }),
    tool('test_reconnection', 'Ends its stream in mid-call, so that the client comes back for the result', async (_args, extra) => {
        extra.closeSSEStream?.();
        await pause(100);
        return [text('Fetched on the second connection.')];
    }),
    tool(
        'test_sampling',
        'Asks the model of the client',
        async ({ prompt }, { sendRequest }) => {
            const messages = [{ role: 'user' as const, content: text(String(prompt)) }];
            const { content } = await sendRequest(
                { method: 'sampling/createMessage', params: { messages, maxTokens: 100 } },
                CreateMessageResultSchema
            );
            return [text(`The model said: ${JSON.stringify(content)}`)];
        },
        needs('prompt')
    ),
    tool('test_elicitation', 'Asks the user', ({ message }, extra) => elicit(extra, String(message), PERSON), needs('message')),
    tool('test_elicitation_sep1034_defaults', 'Asks the user, with defaults', (_args, extra) => elicit(extra, 'Check these.', DEFAULTS)),
    tool('test_elicitation_sep1330_enums', 'Lets the user choose', (_args, extra) => elicit(extra, 'Choose.', ENUMS)),
    tool(
        'json_schema_2020_12_tool',
        'Its schema uses what JSON Schema 2020-12 brought',
        args => [text(JSON.stringify(args))],
        WITH_2020_12_KEYWORDS
    )
];
