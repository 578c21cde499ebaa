import { fingerprint } from '@mcp-sessions/core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redis } from '../cluster/support/backends/redis.js';
import { commandOn } from '../watch/support/cliEnv.js';
import { watched } from '../watch/support/watchedCluster.js';
import { installing, Pages, patient } from './support/pages.js';
import { runCli, startCli, type RunningCli } from './support/runCli.js';

describe('mcp-sessions monitor', { timeout: 120_000 }, () => {
    const cluster = watched(redis, 3, { WATCHABLE: 'always' });
    let command: RunningCli;
    let url = '';
    let pages: Pages;

    beforeAll(async () => {
        command = startCli(...commandOn(cluster(), 'monitor'));
        pages = await Pages.start();
        await command.untilPrinted(/^http.*\n/);
        url = command.stdout.trim();
    }, installing);
    afterAll(async () => {
        await pages?.close();
        await command?.stop();
    });

    const nodeButton = (page: Page, name: string) => page.locator('.node').filter({ has: page.locator('.node-name', { hasText: name }) });

    it('P4: shows three nodes and their sessions; one that is killed is lost, and its sessions go on elsewhere', async () => {
        const page = await pages.open(url);
        const names = page.locator('.node-name');
        await expect.poll(() => names.allTextContents(), patient).toEqual(['A', 'B', 'C']);

        const wires = ['A', 'B', 'B'].map(name => cluster().clientOf(name));
        const sessions: string[] = [];
        for (const wire of wires) sessions.push(await fingerprint(await wire.begin()));
        const [, first, second] = wires;
        const stream = await first!.listen();
        await nodeButton(page, 'B').locator('.node-counts', { hasText: '2 sessions · 1 stream · 0 calls' }).waitFor();
        await nodeButton(page, 'B').click();
        const details = page.locator('#details');
        await details.getByRole('heading', { name: 'Node B' }).waitFor();
        await expect.poll(async () => (await details.locator('.chip').allTextContents()).sort(), patient).toEqual(sessions.slice(1).sort());

        await cluster().node('B').kill();
        await page.locator('.node[data-state=lost]', { hasText: 'B' }).waitFor();
        await page.locator('#store-count', { hasText: '2 at rest' }).waitFor();
        await page.locator('#events .alarming', { hasText: 'node is lost' }).waitFor();

        await first!.at(`${cluster().node('C').url}/mcp`).tool('echo', { text: 'goes on' });
        await second!.at(`${cluster().node('A').url}/mcp`).tool('echo', { text: 'goes on' });
        await page.locator('#store-count', { hasText: 'every session is held' }).waitFor();
        await nodeButton(page, 'C').locator('.node-counts', { hasText: '1 session ' }).waitFor();
        await nodeButton(page, 'A').locator('.node-counts', { hasText: '2 sessions' }).waitFor();

        // One session alone: what it went through, and where it is now.
        await page.keyboard.press('Escape');
        await page.locator('#events .chip', { hasText: sessions[1]! }).first().click();
        await details.getByRole('heading', { name: `Session ${sessions[1]}` }).waitFor();
        expect(await details.locator('.facts').textContent()).toContain('Cin memory');
        const log = await page.locator('#events li').allTextContents();
        expect(log.at(0)).toMatch(/C session restored in/);
        expect(log.at(-1)).toMatch(/B session began/);
        expect(log.every(line => line.includes(sessions[1]!))).toBe(true);
        const shown = await page.content();
        for (const wire of wires) expect(shown).not.toContain(wire.sessionId);
        stream.abort();
    });

    it('a node that takes the place of a dead one stands in its place; answers that go between nodes are seen', async () => {
        const page = await pages.open(url);
        await cluster().node('B').start();
        await expect.poll(() => page.locator('.node-state').allTextContents(), patient).toEqual(['● alive', '● alive', '● alive']);
        const wire = cluster().clientOf('A');
        await wire.begin();
        const call = await wire.call('ask', { message: 'Which word?' });
        await wire.at(`${cluster().node('C').url}/mcp`).answer(await call.next(), 'yes');
        await call.rest();
        await page.locator('#events li', { hasText: 'C answer handed over to A' }).waitFor();
    });

    it('can be used by keyboard, filtered and held; with less motion, and in the dark', async () => {
        const page = await pages.open(url, { colorScheme: 'dark', reducedMotion: 'reduce' });
        await page.locator('.node').nth(2).waitFor();
        await page.locator('.node').first().focus();
        await page.keyboard.press('Enter');
        await page.locator('#details').getByRole('heading', { name: 'Node A' }).waitFor();
        await page.keyboard.press('Tab');
        expect(await page.evaluate('document.activeElement.querySelector(".node-name").textContent')).toBe('B');
        await page.keyboard.press('Escape');
        await page.locator('#details').getByRole('heading', { name: 'Nodes' }).waitFor();

        await page.locator('#kinds').selectOption('plain');
        await page.keyboard.press('/');
        await page.locator('#filter').fill('resources/list');
        await page.locator('#events', { hasText: 'Nothing of this kind yet.' }).waitFor();
        const wire = cluster().clientOf('A');
        await wire.begin();
        await wire.tool('echo', { text: 'x' });
        await wire.request('resources/list');
        await page.locator('#events li', { hasText: 'resources/list result' }).waitFor();
        expect(await page.locator('#events li').count()).toBe(1);
        await page.locator('#hold').click();
        await wire.request('resources/list');

        expect(await page.locator('#events li').count()).toBe(1);
        await page.locator('#hold').click();
        await expect.poll(() => page.locator('#events li').count(), patient).toBe(2);
    });

    it('the pages had nothing to complain of, and say it when the command has ended', async () => {
        expect(pages.troubles).toEqual([]);
        const page = await pages.open(url);
        command.interrupt();
        expect((await command.ended).code).toBe(130);
        await page.locator('#connection[data-state=lost]').waitFor();
    });

    it('says that its port is taken', async () => {
        const taken = new URL(cluster().proxy.url).port;
        const { code, stderr } = await runCli(...commandOn(cluster(), 'monitor', '--port', taken));
        expect(code).toBe(1);
        expect(stderr).toMatch(new RegExp(`^error: The page cannot be served on port ${taken}: .*EADDRINUSE`));
    });
});
