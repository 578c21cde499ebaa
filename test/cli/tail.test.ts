import { fingerprint } from '@mcp-sessions/core';
import { afterEach, describe, expect, it } from 'vitest';
import { redis } from '../cluster/support/backends/redis.js';
import { commandOn } from '../watch/support/cliEnv.js';
import { watched } from '../watch/support/watchedCluster.js';
import { runCli, startCli, type RunningCli } from './support/runCli.js';

describe('mcp-sessions tail', { timeout: 120_000 }, () => {
    const cluster = watched(redis, 2, { WATCHABLE: 'always', HISTORY: '1' });
    const commands: RunningCli[] = [];
    const tail = (...words: string[]): RunningCli => {
        const command = startCli(...commandOn(cluster(), 'tail', ...words));
        commands.push(command);
        return command;
    };
    afterEach(async () => {
        await Promise.all(commands.splice(0).map(command => command.stop()));
    });
    const json = ({ stdout }: RunningCli) =>
        stdout
            .trim()
            .split('\n')
            .map(line => JSON.parse(line) as Record<string, unknown>);

    it('P4: prints what happens on all nodes, a node that is killed and where a session goes on, by fingerprints', async () => {
        const command = tail();
        await command.untilPrinted(/A +node is there[^]*B +node is there|B +node is there[^]*A +node is there/);
        const wire = cluster().clientOf('B');
        const id = await wire.begin();
        const session = await fingerprint(id);
        await command.untilPrinted(new RegExp(`\\d\\d:\\d\\d:\\d\\d\\.\\d{3}  B +${session}  session began`));
        await wire.tool('echo', { text: 'told to nobody' });
        await command.untilPrinted(/tools\/call result in [\d.]+ ms/);
        await cluster().node('B').kill();
        await command.untilPrinted(/B +node is lost: nothing is heard of it/);
        await wire.at(`${cluster().node('A').url}/mcp`).tool('echo', { text: 'again' });
        await command.untilPrinted(new RegExp(`A +${session}  session restored in`));
        command.interrupt();
        const { code, stdout, stderr } = await command.ended;
        expect(code).toBe(130);
        expect(stderr).toBe('watching all nodes; Ctrl-C ends it\n');
        expect(stdout).not.toContain(id);
        expect(stdout).not.toContain('told to nobody');
        // Neither requests nor beginnings of calls, which say what their ends say.
        expect(stdout).not.toMatch(/POST|…/);
        await cluster().node('B').start();
    });

    it('prints one session alone, as JSON, with each request', async () => {
        const [one, other] = [cluster().clientOf('A'), cluster().clientOf('A')];
        const session = await fingerprint(await one.begin());
        await other.begin();
        const command = tail(session, '--all', '--json', '--node', 'A');
        await command.untilPrinted(/node-seen/);
        await other.tool('echo', { text: 'x' });
        await one.tool('echo', { text: 'y' });
        await command.untilPrinted(/"request"/);
        const events = json(command).slice(1);
        expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['call-started', 'call-ended', 'request']));
        const common = { time: expect.stringMatching(/^\d{4}-.*Z$/) as string, node: 'A', nodeId: expect.any(String) as string, session };
        expect(events[0]).toEqual({ ...common, event: 'call-started', method: 'tools/call' });
        expect(events.every(event => event['session'] === session)).toBe(true);
    });

    it('prints chosen events only', async () => {
        const command = tail('--event', 'session-ended', '--json');
        // It says nothing until one comes, so they are made until it hears.
        const heard = command.untilPrinted(/session-ended/);
        let isHeard = false;
        void heard.then(() => (isHeard = true));
        while (!isHeard) {
            const wire = cluster().clientOf('A');
            await wire.begin();
            await wire.end();
            await new Promise(resolve => setTimeout(resolve, 50));
        }
        expect(new Set(json(command).map(({ event }) => event))).toEqual(new Set(['session-ended']));
    });

    it('prints what is said in a session to who asks for it, with the rights of the store', async () => {
        const wire = cluster().clientOf('A');
        await wire.begin();
        const command = tail(wire.sessionId ?? '', '--messages');
        await command.untilPrinted(/→ .*"initialize"/);
        await wire.tool('echo', { text: 'well said' });
        await command.untilPrinted(/→ .*tools\/call.*well said[^]*← .*"well said"/);
    });

    it('says what is wrong', async () => {
        const env = commandOn(cluster())[1];
        expect(await runCli(['tail', '--messages'], env)).toMatchObject({ code: 2, stderr: 'error: --messages needs a session\n' });
        expect((await runCli(['tail', '--event', 'nothing'], env)).code).toBe(2);
        expect(await runCli(...commandOn(cluster(), 'tail', 'no-such-session-there-is'))).toMatchObject({ code: 1, stdout: '' });
    });
});
