import { WireStream } from '../../cluster/support/wireStream.js';

/** One answer, read to its end. */
export interface Answered {
    readonly status: number;
    readonly text: string;
    readonly sessionId: string;
    readonly headers: Headers;
}

/** Sends one request of a client that speaks 2025-11-25. */
export async function request(
    url: string,
    sessionId: string | undefined,
    method: string,
    params: object = {},
    headers: Record<string, string> = {}
): Promise<Answered> {
    const response = await fetch(url, {
        method: 'POST',
        headers: {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            ...(sessionId !== undefined && { 'mcp-session-id': sessionId }),
            ...headers
        },
        body: JSON.stringify({ jsonrpc: '2.0', ...(!method.startsWith('notifications/') && { id: 1 }), method, params })
    });
    return {
        status: response.status,
        text: await response.text(),
        sessionId: response.headers.get('mcp-session-id') ?? '',
        headers: response.headers
    };
}

/** Begins a session, with `initialized`, and returns its id. */
export async function initialize(url: string, headers: Record<string, string> = {}): Promise<string> {
    const { status, sessionId, text } = await request(
        url,
        undefined,
        'initialize',
        { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'tester', version: '1' } },
        headers
    );
    if (status !== 200) throw new Error(`initialize: ${status} ${text}`);
    await request(url, sessionId, 'notifications/initialized', {}, headers);
    return sessionId;
}

/** Opens a GET stream of a client that speaks 2025-11-25. */
export function listen(url: string, sessionId: string, lastEventId?: string): Promise<WireStream> {
    const headers = {
        accept: 'text/event-stream',
        'mcp-session-id': sessionId,
        'mcp-protocol-version': '2025-11-25',
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId })
    };
    return WireStream.open(url, { headers }, lastEventId);
}
