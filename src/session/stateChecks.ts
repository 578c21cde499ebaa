import { SessionError } from '../errors.js';
import { utf8Length } from '../utf8.js';
import type { StateValues } from './stateKeeper.js';

export function sessionEnded(): SessionError {
    return new SessionError('SESSION_ENDED', 'The session has ended, and what it kept is gone');
}

/** @throws SessionError `STATE_TOO_LARGE`. */
export function checkedSize(values: StateValues, maxBytes: number): StateValues {
    if (utf8Length(JSON.stringify(values)) > maxBytes) {
        throw new SessionError('STATE_TOO_LARGE', `What the session keeps would be larger than maxStateBytes (${maxBytes})`);
    }
    return values;
}

/** A value as it will be when it has been stored and read: JSON. Throws for what is none. */
export function asJson(value: unknown): unknown {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) {
        throw new TypeError(`A value of the session state must be JSON, and ${typeof value} is not; delete() removes a key`);
    }
    return JSON.parse(text);
}
