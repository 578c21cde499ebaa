import { SessionError } from '../errors.js';
import { isRequest, isResponse, type JSONRPCMessage } from '../jsonrpc/types.js';
import { utf8Length } from '../utf8.js';

/** Bytes of a message as JSON in UTF-8, if they are more than these; undefined otherwise. @throws TypeError for what is no JSON. */
export function bytesOver(maxBytes: number, message: JSONRPCMessage): number | undefined {
    const text = JSON.stringify(message);
    if (text.length * 3 <= maxBytes) {
        return undefined;
    }
    const bytes = utf8Length(text);
    return bytes > maxBytes ? bytes : undefined;
}

/** What is kept in place of a final response that is too large, so that a client which comes for it gets an answer. */
export function standIn(response: JSONRPCMessage, bytes: number, maxBytes: number): JSONRPCMessage {
    return {
        jsonrpc: '2.0',
        ...('id' in response && { id: response.id }),
        error: {
            code: -32603,
            message: `The result was too large to be kept (${bytes} bytes, at most ${maxBytes}): it could only be sent on the stream that was open`
        }
    };
}

/** @param isOpenHere whether the message's stream is open on this node. */
export function tooLarge(message: JSONRPCMessage, bytes: number, maxBytes: number, isOpenHere: boolean): SessionError {
    const kind = isResponse(message) ? 'response' : isRequest(message) ? 'request' : 'notification';
    const outcome = isResponse(message)
        ? 'the event log has an error in its place, and the client gets it where its stream is open on this node'
        : isOpenHere
          ? 'it was sent on its stream, and is not in the event log'
          : 'its stream is not open on this node, so it was not sent';
    return new SessionError('EVENT_TOO_LARGE', `A ${kind} of ${bytes} bytes is over maxEventBytes (${maxBytes}): ${outcome}`);
}
