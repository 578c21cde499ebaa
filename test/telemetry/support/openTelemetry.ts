import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import {
    AggregationTemporality,
    InMemoryMetricExporter,
    MeterProvider,
    PeriodicExportingMetricReader,
    type DataPoint,
    type Histogram
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { instrumentSessions } from '@mcp-sessions/opentelemetry';
import { afterAll, beforeAll, beforeEach } from 'vitest';

/** A point of a metric, with the name of the metric. */
export interface Point {
    readonly name: string;
    readonly unit: string;
    readonly attributes: Record<string, unknown>;
    readonly value: number | Histogram;
}

/** OpenTelemetry as an application sets it up, with what it exports kept in memory. */
export class RealOpenTelemetry {
    private readonly spanExporter = new InMemorySpanExporter();
    private readonly metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    private readonly tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.spanExporter)] });
    private readonly meters = new MeterProvider({
        readers: [new PeriodicExportingMetricReader({ exporter: this.metricExporter, exportIntervalMillis: 3_600_000 })]
    });
    private stopMeasuring = (): void => undefined;

    start(): void {
        api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
        api.propagation.setGlobalPropagator(
            new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] })
        );
        api.trace.setGlobalTracerProvider(this.tracers);
        api.metrics.setGlobalMeterProvider(this.meters);
        this.stopMeasuring = instrumentSessions(api);
    }

    async stop(): Promise<void> {
        this.stopMeasuring();
        await Promise.all([this.tracers.shutdown(), this.meters.shutdown()]);
        [api.context, api.propagation, api.trace, api.metrics].forEach(part => part.disable());
    }

    /** The spans that have ended, in that order. */
    get spans(): ReadableSpan[] {
        return this.spanExporter.getFinishedSpans();
    }

    named(name: string): ReadableSpan[] {
        return this.spans.filter(span => span.name === name);
    }

    forgetSpans(): void {
        this.spanExporter.reset();
    }

    /** All metrics as they are now. */
    async points(): Promise<Point[]> {
        this.metricExporter.reset();
        await this.meters.forceFlush();
        return this.metricExporter
            .getMetrics()
            .flatMap(({ scopeMetrics }) => scopeMetrics)
            .flatMap(({ metrics }) => metrics)
            .flatMap(({ descriptor: { name, unit }, dataPoints }) =>
                (dataPoints as DataPoint<number | Histogram>[]).map(({ attributes, value }) => ({ name, unit, attributes, value }))
            );
    }

    /** How many were counted, of those with these attributes. */
    async count(name: string, attributes: Record<string, unknown> = {}): Promise<number> {
        return (await this.points())
            .filter(point => point.name === name && Object.entries(attributes).every(([key, value]) => point.attributes[key] === value))
            .reduce((sum, { value }) => sum + (typeof value === 'number' ? value : value.count), 0);
    }

    /** Everything that would leave the process, as text. */
    async dump(): Promise<string> {
        const spans = this.spans.map(({ name, kind, attributes, events, links, status, parentSpanContext, resource }) => ({
            ...{ name, kind, attributes, events, links, status, parentSpanContext },
            resource: resource.attributes
        }));
        return JSON.stringify([spans, await this.points()]);
    }
}

/** Registered for the tests of a file, with no spans at the beginning of each. */
export function useOpenTelemetry(): RealOpenTelemetry {
    const telemetry = new RealOpenTelemetry();
    beforeAll(() => telemetry.start());
    beforeEach(() => telemetry.forgetSpans());
    afterAll(() => telemetry.stop());
    return telemetry;
}
