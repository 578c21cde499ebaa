const accepts = 'application/json, text/event-stream';

/** What a node answered. */
export interface Answered {
    readonly status: number;
    /** The message with an id, if there was one. */
    readonly message: { readonly result?: unknown; readonly error?: { readonly message?: string } } | undefined;
}

/** A client that speaks MCP by fetch, and goes on with one session whichever node it is sent to. */
export class DemoClient {
    sessionId: string | undefined;
    private ids = 0;

    /** Sends one request, or a notification, and reads the answer to its end. */
    async send(url: string, method: string, params: object = {}): Promise<Answered> {
        const response = await this.post(url, method, params);
        this.sessionId ??= response.headers.get('mcp-session-id') ?? undefined;
        return { status: response.status, message: messageIn(await response.text()) };
    }

    /** Begins a call, and resolves with the id of its stream's first event when the node has it. */
    async begin(url: string, method: string, params: object): Promise<string> {
        const response = await this.post(url, method, params);
        let text = '';
        const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
        for (;;) {
            const piece = await reader?.read();
            text += piece?.value ?? '';
            const [, id] = /^id: ?(.+)\n/m.exec(text) ?? [];
            if (id !== undefined || !reader || piece?.done) {
                // What comes of the connection afterwards is the point of it: the node is going to die.
                reader?.closed.catch(() => undefined);
                return id ?? '';
            }
        }
    }

    /** Comes back for a stream, as clients do whose connection broke. */
    async resume(url: string, lastEventId: string): Promise<Answered> {
        for (;;) {
            const response = await fetch(url, { headers: { ...this.headers(), 'last-event-id': lastEventId } });
            const message = messageIn(await response.text());
            if (message || response.status !== 200) {
                return { status: response.status, message };
            }
        }
    }

    async end(url: string): Promise<number> {
        return (await fetch(url, { method: 'DELETE', headers: this.headers() })).status;
    }

    private post(url: string, method: string, params: object): Promise<Response> {
        const id = method.startsWith('notifications/') ? {} : { id: ++this.ids };
        const body = JSON.stringify({ jsonrpc: '2.0', ...id, method, params });
        return fetch(url, { method: 'POST', headers: { ...this.headers(), 'content-type': 'application/json' }, body });
    }

    private headers(): Record<string, string> {
        return {
            accept: accepts,
            ...(this.sessionId !== undefined && { 'mcp-session-id': this.sessionId, 'mcp-protocol-version': '2025-11-25' })
        };
    }
}

/** The result or error in a body, be it JSON or an event stream. */
function messageIn(body: string): Answered['message'] {
    const lines = body.startsWith('{') ? [body] : [...body.matchAll(/^data: ?(\{.*)$/gm)].map(([, data]) => data ?? '');
    return lines
        .map(line => JSON.parse(line) as NonNullable<Answered['message']>)
        .find(({ result, error }) => (result ?? error) !== undefined);
}
