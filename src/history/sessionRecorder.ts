import type { JSONRPCMessage } from '../jsonrpc/types.js';
import { timestamp } from './entry.js';
import type { HistoryRecorder, RecordedSession } from './historyRecorder.js';

/** How many messages of a session that is being begun are held: its `initialize` is one. */
const mostHeld = 10;

export interface SessionRecorderSettings {
    readonly recorder: HistoryRecorder;
    /** The session that is served here. */
    session(): RecordedSession;
    /** What is on its way to the store. To be waited for where this process may be frozen when its answer ends. */
    onleaving(leaving: Promise<void>): void;
}

/** Notes the messages of the one session of a transport. What comes before the session is recorded is held until then. */
export class SessionRecorder {
    private held: [direction: 'in' | 'out', message: JSONRPCMessage, time: string][] = [];
    private isBegun = false;

    constructor(private readonly settings: SessionRecorderSettings) {}

    /** A message that was let in (`in`), or is sent (`out`), and when that was. */
    note(direction: 'in' | 'out', message: JSONRPCMessage, time = timestamp()): void {
        if (this.isBegun) {
            const { recorder, session, onleaving } = this.settings;
            onleaving(recorder.message(session(), direction, message, time));
        } else if (this.held.length < mostHeld) {
            this.held.push([direction, message, time]);
        }
    }

    /** There is a session now. */
    begin(): void {
        this.isBegun = true;
        this.held.splice(0).forEach(([direction, message, time]) => this.note(direction, message, time));
    }

    /** The session that was being begun came to nothing. */
    forget(): void {
        this.held = [];
    }

    /** A DELETE that came here ended a session, which need not be served here. The promise is that of the recorder. */
    ended(session: RecordedSession): Promise<void> {
        return this.settings.recorder.ended(session, 'client');
    }
}
