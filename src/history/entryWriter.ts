import { withinDeadline } from '../deadline.js';
import type { EventLog, NewEvent } from '../ports/eventLog.js';
import { settled } from '../timers.js';
import { eventOf, historyStream, noEntry, type NewHistoryEntry } from './entry.js';
import type { LogHealth } from './logHealth.js';
import { failure, gapInPlaceOf, type Noted } from './noted.js';

/** After how long a call counts as failed, and how much longer its outcome is waited for, in milliseconds. */
const slowMs = 1000;
const lateMs = 30_000;
/** For how long the same entries are tried, in milliseconds. */
const keepTryingMs = 600_000;
/** How often an entry is tried that the log does not take, while it takes something else. */
const mostRefusals = 3;

type Outcome = 'written' | 'refused' | 'failed';

export interface EntryWriterSettings {
    readonly log: EventLog;
    readonly health: LogHealth;
    /** The session's history in the log. */
    name(): Promise<string>;
    /** A try failed. There will be more. */
    onfailed(): void;
    /** Its tries begin to fail, or do so no more. */
    onturn(isFailing: boolean): void;
}

/**
 * Writes the entries of one session. While the log fails they are tried again; what the log refuses although it takes
 * something else is looked for, and a gap is written in its place.
 */
export class EntryWriter {
    /** Tries that have failed since the last that did not. */
    private failures = 0;
    private successesOfAll = 0;
    private alone = false;

    constructor(private readonly settings: EntryWriterSettings) {}

    /** It failed although others succeed. */
    get isAlone(): boolean {
        return this.alone;
    }

    /** Its last try failed. */
    get hasFailed(): boolean {
        return this.failures > 0;
    }

    get isFailing(): boolean {
        return this.hasFailed || this.settings.health.isFailing;
    }

    /** @returns what the log did not take in a long time. */
    async write(entries: readonly NewHistoryEntry[], report: Noted['report']): Promise<readonly NewHistoryEntry[]> {
        let rest = entries;
        let size = rest.length;
        let refusals = 0;
        let until = performance.now() + keepTryingMs;
        while (rest.length > 0) {
            await this.turn(until);
            if (performance.now() > until) {
                this.countFailures(0);
                this.alone = false;
                return rest;
            }
            const tried = rest.slice(0, size);
            const outcome = await this.tryToWrite(tried, report);
            if (outcome === 'written') {
                rest = rest.slice(tried.length);
                size *= 2;
                refusals = 0;
                until = performance.now() + keepTryingMs;
            } else if (outcome === 'refused' && tried.length > 1) {
                size = Math.ceil(tried.length / 2);
            } else if (outcome === 'refused' && ++refusals === mostRefusals) {
                refusals = 0;
                rest = [...replaced(tried, report), ...rest.slice(1)];
            }
        }
        return [];
    }

    private async turn(until: number): Promise<void> {
        const { health } = this.settings;
        if (this.alone) {
            await health.sleepAlone(this.failures);
        } else if (this.isFailing) {
            await health.sleep(this.hasFailed, until);
        }
    }

    /** What was written although the log seemed to fail is written twice and read once: entries have numbers. */
    private async tryToWrite(entries: readonly NewHistoryEntry[], report: Noted['report']): Promise<Outcome> {
        const { health, onfailed } = this.settings;
        const wasFailing = health.isFailing;
        const calls: Promise<unknown>[] = [];
        try {
            await this.append(
                entries.map(entry => eventOf(entry)),
                calls
            );
            return this.succeeded('written');
        } catch (error) {
            onfailed();
            const [call] = calls;
            // Where others have just found that the log fails, there is no need to ask.
            const isAsking = wasFailing || !health.isFailing;
            if ((await outcomeOf(call, 0)) === 'rejected' && isAsking && (await this.takesOthers())) {
                return this.succeeded('refused');
            }
            this.failed(error, report);
            return (await outcomeOf(call, lateMs)) === 'done' ? this.succeeded('written') : 'failed';
        }
    }

    /** Whether the log takes into the same history what stands for nothing. Then it is the entries that it does not like. */
    private async takesOthers(): Promise<boolean> {
        try {
            await this.append([noEntry], []);
            return true;
        } catch {
            // It is the log that fails, as its last answer has told.
            return false;
        }
    }

    private async append(messages: readonly NewEvent['message'][], calls: Promise<unknown>[]): Promise<void> {
        const { log } = this.settings;
        const name = await this.settings.name();
        const events = messages.map((message): NewEvent => ({ streamId: historyStream, message }));
        const start = (): Promise<unknown> => {
            const call = log.append(name, events);
            calls.push(call);
            return call;
        };
        await withinDeadline(slowMs, start, 'log');
    }

    private succeeded<T extends Outcome>(outcome: T): T {
        this.countFailures(0);
        this.alone = false;
        this.settings.health.succeeded();
        return outcome;
    }

    private failed(error: unknown, report: Noted['report']): void {
        const { health } = this.settings;
        this.alone ||= this.hasFailed && health.successes > this.successesOfAll;
        this.countFailures(this.failures + 1);
        this.successesOfAll = health.successes;
        if (!this.alone && health.failed()) {
            report(failure('The store of the history failed; what it is to keep waits in memory, and sessions go on', error));
        }
    }

    private countFailures(failures: number): void {
        const { hasFailed } = this;
        this.failures = failures;
        if (this.hasFailed !== hasFailed) {
            this.settings.onturn(this.hasFailed);
        }
    }
}

/** A gap; nothing where it is a gap that is refused. */
function replaced([entry]: readonly NewHistoryEntry[], report: Noted['report']): readonly NewHistoryEntry[] {
    report(failure('The store of the history refuses a message: it is missing there'));
    return !entry || ('event' in entry && entry.event === 'dropped') ? [] : [gapInPlaceOf(entry, 'refused')];
}

/** What a call that seemed to fail comes to after all, if it does in time. */
async function outcomeOf(call: Promise<unknown> | undefined, patienceMs: number): Promise<'done' | 'rejected' | 'open'> {
    if (!call) {
        return 'rejected';
    }
    const outcome = call.then(
        () => 'done' as const,
        () => 'rejected' as const
    );
    return (await settled(outcome, patienceMs)) ? outcome : 'open';
}
