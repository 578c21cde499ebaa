import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedis, type Service } from '../../scripts/services.mjs';
import { buildFork } from '../cluster/support/fixture.js';
import { NodeProcess } from '../support/nodeProcess.js';
import { RoundRobin } from '../support/roundRobin.js';
import { deviations, EXPECTED_FAILURES } from './baseline.js';
import { runSuite, scenarios, type ScenarioResult } from './suite.js';

const SCRIPT = fileURLToPath(new URL('./node.ts', import.meta.url));
const LOADER = new URL('../../scripts/typescript.mjs', import.meta.url).href;

let names: string[];
beforeAll(async () => {
    await buildFork();
    names = await scenarios();
});

function started(env: Record<string, string>, name = 'A'): NodeProcess {
    return new NodeProcess({ name, script: SCRIPT, execArgv: ['--import', LOADER], env });
}

function report(setUp: string, results: readonly ScenarioResult[]): void {
    const count = (...wanted: string[]) => results.flatMap(({ checks }) => checks).filter(({ status }) => wanted.includes(status)).length;
    const failed = results.filter(({ checks }) => checks.some(({ status }) => status === 'FAILURE' || status === 'WARNING')).length;
    console.log(
        `Conformance, ${setUp}: ${names.length} scenarios, ${results.length - failed} passed, ${failed} not; ` +
            `${count('SUCCESS')} checks passed, ${count('FAILURE')} failed, ${count('WARNING')} warned, ${count('SKIPPED')} skipped`
    );
}

describe('the official conformance suite, every scenario of 2025-11-25', () => {
    it.each([
        { setUp: 'one node', serve: 'handler' },
        { setUp: 'one node, transports in a map', serve: 'plain' }
    ])('D4: passes on $setUp', { timeout: 150_000 }, async ({ setUp, serve }) => {
        const node = started({ SERVE: serve });
        try {
            await node.start();
            const results = await runSuite(`${node.url}/mcp`);
            report(setUp, results);
            expect(deviations(results, names, EXPECTED_FAILURES['one node'])).toEqual([]);
        } finally {
            await node.terminate();
        }
    });

    describe('in external mode', () => {
        let redis: Service | undefined;
        let proxy: RoundRobin;
        const nodes: NodeProcess[] = [];
        beforeAll(async () => {
            redis = await openRedis();
            // Before the nodes, because they must know by which name they are called.
            proxy = await RoundRobin.start([]);
            const env = { REDIS_URL: redis.url, KEY_PREFIX: `conformance-${process.pid}:`, PROXY_HOST: new URL(proxy.url).host };
            nodes.push(...['A', 'B', 'C'].map(name => started(env, name)));
            await Promise.all(nodes.map(node => node.start()));
            proxy.targets = nodes;
        });
        afterAll(async () => {
            await Promise.all([...nodes.map(node => node.terminate()), proxy.stop()]);
            await redis?.stop();
        });

        it('D4: passes on three nodes behind round robin', { timeout: 150_000 }, async () => {
            const results = await runSuite(proxy.url);
            report('three nodes', results);
            expect(deviations(results, names, EXPECTED_FAILURES['three nodes'])).toEqual([]);
            expect(Object.values(proxy.served()).every(count => count > results.length)).toBe(true);
        });
    });

    it('D4: an expected failure that passes is itself a failure, and so is a scenario that did not run', () => {
        const passed: ScenarioResult = { scenario: 'ping', checks: [{ id: 'ping', status: 'SUCCESS', description: '' }] };
        const warned: ScenarioResult = { scenario: 'ping', checks: [{ id: 'ping', status: 'WARNING', description: '' }] };
        const entry = { scenario: 'ping', check: 'ping', reason: 'known' };
        expect(deviations([passed], ['ping'], [])).toEqual([]);
        expect(deviations([warned], ['ping'], [entry])).toEqual([]);
        expect(deviations([warned], ['ping'], [])).toHaveLength(1);
        expect(deviations([passed], ['ping'], [entry])).toHaveLength(1);
        expect(deviations([], ['ping'], [])).toHaveLength(1);
    });
});
