import { fingerprintOfDigest } from '../digest.js';
import { SessionError } from '../errors.js';
import type { JSONRPCMessage } from '../jsonrpc/types.js';
import { requireCount } from '../positiveOptions.js';
import type { EventLog } from '../ports/eventLog.js';
import { utf8Length } from '../utf8.js';
import { eventOf, timestamp, type HistoryEnd, type HistoryMessage, type NewHistoryEntry, type Signature } from './entry.js';
import { HistoryWriter } from './historyWriter.js';
import { failure, gapInPlaceOf } from './noted.js';
import type { HistoryOptions } from './options.js';
import { isTooDeep, withoutContent } from './withoutContent.js';

const defaultMaxWaiting = 8 * 1024 * 1024;
/** Largest message that is kept, in bytes of JSON. */
const defaultMaxBytes = 4 * 1024 * 1024;

/** The session that something is noted of. */
export interface RecordedSession {
    readonly sessionId: string;
    /** The digest of its id. */
    readonly sessionName: string;
    /** The hash of whom it belongs to, as far as that is known. */
    readonly principal: string | undefined;
}

export interface HistoryRecorderSettings extends Omit<HistoryOptions, 'log'> {
    readonly log: EventLog;
    /** This node; its id is not asked for before it is needed. */
    readonly node: { readonly id: string };
    report(error: Error): void;
}

/** What a transport or a handler is told of histories. */
export interface HistorySettings {
    readonly history?: boolean | HistoryOptions | undefined;
    readonly historyLog?: EventLog | undefined;
}

/** Where histories are; undefined where there are none. */
export function historyLogOf({ history, historyLog }: HistorySettings): EventLog | undefined {
    return (typeof history === 'object' ? history.log : undefined) ?? historyLog;
}

/** Numbers of the entries of this process. */
let lastNumber = 0;

/** Notes what happens in sessions, and has it written in the background. Nothing of it waits, and nothing throws. */
export class HistoryRecorder {
    private readonly writer: HistoryWriter;
    private readonly maxWaiting: number;
    private readonly maxBytes: number;
    private readonly reporter = (error: Error): void => this.report(error);

    /** @throws RangeError where `maxWaiting` is no positive whole number. */
    constructor(private readonly settings: HistoryRecorderSettings) {
        this.writer = HistoryWriter.on(settings.log);
        this.maxWaiting = requireCount(settings.maxWaiting ?? defaultMaxWaiting, 'history.maxWaiting');
        this.maxBytes = Math.min(defaultMaxBytes, settings.log.maxEventBytes ?? Infinity);
    }

    /** The promise resolves when it is in the store, or when the store has failed to take it; it does not reject. */
    message(session: RecordedSession, direction: 'in' | 'out', message: JSONRPCMessage, time?: string): Promise<void> {
        const noted = this.snapshotOf(message);
        if (!noted) {
            return Promise.resolve();
        }
        return this.add(session, noted.text.length, signature => this.entryOf(session, { ...signature, direction }, noted), time);
    }

    ended(session: RecordedSession, by: HistoryEnd['by']): Promise<void> {
        return this.add(session, 100, signature => ({ ...signature, event: 'ended', by }));
    }

    /** Resolves when all that waits is in the store, or after so many milliseconds. */
    flush(timeoutMs: number): Promise<void> {
        return this.writer.flush(timeoutMs);
    }

    /** Resolves when what waits now is in the store, when the store fails, or after so many milliseconds. */
    written(timeoutMs: number): Promise<void> {
        return this.writer.written(timeoutMs);
    }

    /** The message as it is now: whoever made it may change it yet. */
    private snapshotOf(message: JSONRPCMessage): Snapshot | undefined {
        try {
            const text = JSON.stringify(message);
            return text.length <= this.maxWaiting ? { text } : snapshotWithout(message, utf8Length(text));
        } catch (error) {
            if (error instanceof RangeError) {
                this.reportTooDeep();
                return snapshotWithout(message, 0);
            }
            // What is no JSON does not reach the client either, and is reported there.
            return undefined;
        }
    }

