// Takes the picture of the monitor for the documents, in the middle of a small scenario: a node is killed, and its sessions move.
//
//   node scripts/monitorScreenshot.mjs [light|dark] [file]

import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import './typescript.mjs';
import '../test/support/onSources.mjs';
import { chromiumProgram } from './services.mjs';

const { redis } = await import('../test/cluster/support/backends/redis.ts');
const { WatchedCluster } = await import('../test/watch/support/watchedCluster.ts');
const { Traffic } = await import('../test/watch/support/traffic.ts');
const { startCli } = await import('../test/cli/support/runCli.ts');

const [scheme = 'light', file = fileURLToPath(new URL('../docs/monitor.png', import.meta.url))] = process.argv.slice(2);
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

const cluster = await WatchedCluster.start(redis, 3, { WATCHABLE: 'always' });
const traffic = new Traffic(cluster);
const { REDIS_URL = '', KEY_PREFIX = '' } = cluster.backend.env;
const command = startCli(['monitor', '--prefix', KEY_PREFIX], { env: { REDIS_URL } });
const browser = await chromium.launch({ executablePath: chromiumProgram({ say: console.error }), args: ['--no-sandbox'] });
try {
    await command.untilPrinted(/^http.*\n/);
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: scheme });
    page.on('pageerror', error => console.error(error));
    page.on('console', message => message.type() === 'error' && console.error(message.text()));
    await page.goto(command.stdout.trim());
    await traffic.begin({ A: 11, B: 14, C: 9 });
    traffic.flow();
    await pause(15_000);
    const [first] = traffic.of('A');
    await cluster.node('B').kill();
    const moving = traffic.of('B');
    await page.locator('.node[data-state=lost]').waitFor({ timeout: 20_000 });
    for (const [index, visitor] of moving.slice(0, 4).entries()) await visitor.moveTo(index % 2 === 1 ? 'A' : 'C');
    await first?.beAsked('C');
    await page.locator('#events li', { hasText: 'answer handed over' }).waitFor();
    const moves = Promise.all(moving.slice(4, 10).map((visitor, index) => visitor.moveTo(index % 2 === 1 ? 'A' : 'C')));
    await page.locator('#store-count', { hasText: /^[4-6] at rest/ }).waitFor();
    await page.screenshot({ path: file });
    await moves;
    console.log(file);
} finally {
    await browser.close();
    await command.stop();
    await traffic.end();
    await cluster.stop();
}
