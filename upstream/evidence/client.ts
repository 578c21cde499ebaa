import { initializeParams } from './initializeParams.js';
import type { EvidenceNode } from './nodes.js';
import type { SettingName } from './node/settings.js';
import { until, within } from './patience.js';
import { Reply } from './reply.js';

export interface CallOptions {
    readonly args?: Readonly<Record<string, string>>;
    readonly id?: number;
}

/** A client in plain HTTP, which sends each request to the node that a situation chooses. */
export class Client {
    #sessionId = '';
    #lastId = 0;

    constructor(
        readonly setting: SettingName,
        readonly protocolVersion = '2025-06-18'
    ) {}

    get sessionId(): string {
        return this.#sessionId;
    }

    /** Sends `initialize`; the session goes on with the id in the reply. */
    async initialize(node: EvidenceNode): Promise<Reply> {
        const params = initializeParams(this.protocolVersion);
        const reply = await this.post(node, { id: this.#lastId++, method: 'initialize', params });
        this.#sessionId = reply.header('mcp-session-id') ?? '';
        return reply.whole();
    }

    /** Initializes the session and confirms it. */
    async begin(node: EvidenceNode): Promise<this> {
        await this.initialize(node);
        await this.post(node, { method: 'notifications/initialized' });
        return this;
    }

    call(node: EvidenceNode, tool: string, { args = {}, id = this.#lastId++ }: CallOptions = {}): Promise<Reply> {
        return this.post(node, { id, method: 'tools/call', params: { name: tool, arguments: args } });
    }

    /** Calls a tool that waits or asks, and resolves when it runs. */
    async begun(node: EvidenceNode, tool: string, label: string, options: CallOptions = {}): Promise<Reply> {
        const reply = await this.call(node, tool, { ...options, args: { ...options.args, label } });
        await until(() => this.callState(node, label), `the call ${label}`);
        return reply;
    }

    /** Whether a call runs, or how it ended. */
    async callState(node: EvidenceNode, label: string): Promise<string | undefined> {
        return (await node.state(this.sessionId)).calls[label];
    }

    /** Answers the question of that id. */
    answer(node: EvidenceNode, id: unknown, answer: string): Promise<Reply> {
        return this.post(node, { id, result: { action: 'accept', content: { answer } } });
    }

    /** Calls the tool `wait` until the signal says to go away. In JSON response mode there is no reply before the call ends. */
    wait(node: EvidenceNode, label: string, signal: AbortSignal): Promise<Reply> {
        return this.post(node, { id: this.#lastId++, method: 'tools/call', params: { name: 'wait', arguments: { label } } }, signal);
    }

    post(node: EvidenceNode, message: object, signal?: AbortSignal): Promise<Reply> {
        const headers = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
        return this.#fetch(node, {
            method: 'POST',
            headers,
            body: JSON.stringify({ jsonrpc: '2.0', ...message }),
            ...(signal && { signal })
        });
    }

    /** Opens the standalone stream, or the stream of the event. */
    get(node: EvidenceNode, lastEventId?: string): Promise<Reply> {
        const headers = { accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) };
        return this.#fetch(node, { method: 'GET', headers });
    }

    delete(node: EvidenceNode): Promise<Reply> {
        return this.#fetch(node, { method: 'DELETE', headers: {} });
    }

    async #fetch(node: EvidenceNode, request: RequestInit & { method: string; headers: Record<string, string> }): Promise<Reply> {
        const session = this.#sessionId === '' ? {} : { 'mcp-session-id': this.#sessionId, 'mcp-protocol-version': this.protocolVersion };
        const headers = { ...request.headers, ...session };
        const response = fetch(`${node.url}/${this.setting}`, { ...request, headers });
        return new Reply(await within(response, `the answer to a ${request.method}`));
    }
}
