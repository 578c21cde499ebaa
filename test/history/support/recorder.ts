import { InMemoryEventLog, type EventLog, type HistoryOptions, type JSONRPCMessage, type NewEvent } from '@mcp-sessions/core';
import { HistoryRecorder } from '../../../src/history/historyRecorder.js';

/** What becomes of an append; called before anything is kept. */
export type Rule = (events: readonly NewEvent[], name: string) => unknown;

/** A log whose appends go through a rule that may be changed. */
export class RuledLog implements EventLog {
    readonly inner = new InMemoryEventLog();
    readonly read = this.inner.read.bind(this.inner);
    readonly claim = this.inner.claim.bind(this.inner);
    readonly release = this.inner.release.bind(this.inner);
    readonly touch = this.inner.touch.bind(this.inner);
    readonly drop = this.inner.drop.bind(this.inner);
    maxEventBytes?: number;
    appends = 0;
    rule: Rule = () => undefined;

    async append(sessionId: string, events: readonly NewEvent[]): Promise<readonly (string | null)[]> {
        this.appends++;
        await this.rule(events, sessionId);
        return this.inner.append(sessionId, events);
    }
}

export const down: Rule = () => Promise.reject(new Error('down'));

export const sessionOf = (sessionId: string) => ({ sessionId, sessionName: sessionId.padEnd(43, 'x'), principal: undefined });

export const note = (method: string, params?: Record<string, unknown>): JSONRPCMessage => ({
    jsonrpc: '2.0',
    method,
    ...(params && { params })
});

export function record(log: EventLog, options: HistoryOptions = {}) {
    const errors: string[] = [];
    const recorder = new HistoryRecorder({ ...options, log, node: { id: 'a-node' }, report: error => errors.push(error.message) });
    return { recorder, errors };
}
