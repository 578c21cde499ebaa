import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { Fixture } from '../cluster/support/fixture.js';
import { workspace } from '../packed/support/scratch.js';
import { openExample } from './support/example.js';
import { startHAProxy } from './support/haproxy.js';
import { readCompose, readManifests, type Compose, type Manifests } from './support/kubernetesFiles.js';
import { imageOf, Pod } from './support/pod.js';
import { openSchemas, type Schemas } from './support/schemas.js';
import { Service, type Endpoint } from './support/service.js';
import { startTraffic } from './support/traffic.js';

const example = openExample('kubernetes');
const composeFile = join(workspace, 'examples/compose.yaml');
let redis: PrivateRedis;
let schemas: Schemas;
let manifests: Manifests;
let compose: Compose;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
    [redis, schemas] = await Promise.all([startPrivateRedis(), openSchemas()]);
    manifests = readManifests(schemas, readFileSync(join(example.folder, 'manifests.yaml'), 'utf8'));
    compose = readCompose(schemas, readFileSync(composeFile, 'utf8'));
});
afterEach(async () => {
    await example.stop();
    await Promise.all(ends.splice(0).map(end => end()));
});
afterAll(() => Promise.all([redis.stop(), schemas.remove()]));

async function startPod(name: string, env: Record<string, string>): Promise<Pod> {
    const pod = await Pod.start(name, example.folder, { ...env, REDIS_URL: redis.url });
    ends.push(() => pod.kill());
    return pod;
}

describe('the manifests', () => {
    it('are what Kubernetes takes, and a misspelt field would not be', () => {
        for (const object of manifests.objects) expect(schemas.ofKubernetes(object)).toBe('');
        const [deployment] = manifests.objects;
        const misspelt = JSON.stringify(deployment).replace('"maxUnavailable"', '"maxUnavailble"');
        expect(schemas.ofKubernetes(JSON.parse(misspelt) as never)).toContain('maxUnavailble');
        const incomplete = JSON.stringify(deployment).replace('"selector"', '"selectors"');
        expect(schemas.ofKubernetes(JSON.parse(incomplete) as never)).toContain('selector');
    });

    it('F5: leave a pod the time that it takes to go', () => {
        const { NOTICE_MS, GRACE_MS } = manifests.env;
        const neededMs = manifests.preStopMs + Number(NOTICE_MS) + Number(GRACE_MS);
        expect(manifests.terminationGraceMs).toBeGreaterThanOrEqual(neededMs + 2000);
        expect(compose.stopGraceMs).toBeGreaterThanOrEqual(Number(compose.env['NOTICE_MS']) + Number(compose.env['GRACE_MS']) + 2000);
    });

    it('name the same pods, ports and secrets', () => {
        const { deployment, service, budget, container } = manifests;
        const { labels } = deployment.spec.template.metadata;
        expect(deployment.spec.selector.matchLabels).toEqual(labels);
        expect(service.spec.selector).toEqual(labels);
        expect(budget.spec.selector.matchLabels).toEqual(labels);
        expect(budget.spec.minAvailable).toBe(deployment.spec.replicas - 1);
        expect(service.spec.sessionAffinity).toBe('None');
        expect(deployment.spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });

        expect(container.ports).toEqual([{ name: 'http', containerPort: imageOf(example.folder).port }]);
        const ports = [service.spec.ports[0]?.targetPort, container.readinessProbe.httpGet.port, container.livenessProbe.httpGet.port];
        expect(ports).toEqual(['http', 'http', 'http']);
        const { name, key } = manifests.redisSecret;
        expect(readFileSync(join(example.folder, 'README.md'), 'utf8')).toContain(`secret generic ${name} --from-literal=${key}=redis://`);
    });
});

describe('a roll-out', { timeout: 240_000 }, () => {
    it('S1, S2, F5: three pods are replaced under traffic, and no client sees an error', async () => {
        const { env, container, preStopMs, terminationGraceMs } = manifests;
        const old = await Promise.all(['old-1', 'old-2', 'old-3'].map(name => startPod(name, env)));
        const service = await Service.start(old);
        ends.push(() => service.stop());
        const traffic = await startTraffic(service.url, 3);
        const shown = example.run('client', {
            env: { MCP_URL: service.url },
            changing: [
                [/(answered by) \S+/g, '$1 POD'],
                [/(counted to) \d+/g, '$1 N']
            ],
            patienceMs: 180_000
        });
        let isOver = false;
        const finish = shown.finally(() => (isOver = true));
        const replaceAll = async () => {
            for (const [index, pod] of old.entries()) {
                const next = await startPod(`new-${index + 1}`, env);
                service.endpoints = [...service.endpoints, next];
                await traffic.go(20);
                const isCalled = ({ name }: Endpoint) => (service.given.get(name) ?? 0) > 15;
                await Fixture.until('each pod is called', () => isOver || service.endpoints.every(isCalled), 60_000);
                // The cluster needs all of the time that preStop leaves it.
                service.endpoints = service.endpoints.filter(endpoint => endpoint !== pod);
                const going = pod.terminate(terminationGraceMs - preStopMs);
                await Fixture.until('it is ready no more', async () => (await pod.status(container.readinessProbe.httpGet.path)) === 503);
                expect(await pod.status(container.livenessProbe.httpGet.path)).toBe(200);
                await going;
                expect(pod.exitCode).toBe(0);
            }
        };
        const [client] = await Promise.all([finish, replaceAll()]);
        await traffic.go(20);
        expect(await traffic.stop()).toEqual([]);
        expect(client.output).toBe(client.quoted);
        expect(example.unused()).toEqual([]);
    });
});

describe('Compose', { timeout: 240_000 }, () => {
    it('takes the file, and would not take another', () => {
        expect(schemas.ofCompose(compose.file)).toBe('');
        const misspelt = JSON.stringify(compose.file).replaceAll('"healthcheck"', '"healtcheck"');
        expect(schemas.ofCompose(JSON.parse(misspelt))).toContain('healtcheck');
    });

    it('asks a node for its health with a command that works', async () => {
        const pod = await startPod('a', compose.env);
        const [, program, ...args] = compose.healthcheck;
        expect(program).toBe('node');
        const check = () =>
            promisify(execFile)(
                process.execPath,
                args.map(arg => arg.replace(':3000/', `:${pod.port}/`))
            );
        await check();
        pod.signal();
        await Fixture.until('it is ready no more', async () => (await pod.status('/ready')) === 503);
        await expect(check()).rejects.toMatchObject({ code: 1 });
    });

    it('S1, S2, F5: behind HAProxy nodes are replaced one by one, and no client sees an error', async () => {
        const nodes = await Promise.all(compose.nodes.map(name => startPod(name, compose.env)));
        const ports = Object.fromEntries(nodes.map(({ name, port }) => [name, port]));
        const proxy = await startHAProxy(join(example.folder, 'haproxy.cfg'), ports);
        ends.push(() => proxy.stop());
        const traffic = await startTraffic(proxy.url, 3);
        for (const node of nodes) {
            await traffic.go(20);
            await node.terminate(compose.stopGraceMs);
            expect(node.exitCode).toBe(0);
            await traffic.go(20);
            await node.start();
        }
        const seen = await example.run('client', { env: { MCP_URL: proxy.url, PODS: '3' } });
        for (const name of compose.nodes) expect(seen.raw).toContain(`answered by ${name}\n`);
        expect(await traffic.stop()).toEqual([]);
    });
});
