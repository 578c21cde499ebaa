import { digest } from './digest.js';
import { requireCount } from './positiveOptions.js';
import type { ListOptions, SessionData } from './ports/sessionStore.js';

/** Options of a listing that were found to be in order. */
export interface CheckedPage {
    /** The parts of the cursor; undefined for the first page. */
    readonly cursor: RegExpExecArray | undefined;
    readonly limit: number;
}

/**
 * The options of a page, or why there can be none.
 *
 * @param form that a cursor of this store has.
 * @throws RangeError for a cursor or a limit that is none; TypeError for a cursor that is no text.
 */
export function checkedPage({ cursor, limit = 100 }: ListOptions = {}, form: RegExp): CheckedPage {
    requireCount(limit, 'limit');
    if (cursor === undefined) {
        return { cursor, limit };
    }
    if (typeof cursor !== 'string') {
        throw new TypeError(`cursor must be the text that the page before came with, got ${cursor === null ? 'null' : typeof cursor}`);
    }
    const parts = form.exec(cursor);
    if (!parts) {
        throw new RangeError('cursor must be the one that the page before came with, of the same store');
    }
    return { cursor: parts, limit };
}

/**
 * Whether what was found where the record of a session stands is one of that session, as far as its id goes.
 *
 * @param name the {@link digest} of the session's id.
 */
export async function isRecordNamed(name: string, value: unknown): Promise<boolean> {
    const { sessionId } = (value ?? {}) as Partial<SessionData>;
    // One that was encrypted in its place has the digest in place of the id.
    return typeof sessionId === 'string' && (sessionId === name || (await digest(sessionId)) === name);
}
