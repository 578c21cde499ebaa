import { InMemorySessionStore } from '@mcp-sessions/core';
import { expect, it, vi } from 'vitest';
import { FetchNode, initialize } from './fetchNode.js';

it('P1: transports without a handler warn once for all of them where a session is bound to the client alone', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const sessionStore = new InMemorySessionStore();
    for (const name of ['A', 'B']) {
        const response = await new FetchNode(name, { sessionStore }).fetch(initialize(), { token: 'secret', clientId: 'c', scopes: [] });
        expect(response.status).toBe(200);
        await response.text();
    }
    expect(warn.mock.calls).toHaveLength(1);
    expect(warn.mock.calls[0]?.[0]).toMatch(/subject.*bind/s);
    expect(warn.mock.calls[0]?.[0]).not.toContain('secret');
    warn.mockRestore();
});
