import { describe, expect, it } from 'vitest';
import { FaultProxy } from '../support/faultProxy.js';
import { Commands } from './support/commands.js';
import { mcpUrl, onOwnRedis } from './support/fixture.js';
import { Wire } from './support/wire.js';

const { fixture, server } = onOwnRedis();

async function begun(env: Record<string, string>) {
    const { nodes } = await fixture.cluster(2, env);
    const wire = new Wire(mcpUrl(nodes[0]!));
    await wire.begin();
    const commands = await Commands.listen(fixture.redis);
    return { wire, cold: wire.at(mcpUrl(nodes[1]!)), commands, take: () => commands.take(fixture.keyPrefix) };
}

describe('what a request costs at the store', () => {
    it('B3: a warm request costs nothing within revalidateMs', async () => {
        const { wire, commands, take } = await begun({ REVALIDATE_MS: '60000' });
        for (let n = 0; n < 50; n++) await wire.tool('echo', { text: `${n}` });
        await Promise.all(Array.from({ length: 50 }, () => wire.request('tools/list')));
        expect(await take()).toEqual([]);
        commands.stop();
    });

    it('B3: with revalidateMs 0 each warm request costs one command, GETEX', async () => {
        const { wire, commands, take } = await begun({ REVALIDATE_MS: '0' });
        for (let n = 0; n < 20; n++) await wire.tool('echo', { text: `${n}` });
        expect(await take()).toEqual(Array(20).fill('getex'));
        commands.stop();
    });

    it('B3: requests that come together share one revalidation', async () => {
        const { wire, commands, take } = await begun({ REVALIDATE_MS: '1' });
        await new Promise(resolve => setTimeout(resolve, 5));
        await Promise.all(Array.from({ length: 40 }, () => wire.request('tools/list')));
        const names = await take();
        expect(new Set(names)).toEqual(new Set(['getex']));
        expect(names.length).toBeLessThan(40);
        commands.stop();
    });

    it('B3: a cold session is read once and extended once, however many ask for it at the same time', async () => {
        const { cold, commands, take } = await begun({ REVALIDATE_MS: '60000' });
        await Promise.all(Array.from({ length: 20 }, () => cold.request('tools/list')));
        expect((await take()).sort()).toEqual(['get', 'pexpire', 'pttl']);
        commands.stop();
    });

    it('B3: a cold request waits for one round trip only before its handler runs', async () => {
        const proxy = await FaultProxy.start(server().port);
        try {
            const { wire, cold } = await begun({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REVALIDATE_MS: '60000' });
            // Node B has its connection to Redis, and nothing of the session.
            const other = new Wire(cold.url);
            await other.begin();
            await proxy.set({ answeredTurns: 1 });
            expect(await cold.tool('echo', { text: 'one round trip' })).toBe('one round trip');
            expect(await wire.tool('echo', { text: 'none' })).toBe('none');
        } finally {
            await proxy.stop();
        }
    });

    it('B3: initialize costs one command, and so does each change of the session', async () => {
        const { wire, commands, take } = await begun({ REVALIDATE_MS: '60000' });
        const fresh = new Wire(wire.url);
        await fresh.initialize();
        expect(await take()).toEqual(['set']);
        await fresh.notify('notifications/initialized');
        await fresh.request('logging/setLevel', { level: 'error' });
        await fresh.request('logging/setLevel', { level: 'error' });
        expect((await take()).filter(name => name.startsWith('eval'))).toHaveLength(2);
        commands.stop();
    });
});
