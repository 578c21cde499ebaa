import type { Attributes, Histogram, Meter, ObservableResult } from '@opentelemetry/api';
import { gauges, listenTo, type BackendPart } from '@mcp-sessions/core';
import { attribute, callBuckets, operationBuckets, other, overHttp } from './conventions.js';

const httpMethods = new Set(['GET', 'POST', 'DELETE']);

/** The metrics of this process. None of them has a fingerprint: each would be a time series of its own. */
export class Metrics {
    private readonly operations: Histogram;
    private readonly calls: Histogram;
    private readonly refusals: (attributes: Attributes) => void;
    private readonly ends: (() => void)[] = [];

    constructor(private readonly meter: Meter) {
        this.operations = this.seconds(
            'mcp.server.operation.duration',
            'MCP request or notification duration as observed on the receiver from the time it was received until the result or ack is sent.',
            operationBuckets
        );
        this.calls = this.seconds(
            'mcp_sessions.backend.call.duration',
            'Duration of calls of the session store, log, bus or lock.',
            callBuckets
        );
        this.refusals = this.counter('mcp_sessions.request.refused', '{request}', 'HTTP requests that were answered with an error.');
        this.countSessions();
        this.countStreams();
        this.countAnswers();
    }

    /** An operation is over. */
    measure(ms: number, attributes: Attributes): void {
        this.operations.record(ms / 1000, attributes);
    }

    called(part: BackendPart, ms: number, failure: string | undefined): void {
        this.calls.record(ms / 1000, { [attribute.part]: part, ...(failure !== undefined && { [attribute.errorType]: failure }) });
    }

    refused(method: string, status: number): void {
        this.refusals({ [attribute.httpMethod]: httpMethods.has(method) ? method : other, [attribute.httpStatus]: status });
    }

    /** Nothing is counted any more. */
    stop(): void {
        this.ends.splice(0).forEach(end => end());
    }

    private countSessions(): void {
        const created = this.counter('mcp_sessions.session.created', '{session}', 'Sessions that began on this node.');
        const restored = this.counter('mcp_sessions.session.restored', '{session}', 'Sessions that this node took over.');
        const ended = this.counter('mcp_sessions.session.ended', '{session}', 'Sessions that were ended on this node.');
        const expired = this.counter('mcp_sessions.session.expired', '{session}', 'Sessions held here that turned out to be gone.');
        const records = this.counter('mcp_sessions.record.refused', '{record}', 'Values of the store that are no session record.');
        const lifetimes = this.seconds(
            'mcp.server.session.duration',
            'The duration of the MCP session as observed on the MCP server.',
            operationBuckets
        );
        const restores = this.seconds('mcp_sessions.session.restore.duration', 'How long it took to take a session over.', callBuckets);
        this.observe('mcp_sessions.session.held', '{session}', 'Sessions that this node holds in memory.', result =>
            result.observe(gauges.sessions)
        );
        this.ends.push(
            listenTo('session-created', () => created()),
            listenTo('session-restored', ({ durationMs }) => {
                restored();
                restores.record(durationMs / 1000);
            }),
            listenTo('session-ended', ({ lifetimeMs }) => {
                ended();
                if (lifetimeMs !== undefined) {
                    lifetimes.record(lifetimeMs / 1000, overHttp);
                }
            }),
            listenTo('session-expired', () => expired()),
            listenTo('record-refused', () => records())
        );
    }

    private countStreams(): void {
        const resumed = this.counter('mcp_sessions.stream.resumed', '{stream}', 'Streams that a client went on with here.');
        const takenOver = this.counter('mcp_sessions.stream.taken_over', '{stream}', 'Streams that a newer GET took from here.');
        this.observe('mcp_sessions.stream.open', '{stream}', 'Event streams that are open on this node.', result => {
            result.observe(gauges.streams.GET, { [attribute.httpMethod]: 'GET' });
            result.observe(gauges.streams.POST, { [attribute.httpMethod]: 'POST' });
        });
        this.ends.push(
            listenTo('stream-resumed', ({ stream }) => resumed({ [attribute.stream]: stream })),
            listenTo('stream-taken-over', () => takenOver())
        );
    }

    private countAnswers(): void {
        const routed = this.counter('mcp_sessions.answer.routed', '{answer}', 'Answers of clients that were for another node.');
        const lost = this.counter(
            'mcp_sessions.producer.lost',
            '{request}',
            'Requests whose node died, and whose client was told so here.'
        );
        this.ends.push(
            listenTo('answer-routed', ({ outcome }) => routed({ [attribute.outcome]: outcome })),
            listenTo('producer-lost', () => lost())
        );
    }

    private seconds(name: string, description: string, explicitBucketBoundaries: number[]): Histogram {
        return this.meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries } });
    }

    /** Returns how to count one. */
    private counter(name: string, unit: string, description: string): (attributes?: Attributes) => void {
        const counter = this.meter.createCounter(name, { unit, description });
        return attributes => counter.add(1, attributes);
    }

    private observe(name: string, unit: string, description: string, callback: (result: ObservableResult) => void): void {
        const gauge = this.meter.createObservableUpDownCounter(name, { unit, description });
        gauge.addCallback(callback);
        this.ends.push(() => gauge.removeCallback(callback));
    }
}
