import { SessionError } from '../errors.js';
import { withLock, type HeldLock, type WithLockOptions } from '../lock/withLock.js';
import type { SessionLock } from '../ports/sessionLock.js';
import type { LiveSession } from './liveSession.js';
import type { SessionRecord } from './record.js';
import { checkedSize, sessionEnded } from './stateChecks.js';
import type { StateKeeper, StateValues } from './stateKeeper.js';

export interface ExternalStateSettings {
    readonly lock: SessionLock | undefined;
    readonly maxStateBytes: number;
    readonly sessionName: () => string;
    readonly live: () => LiveSession | undefined;
    /** Whether an `initialize` is under way. */
    readonly isBeginning: () => boolean;
    read(sessionId: string): Promise<SessionRecord | null>;
}

/** Values in the session's record: they live as long as it does, are as safe as it is, and end with it. */
export class ExternalState implements StateKeeper {
    constructor(private readonly settings: ExternalStateSettings) {}

    async read(): Promise<StateValues> {
        const record = await this.settings.read(this.live.record.sessionId);
        if (!record) {
            throw sessionEnded();
        }
        return record.state ?? {};
    }

    async change(change: (values: StateValues) => StateValues | undefined): Promise<void> {
        const { maxStateBytes } = this.settings;
        let failure: { readonly error: unknown } | undefined;
        const lives = await this.live.change(record => {
            failure = undefined;
            try {
                const state = change(record.state ?? {});
                return state && { state: checkedSize(state, maxStateBytes) };
            } catch (error) {
                // Changes of others are written together with this one, and must not fail with it.
                failure = { error };
                return undefined;
            }
        });
        if (failure) {
            throw failure.error;
        }
        if (!lives) {
            throw sessionEnded();
        }
    }

    withLock<T>(work: (held: HeldLock) => Promise<T> | T, options?: WithLockOptions): Promise<T> {
        const { lock, sessionName } = this.settings;
        if (!lock) {
            throw new SessionError('CONFIGURATION', 'withLock needs a sessionLock; for example ...createRedisBackend({ redis })');
        }
        return withLock(lock, `state/${sessionName()}`, work, options);
    }

    private get live(): LiveSession {
        const live = this.settings.live();
        if (live) {
            return live;
        }
        throw this.settings.isBeginning()
            ? new SessionError('CONFIGURATION', 'The state of a session begins when its initialize has been answered')
            : sessionEnded();
    }
}
