import { channel } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { initialize, request } from '../handler/support/requests.js';
import { startHandler } from './support/measuredNode.js';
import { useOpenTelemetry, type Point } from './support/openTelemetry.js';
import { labelOf, labelsIn, selectedBy, seriesOf } from './support/prometheus.js';

interface Panel {
    id: number;
    type: string;
    title: string;
    gridPos: { h: number; w: number; x: number; y: number };
    datasource?: { type: string; uid: string };
    targets?: { refId: string; expr: string; datasource: { uid: string } }[];
}

interface Dashboard {
    title: string;
    uid: string;
    schemaVersion: number;
    panels: Panel[];
    templating: { list: { name: string; type: string; query: unknown }[] };
}

const text = readFileSync(new URL('../../docs/grafana/mcp-sessions.json', import.meta.url), 'utf8');
const dashboard = JSON.parse(text) as Dashboard;
const charts = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = charts.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

const telemetry = useOpenTelemetry();
const gauges = ['mcp_sessions.session.held', 'mcp_sessions.stream.open'];
let points: Point[];

/** Everything that is measured happens once. */
beforeAll(async () => {
    const { url } = await startHandler();
    const id = await initialize(url);
    await request(url, id, 'tools/call', { name: 'add', arguments: { a: 1, b: 2 } });
    await request(url, id, 'prompts/get', { name: 'none' });
    await request(url, 'unknown', 'tools/list');
    const of = { session: 'abcdefgh' };
    const events: Record<string, object> = {
        'session-restored': { ...of, durationMs: 1 },
        'session-ended': { ...of, lifetimeMs: 1 },
        'session-expired': of,
        'record-refused': of,
        'stream-resumed': { ...of, stream: 'request' },
        'stream-taken-over': of,
        'answer-routed': { ...of, outcome: 'gone' },
        'producer-lost': of
    };
    for (const [name, data] of Object.entries(events)) channel(`mcp-sessions:${name}`).publish(data);
    points = await telemetry.points();
});

const allSeries = () => points.flatMap(point => seriesOf(point, typeof point.value === 'number' && !gauges.includes(point.name)));

describe('the dashboard', () => {
    it('shows time series that there are, and each of them', () => {
        const series = new Set(allSeries());
        const selectors = queries.flatMap(({ title, expr }) => selectedBy(expr).map(pattern => ({ title, pattern })));
        for (const { expr } of queries) expect(selectedBy(expr), expr).not.toEqual([]);
        for (const { title, pattern } of selectors) {
            expect(
                [...series].filter(name => pattern.test(name)),
                `${title}: ${pattern.source}`
            ).not.toEqual([]);
        }
        const names = new Set(points.map(({ name }) => name));
        for (const name of names) {
            const [first] = points.filter(point => point.name === name);
            const own = seriesOf(first!, !gauges.includes(name));
            expect(
                own.some(series => selectors.some(({ pattern }) => pattern.test(series))),
                `${name} is in no panel`
            ).toBe(true);
        }
        expect(names.size).toBe(16);
    });

    it('uses labels that its time series have', () => {
        const ofScrape = ['job', 'instance', 'le'];
        for (const { title, expr } of queries) {
            const patterns = selectedBy(expr);
            const selected = points.filter(point =>
                seriesOf(point, !gauges.includes(point.name)).some(name => patterns.some(p => p.test(name)))
            );
            const labels = [...ofScrape, ...selected.flatMap(({ attributes }) => Object.keys(attributes).map(labelOf)), 'error_type'];
            for (const label of labelsIn(expr)) expect(labels, `${title}: ${expr}`).toContain(label);
        }
    });

    it('has what Grafana needs to import it', () => {
        expect(dashboard).toMatchObject({ title: 'MCP sessions', uid: 'mcp-sessions', schemaVersion: expect.any(Number) as number });
        expect(dashboard).not.toHaveProperty('id');
        const variables = dashboard.templating.list;
        expect(variables[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
        expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
        const declared = [...variables.map(({ name }) => name), '__rate_interval', '__all'];
        for (const [, name = ''] of text.matchAll(/\$\{?(\w+)/g)) expect(declared).toContain(name);
        for (const { title, gridPos, datasource, targets } of charts) {
            expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
            expect(datasource, title).toEqual({ type: 'prometheus', uid: '${datasource}' });
            expect(new Set(targets?.map(({ refId }) => refId)).size, title).toBe(targets?.length);
            expect(
                targets?.every(target => target.datasource.uid === '${datasource}'),
                title
            ).toBe(true);
        }
        const taken = new Set<string>();
        for (const { title, gridPos } of dashboard.panels) {
            for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
                for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
                    expect(taken.has(`${x},${y}`), `${title} lies on another panel`).toBe(false);
                    taken.add(`${x},${y}`);
                }
            }
        }
    });
});
