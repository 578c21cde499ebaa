import type { JSONRPCMessage } from './types.js';

/** Messages in one JSON-RPC batch; the limit of SDK 1.32. */
export const maxBatchSize = 100;

const relatedTaskKey = 'io.modelcontextprotocol/related-task';

const requestKeys = new Set(['jsonrpc', 'id', 'method', 'params']);
const resultKeys = new Set(['jsonrpc', 'id', 'result']);
const errorKeys = new Set(['jsonrpc', 'id', 'error']);

/**
 * The value as a JSON-RPC message, or undefined if it is none.
 *
 * Accepts exactly what `JSONRPCMessageSchema` of SDK 1.32 accepts, at a small part of the cost: each POST passes here,
 * and the SDK's own server parses the same message once more.
 */
export function parseMessage(value: unknown): JSONRPCMessage | undefined {
    if (!isObject(value) || value['jsonrpc'] !== '2.0') {
        return undefined;
    }
    if ('method' in value) {
        return isRequestOrNotification(value) ? (value as unknown as JSONRPCMessage) : undefined;
    }
    if ('result' in value) {
        return hasOnly(value, resultKeys) && isId(value['id']) && isResult(value['result'])
            ? withoutForeignKeys(value, 'result')
            : undefined;
    }
    return parseErrorResponse(value);
}

function isRequestOrNotification(value: Record<string, unknown>): boolean {
    if (!hasOnly(value, requestKeys) || typeof value['method'] !== 'string') {
        return false;
    }
    if ('id' in value && !isId(value['id'])) {
        return false;
    }
    const params = value['params'];
    if (params === undefined) {
        return true;
    }
    return isResult(params) && withoutForeignKeys(value, 'params') !== undefined;
}

/** `result` and `params` have the same shape: any object, whose `_meta` is checked where it is present. */
function isResult(value: unknown): value is Record<string, unknown> {
    if (!isObject(value)) {
        return false;
    }
    const meta = value['_meta'];
    if (meta === undefined) {
        return true;
    }
    if (!isObject(meta)) {
        return false;
    }
    const token = meta['progressToken'];
    if (token !== undefined && !isId(token)) {
        return false;
    }
    const task = meta[relatedTaskKey];
    return task === undefined || (isObject(task) && typeof task['taskId'] === 'string');
}

/** The SDK keeps nothing but `taskId` of a related task, and no key that would become a prototype when it is copied. */
function withoutForeignKeys(message: Record<string, unknown>, member: 'params' | 'result'): JSONRPCMessage {
    const content = message[member] as { _meta?: Record<string, unknown> };
    const meta = content._meta;
    for (const object of [content, meta]) {
        if (object && Object.hasOwn(object, '__proto__')) {
            delete (object as Record<string, unknown>)['__proto__'];
        }
    }
    const task = meta?.[relatedTaskKey] as { taskId: string } | undefined;
    if (meta && task && Object.keys(task).length > 1) {
        meta[relatedTaskKey] = { taskId: task.taskId };
    }
    return message as unknown as JSONRPCMessage;
}

function parseErrorResponse(value: Record<string, unknown>): JSONRPCMessage | undefined {
    const { id, error } = value;
    if (!hasOnly(value, errorKeys) || (id !== undefined && !isId(id))) {
        return undefined;
    }
    if (!isObject(error) || !Number.isSafeInteger(error['code']) || typeof error['message'] !== 'string') {
        return undefined;
    }
    const { code, message, data } = error as { code: number; message: string; data?: unknown };
    return {
        jsonrpc: '2.0',
        ...(id !== undefined && { id }),
        error: { code, message, ...('data' in error && { data }) }
    };
}

/** A request id or a progress token: a string or an integer. */
function isId(value: unknown): value is string | number {
    return typeof value === 'string' || Number.isSafeInteger(value);
}

function hasOnly(value: object, keys: ReadonlySet<string>): boolean {
    for (const key in value) {
        if (!keys.has(key)) {
            return false;
        }
    }
    return true;
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
