import type { JSONRPCMessage } from '../jsonrpc/types.js';
import type { EventLog } from '../ports/eventLog.js';

/** What `redact` is told of the message that it gets. */
export interface RedactionContext {
    readonly direction: 'in' | 'out';
    /** Fingerprint of the session, as messages of this project name it; never its id. */
    readonly session: string;
    /** Whom the session belongs to: the hash that its record has. */
    readonly principal: string | undefined;
}

/** What of a session's messages is kept, and where. */
export interface HistoryOptions {
    /** Where histories are kept. @default `historyLog` of the backend */
    log?: EventLog | undefined;
    /**
     * Makes of a message what is kept of it; undefined: nothing is. It gets a copy, so it may change that, and what the session
     * does is never changed. It is called when the message is on its way already. What it throws goes to `onerror` as a
     * SessionError with code `HISTORY_FAILED`, and the history tells that a message is missing. @default as it is
     */
    redact?: ((message: JSONRPCMessage, context: RedactionContext) => JSONRPCMessage | undefined) | undefined;
    /**
     * How much of a session may wait in this process for the history's store, in characters of JSON; each message counts as 1024
     * more, and one at least may wait. What comes over that is dropped, and the history tells how many messages are missing. All
     * sessions together hold eight times the default, or ten times while a part of the store hangs.
     * @default 8388608
     */
    maxWaiting?: number | undefined;
}
