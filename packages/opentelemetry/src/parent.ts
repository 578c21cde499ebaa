import type { Context, Link, SpanContext, TextMapGetter } from '@opentelemetry/api';
import type { Params, RequestInfo } from '@mcp-sessions/core';
import type { OpenTelemetryApi } from './api.js';

/** Where an operation belongs: under what, and beside which other span. */
export interface Parent {
    readonly context: Context;
    readonly links: Link[];
}

const metaGetter: TextMapGetter<Record<string, unknown>> = {
    get: (meta, key) => {
        const value = meta[key];
        return typeof value === 'string' ? value : undefined;
    },
    keys: meta => Object.keys(meta)
};

/**
 * As the conventions have it: under the client's span that `_meta` names, with a link to the span of the HTTP request, or else
 * under that span. Where nobody has begun one, the headers may name what the HTTP request belongs to.
 */
export function parentOf(api: OpenTelemetryApi, params: Params | undefined, headers: RequestInfo['headers']): Parent {
    const { context, propagation, trace } = api;
    const ambient = context.active();
    const around = trace.getSpanContext(ambient);
    const meta = params?._meta;
    if (typeof meta === 'object' && meta !== null) {
        const named = propagation.extract(ambient, meta, metaGetter);
        const remote = trace.getSpanContext(named);
        if (remote !== around && isValid(remote)) {
            return { context: named, links: isValid(around) ? [{ context: around }] : [] };
        }
    }
    return { context: isValid(around) ? ambient : propagation.extract(ambient, headers), links: [] };

    function isValid(span: SpanContext | undefined): span is SpanContext {
        return span !== undefined && api.isSpanContextValid(span);
    }
}
