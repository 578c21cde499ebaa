import type { Context, Span, Tracer } from '@opentelemetry/api';
import type { Arrival, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse, Operation } from '@mcp-sessions/core';
import type { OpenTelemetryApi } from './api.js';
import type { Catalogue } from './catalogue.js';
import { attribute } from './conventions.js';
import type { Metrics } from './metrics.js';
import { parentOf } from './parent.js';

export interface OperationSettings {
    readonly api: OpenTelemetryApi;
    readonly catalogue: Catalogue;
    /** Undefined where nobody traces. */
    readonly tracer: Tracer | undefined;
    /** Undefined where nobody counts. */
    readonly metrics: Metrics | undefined;
}

/** A request or a notification as a span of kind SERVER, and as a duration. */
export class MeasuredOperation implements Operation {
    private readonly began = performance.now();
    private readonly span: Span | undefined;
    /** With the span in it. */
    private readonly context: Context | undefined;
    private isOver = false;

    constructor(
        private readonly message: JSONRPCRequest | JSONRPCNotification,
        private readonly arrival: Arrival,
        private readonly settings: OperationSettings
    ) {
        const { api, catalogue, tracer } = settings;
        if (tracer) {
            const { spanName, attributes } = catalogue.name(message);
            const parent = parentOf(api, message.params, arrival.headers);
            const options = { kind: api.SpanKind.SERVER, attributes, links: parent.links };
            this.span = tracer.startSpan(spanName, options, parent.context);
            this.context = api.trace.setSpan(parent.context, this.span);
        }
    }

    run<T>(step: () => T): T {
        return this.context ? this.settings.api.context.with(this.context, step) : step();
    }

    end(response?: JSONRPCResponse): void {
        if (response && !this.isOver) {
            this.settings.catalogue.learn(this.message, response);
        }
        this.finish(failureOf(response), response);
    }

    fail(reason: string): void {
        this.finish(reason, undefined);
    }

    private finish(failure: string | undefined, response: JSONRPCResponse | undefined): void {
        if (this.isOver) {
            return;
        }
        this.isOver = true;
        const { catalogue, metrics } = this.settings;
        const { spanName, attributes } = catalogue.name(this.message);
        const version = this.versionOf(response);
        if (version !== undefined) {
            attributes[attribute.protocolVersion] = version;
        }
        if (failure !== undefined) {
            attributes[attribute.errorType] = failure;
        }
        if (response && 'error' in response) {
            attributes[attribute.statusCode] = String(response.error.code);
        }
        metrics?.measure(performance.now() - this.began, attributes);
        if (this.span) {
            this.finishSpan(this.span, spanName, attributes, failure);
        }
    }

    private finishSpan(span: Span, name: string, attributes: Record<string, string>, failure: string | undefined): void {
        if (span.isRecording()) {
            span.updateName(name).setAttributes(attributes);
            const session = this.arrival.session();
            if (session !== undefined) {
                // Not among the attributes of the metric: each session would be a time series for ever.
                span.setAttribute(attribute.session, session);
            }
            if (failure !== undefined) {
                // The message of an error may hold what the call was given: the status has no description.
                span.setStatus({ code: this.settings.api.SpanStatusCode.ERROR });
            }
        }
        span.end();
    }

    /** What `initialize` settled on is in its response; before that there is no version. */
    private versionOf(response: JSONRPCResponse | undefined): string | undefined {
        if (this.message.method !== 'initialize') {
            return this.arrival.version();
        }
        const settled = response && 'result' in response ? response.result['protocolVersion'] : undefined;
        return typeof settled === 'string' ? settled : undefined;
    }
}

/** What the conventions call the failure that a response tells of. */
function failureOf(response: JSONRPCResponse | undefined): string | undefined {
    if (response && 'error' in response) {
        return String(response.error.code);
    }
    return response?.result['isError'] === true ? 'tool_error' : undefined;
}
