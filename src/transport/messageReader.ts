import { maxBatchSize, parseMessage } from '../jsonrpc/parse.js';
import type { JSONRPCMessage } from '../jsonrpc/types.js';
import type { Exchange } from './exchange.js';
import { replies, type Reply } from './replies.js';

/** The messages in the body of a POST, or why there are none. */
export async function readMessages(exchange: Exchange, maxBodyBytes: number): Promise<JSONRPCMessage[] | Reply> {
    let body = exchange.parsedBody;
    if (body === undefined) {
        try {
            const text = await exchange.readBody(maxBodyBytes);
            if (text === null) {
                return replies.bodyTooLarge(maxBodyBytes);
            }
            body = JSON.parse(text);
        } catch {
            return replies.invalidJson;
        }
    }
    if (!Array.isArray(body)) {
        const message = parseMessage(body);
        return message ? [message] : replies.invalidMessage;
    }
    if (body.length > maxBatchSize) {
        return replies.batchTooLong(maxBatchSize);
    }
    const messages = body.map(parseMessage);
    return messages.every(message => message !== undefined) ? messages : replies.invalidMessage;
}
