import { createMemoryBackend, InMemorySessionStore } from '@mcp-sessions/core';
import { expect, it, vi } from 'vitest';
import { initialize, listen, request } from '../handler/support/requests.js';
import { startHandler } from './support/measuredNode.js';
import { useOpenTelemetry } from './support/openTelemetry.js';

const telemetry = useOpenTelemetry();

/** How much each metric grows. */
async function growth(names: string[], act: () => Promise<void>): Promise<Record<string, number>> {
    const count = async () => Object.fromEntries(await Promise.all(names.map(async name => [name, await telemetry.count(name)] as const)));
    const before = await count();
    await act();
    const after = await count();
    return Object.fromEntries(names.map(name => [name, (after[name] ?? 0) - (before[name] ?? 0)]));
}

const startPair = async () => {
    const backend = createMemoryBackend();
    return [
        await startHandler({ backend }),
        await startHandler({ backend: createMemoryBackend({ shareWith: backend }), revalidateMs: 0 })
    ] as const;
};

it('counts sessions from their beginning to their end', async () => {
    const [first, second] = await startPair();
    const session = (name: string) => `mcp_sessions.session.${name}`;
    let id = '';
    expect(
        await growth([session('created'), session('held')], async () => {
            id = await initialize(first.url);
        })
    ).toEqual({ [session('created')]: 1, [session('held')]: 1 });
    expect(
        await growth([session('restored'), session('restore.duration'), session('held')], async () => {
            await request(second.url, id, 'tools/list');
        })
    ).toEqual({ [session('restored')]: 1, [session('restore.duration')]: 1, [session('held')]: 1 });
    expect(
        await growth([session('ended'), 'mcp.server.session.duration', session('expired'), session('held')], async () => {
            await fetch(first.url, { method: 'DELETE', headers: { 'mcp-session-id': id } });
            await vi.waitFor(async () => expect((await request(second.url, id, 'tools/list')).status).toBe(404), 5000);
        })
    ).toEqual({ [session('ended')]: 1, 'mcp.server.session.duration': 1, [session('expired')]: 1, [session('held')]: -2 });
});

it('B1: sessions and streams that are open are counted down when a node goes', async () => {
    const { url, handler } = await startHandler();
    const gauges = ['mcp_sessions.session.held', 'mcp_sessions.stream.open'];
    expect(
        await growth(gauges, async () => {
            for (let count = 0; count < 3; count++) await listen(url, await initialize(url)).then(stream => stream.event());
        })
    ).toEqual({ 'mcp_sessions.session.held': 3, 'mcp_sessions.stream.open': 3 });
    expect(await growth(gauges, () => handler.close())).toEqual({ 'mcp_sessions.session.held': -3, 'mcp_sessions.stream.open': -3 });
});

it('measures operations by method, tool and error', async () => {
    const { url } = await startHandler();
    const duration = (attributes: Record<string, unknown>) => telemetry.count('mcp.server.operation.duration', attributes);
    const begun = await duration({ 'mcp.method.name': 'initialize', 'mcp.protocol.version': '2025-11-25' });
    const id = await initialize(url);
    await request(url, id, 'tools/list');
    await request(url, id, 'tools/call', { name: 'add', arguments: { a: 1, b: 2 } });
    await request(url, id, 'tools/call', { name: 'fail', arguments: { value: 'x' } });
    expect(await duration({ 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'add', 'error.type': undefined })).toBe(1);
    expect(await duration({ 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'fail', 'error.type': 'tool_error' })).toBe(1);
    expect(await duration({ 'mcp.method.name': 'initialize', 'mcp.protocol.version': '2025-11-25' })).toBe(begun + 1);
    const points = await telemetry.points();
    expect(points.filter(({ attributes }) => JSON.stringify(attributes).includes('fingerprint'))).toEqual([]);
    const { value, unit } = points.find(({ name }) => name === 'mcp.server.operation.duration')!;
    expect(unit).toBe('s');
    expect(value).toMatchObject({ buckets: { boundaries: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] } });
});

it('B1, O2: made-up names of methods and tools make no time series', async () => {
    const { url } = await startHandler();
    const id = await initialize(url);
    await request(url, id, 'tools/call', { name: 'none', arguments: {} });
    await request(url, id, 'made/up');
    const before = (await telemetry.points()).length;
    for (let count = 0; count < 20; count++) {
        await request(url, id, 'tools/call', { name: `none-${count}`, arguments: {} });
        await request(url, id, `made/up-${count}`);
    }
    expect((await telemetry.points()).length).toBe(before);
});

it('S8: counts what is refused, by status', async () => {
    const { url } = await startHandler({
        logger: { warn: () => undefined },
        authenticate: ({ headers }) => (headers['authorization'] ? { token: 't', clientId: 'c', scopes: [] } : null)
    });
    const refused = (status: number, method = 'POST') =>
        telemetry.count('mcp_sessions.request.refused', { 'http.response.status_code': status, 'http.request.method': method });
    const [before401, before404, before405] = [await refused(401), await refused(404), await refused(405, '_OTHER')];
    await request(url, 'unknown', 'tools/list');
    await request(url, 'unknown', 'tools/list', {}, { authorization: 'Bearer x' });
    await fetch(url, { method: 'PATCH', headers: { authorization: 'Bearer x' } });
    expect([await refused(401), await refused(404), await refused(405, '_OTHER')]).toEqual([before401 + 1, before404 + 1, before405 + 1]);
});

it('F1: measures calls of the store, and what they failed with', async () => {
    const store = new InMemorySessionStore();
    let isDown = false;
    const failing = Object.create(store, {
        getSession: {
            value: async (id: string) => {
                if (isDown) throw Object.assign(new Error('connect to 10.0.0.1'), { code: 'ECONNREFUSED' });
                return store.getSession(id);
            }
        }
    }) as InMemorySessionStore;
    const { url } = await startHandler({ backend: { sessionStore: failing } });
    const calls = (error?: string) =>
        telemetry.count('mcp_sessions.backend.call.duration', { 'mcp_sessions.backend.part': 'store', 'error.type': error });
    const before = await calls();
    await request(url, 'unknown', 'tools/list');
    expect(await calls()).toBe(before + 1);
    isDown = true;
    expect((await request(url, 'unknown', 'tools/list')).status).toBe(503);
    expect(await calls('ECONNREFUSED')).toBe(1);
});

it('L7: counts streams that are resumed, and those that a newer GET takes over', async () => {
    const [first, second] = await startPair();
    const id = await initialize(first.url);
    const names = ['mcp_sessions.stream.taken_over', 'mcp_sessions.stream.resumed'];
    expect(
        await growth(names, async () => {
            const stream = await listen(first.url, id);
            const primed = await stream.event();
            const newer = await listen(second.url, id, primed?.id);
            await vi.waitFor(async () => expect(await telemetry.count('mcp_sessions.stream.taken_over')).toBe(1), 5000);
            newer.abort();
        })
    ).toEqual({ 'mcp_sessions.stream.taken_over': 1, 'mcp_sessions.stream.resumed': 1 });
});