    private report(error: Error): void {
        try {
            this.settings.report(error);
        } catch {
            // There is nobody else to tell, and what waits must be written all the same.
        }
    }

    private reportTooDeep(): void {
        this.report(failure('A message is nested too deep: the history has it without its content'));
    }

    private add(
        { sessionId, principal }: RecordedSession,
        size: number,
        make: (signature: Signature) => NewHistoryEntry | undefined,
        time = timestamp()
    ) {
        const { node } = this.settings;
        const report = this.reporter;
        const signature = { time, node: node.id, number: ++lastNumber, ...(principal !== undefined && { principal }) };
        return this.writer.add(sessionId, { size, signature, entry: () => make(signature), report }, this.maxWaiting);
    }

    private entryOf(session: RecordedSession, { direction, ...signature }: Written, { text, omitted }: Snapshot) {
        const message = this.redacted(session, direction, JSON.parse(text) as JSONRPCMessage);
        if (!message) {
            return message === null ? gapInPlaceOf(signature, 'redaction') : undefined;
        }
        const entry = { ...signature, direction, message, ...omitted };
        const isDeep = isTooDeep(message);
        if (!isDeep && this.fits(entry)) {
            return entry;
        }
        if (isDeep) {
            this.reportTooDeep();
        }
        const size = omitted ?? { omittedBytes: utf8Length(this.settings.redact ? JSON.stringify(message) : text) };
        const small = { ...entry, message: withoutContent(message), ...size };
        return this.fits(small) ? small : gapInPlaceOf(signature, 'refused');
    }

    private fits(entry: NewHistoryEntry): boolean {
        return utf8Length(JSON.stringify(eventOf(entry))) <= this.maxBytes;
    }

    /** Undefined for what is not to be kept, null where `redact` failed. */
    private redacted(session: RecordedSession, direction: 'in' | 'out', message: JSONRPCMessage): JSONRPCMessage | undefined | null {
        const { redact } = this.settings;
        if (!redact) {
            return message;
        }
        const { sessionName, principal } = session;
        try {
            const redacted: unknown = redact(message, { direction, session: fingerprintOfDigest(sessionName), principal });
            if (redacted === undefined) {
                return undefined;
            }
            // Whatever it is, it must be JSON.
            const kept = JSON.parse(JSON.stringify(redacted)) as unknown;
            if (typeof kept !== 'object' || kept === null || !('jsonrpc' in kept)) {
                throw new TypeError('redact must return a JSON-RPC message or undefined, and not a promise');
            }
            return kept as JSONRPCMessage;
        } catch (cause) {
            this.report(new SessionError('HISTORY_FAILED', 'redact failed: a message is missing in the history', { cause }));
            return null;
        }
    }
}

type Written = Signature & Pick<HistoryMessage, 'direction'>;

/** A message as JSON, or what is left of one that is too large even to wait. */
interface Snapshot {
    readonly text: string;
    readonly omitted?: Pick<HistoryMessage, 'omittedBytes'>;
}

/**
 * The recorder of these options; undefined where nothing is kept.
 *
 * @throws SessionError `CONFIGURATION` where a history is wanted and there is no log for it.
 */
export function recorderOf(
    settings: HistorySettings,
    node: HistoryRecorderSettings['node'],
    report: (error: Error) => void
): HistoryRecorder | undefined {
    const { history } = settings;
    const log = historyLogOf(settings);
    if (history === false || (!history && !log)) {
        return undefined;
    }
    if (!log) {
        throw new SessionError(
            'CONFIGURATION',
            'history needs a historyLog: give the backend `history`, for example createRedisBackend({ redis, history: {} }), or give `history.log`'
        );
    }
    return new HistoryRecorder({ ...(typeof history === 'object' && history), log, node, report });
}

function snapshotWithout(message: JSONRPCMessage, omittedBytes: number): Snapshot {
    return { text: JSON.stringify(withoutContent(message)), omitted: { omittedBytes } };
}
