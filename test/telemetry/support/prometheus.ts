import type { Point } from './openTelemetry.js';

/**
 * Names of time series as Prometheus has them: by the rules of OpenTelemetry (dots to underscores, the unit, `_total` for what is
 * counted), which the Collector and Prometheus' own receiver follow, and as JavaScript's own exporter writes them, without the unit.
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
export function seriesOf({ name, unit, value }: Pick<Point, 'name' | 'unit' | 'value'>, isCounter: boolean): string[] {
    const plain = name.replace(/[^a-zA-Z0-9]+/g, '_');
    const bases = unit === 's' ? [`${plain}_seconds`, plain] : [plain];
    if (typeof value === 'object') return bases.flatMap(base => [`${base}_bucket`, `${base}_count`, `${base}_sum`]);
    return bases.map(base => (isCounter ? `${base}_total` : base));
}

/** A label, likewise. */
export function labelOf(attribute: string): string {
    return attribute.replace(/[^a-zA-Z0-9]+/g, '_');
}

/** The time series that a query selects, as patterns; a plain name is one that matches itself. */
export function selectedBy(query: string): RegExp[] {
    const patterns = [...query.matchAll(/__name__=~"([^"]+)"/g)].map(([, pattern]) => pattern);
    const names = [...query.matchAll(/\b(mcp_[a-z_]+)\{/g)].map(([, name]) => name);
    return [...patterns, ...names].map(pattern => new RegExp(`^(?:${pattern})$`));
}

/** The labels by which a query selects and sums. */
export function labelsIn(query: string): string[] {
    const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
    const selected = [...query.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label);
    return [...grouped, ...selected].filter(label => label !== '__name__');
}
