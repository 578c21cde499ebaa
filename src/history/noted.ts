import { SessionError, toError } from '../errors.js';
import { gapOf, type DropReason, type NewHistoryEntry, type Signature } from './entry.js';

/** What one entry takes of memory beside its message, in characters: objects, closures and promises. Rounded up from what was measured. */
const overhead = 1024;

/** What is to be written when its turn comes. */
export interface Noted {
    /** How long its message is, in characters. */
    readonly size: number;
    readonly signature: Signature;
    /** Made once. Undefined for what is not kept. */
    entry(): NewHistoryEntry | undefined;
    /** Must not throw. */
    report(error: Error): void;
}

/** Messages that were dropped, one after the other. */
export class Gap implements Noted {
    readonly size = 0;
    readonly signature: Signature;
    readonly report: (error: Error) => void;

    /** @param first the first of them. */
    constructor(
        first: Pick<Noted, 'signature' | 'report'>,
        public count: number
    ) {
        this.signature = first.signature;
        this.report = first.report;
    }

    entry(): NewHistoryEntry {
        return gapOf(this.signature, this.count, 'overflow');
    }
}

/** The entry, or a gap where it cannot be made. Undefined for what is not kept. */
export function entryOf(noted: Noted): NewHistoryEntry | undefined {
    try {
        return noted.entry();
    } catch (error) {
        noted.report(failure('A message could not be read: it is missing in the history', error));
        return gapInPlaceOf(noted.signature, 'unreadable');
    }
}

/** One message is missing, and this says so in its place. */
export function gapInPlaceOf(signature: Signature, reason: DropReason): NewHistoryEntry {
    return gapOf(signatureOf(signature), 1, reason);
}

export function signatureOf({ time, node, number, principal }: Signature): Signature {
    return { time, node, number, ...(principal !== undefined && { principal }) };
}

/** About how much memory they take, in characters. */
export function costOf(...noted: readonly Pick<Noted, 'size'>[]): number {
    return noted.reduce((sum, { size }) => sum + size + overhead, 0);
}

/** How many messages they stand for. */
export function countOf(all: readonly (NewHistoryEntry | Noted)[]): number {
    return all.reduce((sum, one) => sum + ('count' in one && typeof one.count === 'number' ? one.count : 1), 0);
}

export function failure(message: string, error?: unknown): SessionError {
    return new SessionError('HISTORY_FAILED', message, error === undefined ? {} : { cause: toError(error).cause ?? error });
}
