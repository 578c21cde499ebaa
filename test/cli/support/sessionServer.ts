import { fingerprint, type AuthInfo, type SessionHandlerOptions } from '@mcp-sessions/core';
import { HandlerNode } from '../../handler/support/handlerNode.js';
import { request } from '../../handler/support/requests.js';

/** Whose token begins with it. */
export interface BegunSession {
    readonly id: string;
    /** By which it is listed. */
    readonly fingerprint: string;
}

/** A real handler over a backend, and clients of it. Users are known by `Authorization: Bearer <name>`. */
export class SessionServer {
    private constructor(readonly node: HandlerNode) {}

    static async start(options: SessionHandlerOptions): Promise<SessionServer> {
        const authenticate: SessionHandlerOptions['authenticate'] = ({ headers }) => authOf(String(headers['authorization'] ?? ''));
        return new SessionServer(await HandlerNode.start({ authenticate, ...options }));
    }

    get url(): string {
        return this.node.url;
    }

    /** Begins a session of a client with this name. */
    async begin(client = 'tester', user = 'ann', initialized = true): Promise<BegunSession> {
        const headers = { authorization: `Bearer ${user}` };
        const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: client, version: '1.2' } };
        const { status, sessionId, text } = await request(this.url, undefined, 'initialize', params, headers);
        if (status !== 200) throw new Error(`initialize: ${status} ${text}`);
        if (initialized) await request(this.url, sessionId, 'notifications/initialized', {}, headers);
        return { id: sessionId, fingerprint: await fingerprint(sessionId) };
    }

    /** What a request of a session is answered with. */
    async statusOf(id: string, user = 'ann'): Promise<number> {
        return (await request(this.url, id, 'ping', {}, { authorization: `Bearer ${user}` })).status;
    }

    async stop(): Promise<void> {
        await this.node.stop();
    }
}

function authOf(authorization: string): AuthInfo | null {
    const [, name] = /^Bearer (.+)$/.exec(authorization) ?? [];
    return name === undefined ? null : { token: name, clientId: name, scopes: [] };
}
