import type { Tracer } from '@opentelemetry/api';
import {
    isSessionError,
    type Arrival,
    type BackendPart,
    type Instrumentation,
    type JSONRPCNotification,
    type JSONRPCRequest,
    type Operation,
    type StepName,
    type StepNotes
} from '@mcp-sessions/core';
import type { OpenTelemetryApi } from './api.js';
import { Catalogue } from './catalogue.js';
import { attribute } from './conventions.js';
import { MeasuredOperation } from './measuredOperation.js';
import { Metrics } from './metrics.js';

const scope = '@mcp-sessions/opentelemetry';

/**
 * Spans and metrics by what the application has registered with the API. That may happen late, and the API's own stand-ins for
 * metrics never become real ones: so it is looked for with each request until it is there. Without it a request costs this look.
 */
export class OpenTelemetry implements Instrumentation {
    private readonly catalogue = new Catalogue();
    private tracer: Tracer | undefined;
    private metrics: Metrics | undefined;

    constructor(private readonly api: OpenTelemetryApi) {
        this.look();
    }

    arrived(message: JSONRPCRequest | JSONRPCNotification, arrival: Arrival): Operation | undefined {
        this.look();
        const { api, catalogue, tracer, metrics } = this;
        return tracer || metrics ? new MeasuredOperation(message, arrival, { api, catalogue, tracer, metrics }) : undefined;
    }

    step<T>(name: StepName, run: (note: (notes: StepNotes) => void) => Promise<T>): Promise<T> {
        const { context, SpanStatusCode, trace } = this.api;
        const span = this.tracer?.startSpan(`mcp_sessions.${name}`);
        if (!span) {
            return run(() => undefined);
        }
        const note = ({ session, outcome }: StepNotes): void => {
            span.setAttributes({
                ...(session !== undefined && { [attribute.session]: session }),
                ...(outcome !== undefined && { [attribute.outcome]: outcome })
            });
        };
        return context.with(trace.setSpan(context.active(), span), async () => {
            try {
                return await run(note);
            } catch (error) {
                span.setAttribute(attribute.errorType, nameOf(error));
                span.setStatus({ code: SpanStatusCode.ERROR });
                throw error;
            } finally {
                span.end();
            }
        });
    }

    called(part: BackendPart, durationMs: number, failure?: string): void {
        this.metrics?.called(part, durationMs, failure);
    }

    refused(method: string, status: number): void {
        this.look();
        this.metrics?.refused(method, status);
    }

    stop(): void {
        this.metrics?.stop();
    }

    private look(): void {
        this.tracer ??= this.findTracer();
        this.metrics ??= this.findMetrics();
    }

    private findTracer(): Tracer | undefined {
        const { ProxyTracerProvider, trace } = this.api;
        const provider = trace.getTracerProvider();
        return provider instanceof ProxyTracerProvider ? provider.getDelegateTracer(scope) : provider.getTracer(scope);
    }

    private findMetrics(): Metrics | undefined {
        const { createNoopMeter, metrics } = this.api;
        const meter = metrics.getMeter(scope);
        return meter === createNoopMeter() ? undefined : new Metrics(meter);
    }
}

function nameOf(error: unknown): string {
    if (isSessionError(error)) {
        return error.code;
    }
    return error instanceof Error ? error.name : '_OTHER';
}
