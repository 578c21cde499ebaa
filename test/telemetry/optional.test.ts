import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as api from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { gauges, installInstrumentation, isInstrumented, type Instrumentation } from '@mcp-sessions/core';
import { instrumentSessions } from '@mcp-sessions/opentelemetry';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { initialize, request } from '../handler/support/requests.js';
import { connect, serve, startHandler } from './support/measuredNode.js';

const run = promisify(execFile);
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const onSources = ['../../scripts/typescript.mjs', '../support/onSources.mjs'];

async function oneCall(hooks: string[], ...args: string[]): Promise<unknown> {
    const imports = [...onSources, ...hooks].flatMap(path => ['--import', file(path)]);
    const { stdout, stderr } = await run(process.execPath, [...imports, file('support/oneCall.ts'), ...args]);
    expect(stderr).toBe('');
    return JSON.parse(stdout);
}

describe('a process of its own', () => {
    it('D5, O3: serves as ever where @opentelemetry/api is not installed', async () => {
        expect(await oneCall(['support/withoutApi.mjs'])).toEqual({ text: 'one', isInstrumented: false });
    });

    it('is instrumented where it is, and not with `telemetry: false`', async () => {
        expect(await oneCall([])).toEqual({ text: 'one', isInstrumented: true });
        expect(await oneCall([], 'off')).toEqual({ text: 'one', isInstrumented: false });
    });
});

const unmeasured: Instrumentation = {
    arrived: () => undefined,
    step: (_name, run) => run(() => undefined),
    called: () => undefined,
    refused: () => undefined,
    stop: () => undefined
};

describe('this process', () => {
    let stop = (): void => undefined;
    afterEach(() => {
        stop();
        api.trace.disable();
    });

    it('finds an SDK that is registered after it was instrumented', async () => {
        stop = instrumentSessions(api);
        const { url } = await startHandler();
        const id = await initialize(url);
        const exporter = new InMemorySpanExporter();
        api.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
        await request(url, id, 'tools/list');
        expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['tools/list']);
    });

    it('has one that measures: the last, and none when it has ended', async () => {
        const stopped = vi.fn();
        const first = installInstrumentation({ ...unmeasured, stop: stopped });
        stop = instrumentSessions(api);
        expect(stopped).toHaveBeenCalledTimes(1);
        first();
        expect(isInstrumented()).toBe(true);
        stop();
        expect(isInstrumented()).toBe(false);
        expect(stopped).toHaveBeenCalledTimes(1);
    });

    it('measures the example of the documents', async () => {
        const exporter = new InMemorySpanExporter();
        api.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
        const { sessions } = await import('../../examples/telemetry/server.js');
        const url = await serve((req, res) => void sessions.node(req, res));
        const client = await connect(url);
        const { content } = await client.callTool({ name: 'price', arguments: { item: 'tea' } });
        expect(content).toEqual([{ type: 'text', text: 'tea: 3' }]);
        await sessions.close();
        expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(
            expect.arrayContaining(['look up the price', 'tools/call price'])
        );
        stop = installInstrumentation(unmeasured);
    });

    it('counts what is open also while nobody measures, so that it is right when somebody begins', async () => {
        const before = gauges.sessions;
        const { url, handler } = await startHandler({ telemetry: false });
        await initialize(url);
        expect(gauges.sessions).toBe(before + 1);
        await handler.close();
        expect(gauges.sessions).toBe(before);
    });
});
