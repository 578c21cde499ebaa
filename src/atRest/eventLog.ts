import { fingerprint } from '../digest.js';
import type { JSONRPCMessage } from '../jsonrpc/types.js';
import type { EventLog, LogCursor, LoggedEvent, LogPage, NewEvent } from '../ports/eventLog.js';
import { Sealer, type EncryptionOptions } from './sealer.js';
import { scopeOf } from './sessionStore.js';
import { StreamNames } from './streamNames.js';

/** What a sealed message looks like to the log: a notification, for one that looks into it. */
const sealedMethod = 'mcp-sessions/sealed';

/** The message's own braces, names and quotes, in bytes. */
const frameBytes = JSON.stringify(frame('', true)).length;

/**
 * The log, with messages that only who has the keys can read or alter, and names of sessions, streams and requests that say
 * nothing. Positions, sizes and times, and the names of readers, which hold the ids of nodes, stay as they are.
 *
 * An event that cannot be decrypted is passed over, like one that was removed; if it was a final response, what comes before
 * it is all that can be had of its stream.
 *
 * @throws SessionError `CONFIGURATION` where a key cannot be used.
 */
export function encryptEventLog(log: EventLog, options: EncryptionOptions): EventLog {
    return sealedLog(log, new Sealer(options));
}

export function sealedLog(log: EventLog, sealer: Sealer): EventLog {
    const sealed = new SealedLog(log, sealer);
    const { maxEventBytes, close } = log;
    return {
        append: (sessionId, events) => sealed.append(sessionId, events),
        read: (sessionId, streamId, cursor, limit) => sealed.read(sessionId, streamId, cursor, limit),
        claim: async (sessionId, streamId, reader, condition) =>
            log.claim(...(await sealed.namesOf(sessionId, streamId)), reader, condition),
        release: async (sessionId, streamId, reader, delivered) =>
            log.release(...(await sealed.namesOf(sessionId, streamId)), reader, delivered),
        // What is left from before the switch goes too.
        drop: async sessionId => void (await Promise.all((await sealer.idsOf(sessionId)).map(id => log.drop(id)))),
        touch: async sessionId => log.touch((await sealer.idsOf(sessionId))[0]),
        ...(maxEventBytes !== undefined && {
            maxEventBytes: sealer.writesPlain ? maxEventBytes : sealer.longestWithin(maxEventBytes - frameBytes)
        }),
        ...(close && { close: () => close.call(log) })
    };
}

class SealedLog {
    private readonly names = new StreamNames();

    constructor(
        private readonly log: EventLog,
        private readonly sealer: Sealer
    ) {}

    async append(sessionId: string, events: readonly NewEvent[]): Promise<readonly (string | null)[]> {
        // All of them first: what cannot be JSON must not leave half of the events behind.
        const texts = events.map(({ message }) => JSON.stringify(message));
        const [id] = await this.sealer.idsOf(sessionId);
        return this.log.append(
            id,
            this.sealer.writesPlain
                ? events
                : await Promise.all(events.map((event, index) => this.seal(sessionId, event, texts[index] ?? '')))
        );
    }

    async read(sessionId: string, streamId: string, cursor: LogCursor, limit: number): Promise<LogPage | null> {
        const page = await this.log.read(...(await this.namesOf(sessionId, streamId)), cursor, limit);
        return page && this.open(sessionId, streamId, page);
    }

    /** What the log knows a session and one of its streams by. */
    async namesOf(sessionId: string, streamId: string): Promise<[session: string, stream: string]> {
        const [id] = await this.sealer.idsOf(sessionId);
        return [id, this.sealer.writesPlain ? streamId : await this.names.stream(sessionId, streamId)];
    }

    private async seal(sessionId: string, { streamId, finalOf, undelivered }: NewEvent, text: string): Promise<NewEvent> {
        const isFinal = finalOf !== undefined;
        const hiddenId = await this.sealer.hiddenIdOf(sessionId);
        const [name, request, sealed] = await Promise.all([
            this.names.stream(sessionId, streamId),
            isFinal ? this.names.request(sessionId, streamId, finalOf) : undefined,
            this.sealer.seal(scopeOf(hiddenId), placeOf(sessionId, streamId, isFinal), text)
        ]);
        return {
            streamId: name,
            message: frame(sealed, isFinal),
            ...(request !== undefined && { finalOf: request }),
            ...(undelivered !== undefined && { undelivered })
        };
    }

    private async open(sessionId: string, streamId: string, page: LogPage): Promise<LogPage | null> {
        const last = page.last && (await this.openMessage(sessionId, streamId, page.last));
        if (page.last && !last) {
            await this.report(sessionId);
            return null;
        }
        const opened = await Promise.all(page.events.map(({ message }) => this.openMessage(sessionId, streamId, message)));
        const events: LoggedEvent[] = [];
        for (const [index, { position, message: found }] of page.events.entries()) {
            const message = opened[index];
            if (message) {
                events.push({ position, message });
                continue;
            }
            await this.report(sessionId);
            if (isFinal(found)) {
                // Whoever waits for this response must learn that something is missing, and not wait on.
                const before = events.at(-1);
                return before ? { ...page, last, events, position: before.position, more: true } : null;
            }
        }
        return { ...page, last, events };
    }

    private async openMessage(sessionId: string, streamId: string, message: JSONRPCMessage): Promise<JSONRPCMessage | undefined> {
        const text = sealedTextIn(message);
        if (text === undefined) {
            return this.sealer.acceptsPlain ? message : undefined;
        }
        const scope = scopeOf(await this.sealer.hiddenIdOf(sessionId));
        const opened = await this.sealer.open(scope, placeOf(sessionId, streamId, isFinal(message)), text);
        return opened && (JSON.parse(opened.text) as JSONRPCMessage);
    }

    private async report(sessionId: string): Promise<void> {
        this.sealer.reportUnreadable(`An event of session ${await fingerprint(sessionId)}`);
    }
}

function frame(sealed: string, isFinal: boolean): JSONRPCMessage {
    return { jsonrpc: '2.0', method: sealedMethod, params: { sealed, ...(isFinal && { final: true }) } };
}

function sealedTextIn(message: JSONRPCMessage): string | undefined {
    const sealed = 'method' in message && message.method === sealedMethod ? message.params?.['sealed'] : undefined;
    return typeof sealed === 'string' ? sealed : undefined;
}

function isFinal(message: JSONRPCMessage): boolean {
    return 'method' in message && message.params?.['final'] === true;
}

function placeOf(sessionId: string, streamId: string, isFinal: boolean) {
    return [isFinal ? 'final' : 'event', sessionId, streamId];
}
