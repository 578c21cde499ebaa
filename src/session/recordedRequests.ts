import type { JSONRPCRequest } from '../jsonrpc/types.js';
import type { SessionRecord } from './record.js';

/** What a request changes of its session; undefined from the change: nothing. */
export type RecordChange = (record: SessionRecord) => Partial<SessionRecord> | undefined;

/** The change of the session that a successful request means for every node, or undefined if it means none. */
export function changeOf(message: JSONRPCRequest): RecordChange | undefined {
    const { method, params } = message;
    if (method === 'logging/setLevel' && typeof params?.['level'] === 'string') {
        const logLevel = params['level'];
        return record => (record.logLevel === logLevel ? undefined : { logLevel });
    }
    if (method === 'resources/subscribe' && typeof params?.['uri'] === 'string') {
        const uri = params['uri'];
        return ({ subscriptions = [] }) => (subscriptions.includes(uri) ? undefined : { subscriptions: [...subscriptions, uri] });
    }
    if (method === 'resources/unsubscribe' && typeof params?.['uri'] === 'string') {
        const uri = params['uri'];
        return ({ subscriptions = [] }) =>
            subscriptions.includes(uri) ? { subscriptions: subscriptions.filter(other => other !== uri) } : undefined;
    }
    return undefined;
}

/** Several changes as one, in their order. */
export function combined(changes: readonly RecordChange[]): RecordChange {
    return record => {
        let difference: Partial<SessionRecord> | undefined;
        for (const change of changes) {
            const next = change({ ...record, ...difference });
            difference = next ? { ...difference, ...next } : difference;
        }
        return difference;
    };
}
