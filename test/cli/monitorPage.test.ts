import { request } from 'node:http';
import type { WatchedNode } from '@mcp-sessions/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PageServer } from '../../packages/cli/src/monitor/pageServer.js';
import { Picture } from '../../packages/cli/src/monitor/picture.js';
import { NodeNames } from '../../packages/cli/src/watch/nodeNames.js';
import { installing, Pages, patient } from './support/pages.js';

const node = (name: string, sessions: string[], more: Partial<WatchedNode> = {}): WatchedNode => ({
    ...{ id: `id-of-node-${name}`, name, uptimeMs: 1000, isDraining: false, streams: 0, calls: 0, requests: 0, messages: 0, answers: {} },
    sessionCount: sessions.length,
    sessions: sessions.map(session => ({ session, isListening: false, calls: 0 })),
    ...more
});
const named = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `s${String(from + index).padStart(7, '0')}`);

describe('the page of the monitor', { timeout: 120_000 }, () => {
    let server: PageServer;
    let picture: Picture;
    let pages: Pages;
    beforeAll(async () => {
        pages = await Pages.start();
    }, installing);
    afterAll(() => pages?.close());
    beforeEach(async () => {
        picture = new Picture('redis', new NodeNames());
        server = await PageServer.start(0, () => picture.message);
    });
    afterEach(() => server.close());
    const tell = (...nodes: WatchedNode[]) => {
        for (const each of nodes) {
            picture.note(each);
            server.send('node', each);
        }
    };

    it('shows 1,000 sessions on each of three nodes in a document that stays small', async () => {
        const page = await pages.open(server.url);
        const all = named(1000);
        tell(node('A', all), node('B', all), node('C', all));
        await expect.poll(() => page.locator('#count-sessions').textContent(), patient).toBe('1000');
        await page
            .locator('.node')
            .first()
            .click({ position: { x: 5, y: 5 } });
        await page.locator('.chips .more', { hasText: 'and 880 more' }).waitFor();
        const events = named(1000).map(session => ({
            at: Date.now(),
            node: 'id-of-node-A',
            name: 'A',
            event: 'session-created',
            text: 'began',
            session
        }));
        server.send('events', events);
        await page.locator('#events .chip', { hasText: 's0000999' }).waitFor();
        expect(Number(await page.evaluate('document.querySelectorAll("*").length'))).toBeLessThan(2500);
        // All of one node fall, and half of them rise to another.
        server.send('lost', { id: 'id-of-node-A', how: 'silent' });
        tell(node('B', all.slice(0, 500)), node('C', []));
        await page.locator('#store-count', { hasText: '500 at rest' }).waitFor();
    });

    it('forgets sessions that have ended, and none that a report leaves out for their number', async () => {
        const page = await pages.open(server.url);
        tell(node('A', ['one', 'two']), node('B', []), node('C', []));
        await expect.poll(() => page.locator('#count-sessions').textContent(), patient).toBe('2');
        server.send('events', [{ at: 1, node: 'id-of-node-A', name: 'A', event: 'session-ended', text: 'session ended', session: 'one' }]);
        // It was under way before the node knew.
        tell(node('A', ['one', 'two']), node('C', ['three'], { sessionCount: 2000 }));
        tell(node('A', ['two']), node('C', ['four'], { sessionCount: 2000 }));
        await expect.poll(() => page.locator('#count-sessions').textContent(), patient).toBe('3');
        expect(await page.locator('#store-count').textContent()).toBe('every session is held by a node');
    });

    it('names what somebody else chose as text', async () => {
        const page = await pages.open(server.url);
        tell(node('<img src=x onerror=alert(1)>', ['<b>bold']));
        await page.locator('.node-name', { hasText: '<img src=x onerror=alert(1)>' }).waitFor();
        expect(await page.locator('img, b').count()).toBe(0);
    });

    it('finds its server again, and begins anew', async () => {
        const page = await pages.open(server.url, { reducedMotion: 'reduce' });
        tell(node('A', []));
        await page.locator('#connection[data-state=live]').waitFor();
        server.disconnect();
        await page.locator('#connection[data-state=lost]').waitFor();
        await page.locator('#connection[data-state=live]').waitFor();
        // The connection that was cut is an error to the browser.
        expect(pages.troubles.filter(text => !text.includes('ERR_'))).toEqual([]);
    });

    const status = async (path: string, headers: Record<string, string> = {}, method = 'GET') =>
        new Promise<{ status: number | undefined; policy: string | undefined }>((resolve, reject) => {
            request(new URL(path, server.url), { method, headers }, res => {
                res.resume();
                resolve({ status: res.statusCode, policy: res.headers['content-security-policy'] as string | undefined });
                res.destroy();
            })
                .on('error', reject)
                .end();
        });

    it('serves who has its address, under the name of this machine, and nothing but its own files', async () => {
        const { host } = new URL(server.url);
        expect((await status('.')).status).toBe(200);
        expect((await status('.')).policy).toContain("default-src 'none'");
        expect((await status('live', { host: `localhost:${new URL(server.url).port}` })).status).toBe(200);
        for (const path of [
            '/',
            '/live',
            `/${'x'.repeat(24)}/live`,
            `/${'x'.repeat(24)}/`,
            'no-such-file',
            '..%2fpackage.json',
            'page/../main.js/x'
        ]) {
            expect((await status(path)).status, path).toBe(404);
        }
        for (const name of ['evil.example', `evil.example:${new URL(server.url).port}`, '127.0.0.1', `${host}.evil.example`]) {
            expect((await status('.', { host: name })).status, name).toBe(403);
        }
        const foreign = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
        expect((await status('live', foreign)).status).toBe(403);
        expect((await status('.', {}, 'POST')).status).toBe(405);
    });
});
