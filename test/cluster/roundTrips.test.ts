import { describe, expect, it } from 'vitest';
import { Commands } from './support/commands.js';
import { mcpUrl, onOwnRedis } from './support/fixture.js';
import { Wire } from './support/wire.js';

const { fixture } = onOwnRedis();

async function begun(env: Record<string, string>) {
    const { nodes } = await fixture.cluster(2, env);
    const wire = new Wire(mcpUrl(nodes[0]!));
    await wire.begin();
    const commands = await Commands.listen(fixture.redis);
    return { wire, cold: wire.at(mcpUrl(nodes[1]!)), commands, take: () => commands.take(fixture.keyPrefix) };
}

describe('the commands that a request takes of Redis', () => {
    it('B3: with revalidateMs 0 each warm request costs one command, GETEX', async () => {
        const { wire, commands, take } = await begun({ REVALIDATE_MS: '0' });
        for (let n = 0; n < 20; n++) await wire.tool('echo', { text: `${n}` });
        expect(await take()).toEqual(Array(20).fill('getex'));
        commands.stop();
    });

    it('B3: a cold session is read once and extended once, however many ask for it at the same time', async () => {
        const { cold, commands, take } = await begun({ REVALIDATE_MS: '60000' });
        await Promise.all(Array.from({ length: 20 }, () => cold.request('tools/list')));
        expect((await take()).sort()).toEqual(['get', 'getex', 'pttl']);
        commands.stop();
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
