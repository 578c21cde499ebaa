import type { EventLog, LogCursor, LogPage, NewEvent } from '@mcp-sessions/core';

export { aRoundTrip } from '../saboteur.js';

/** A log with one fault, and the clauses that must catch it. */
export interface LogSaboteur {
    readonly fault: string;
    /** How the titles of those clauses begin, without the number. */
    readonly caughtBy: readonly string[];
    /** Makes the fault in a log that is right. Called once for all nodes; what it returns is called for each node. */
    readonly sabotage: (log: EventLog) => () => EventLog;
    /** The fault is that the log does not know its limits. */
    readonly isUnlimited?: boolean;
}

/** The log, with some methods replaced. */
export function broken(log: EventLog, faults: Partial<EventLog>): EventLog {
    return {
        append: (...args) => log.append(...args),
        read: (...args) => log.read(...args),
        claim: (...args) => log.claim(...args),
        release: (...args) => log.release(...args),
        drop: (...args) => log.drop(...args),
        touch: (...args) => log.touch(...args),
        ...faults
    };
}

/** A saboteur whose nodes share the fault. */
export function saboteur(fault: string, caughtBy: string | readonly string[], faults: (log: EventLog) => Partial<EventLog>): LogSaboteur {
    return {
        fault,
        caughtBy: typeof caughtBy === 'string' ? [caughtBy] : caughtBy,
        sabotage: log => {
            const one = broken(log, faults(log));
            return () => one;
        }
    };
}

/** A log that gives other events to the log behind it. */
export function appending(change: (event: NewEvent) => NewEvent): (log: EventLog) => Partial<EventLog> {
    return log => ({ append: (id, events) => log.append(id, events.map(change)) });
}

/** A log that asks the log behind it for another cursor. */
export function reading(change: (cursor: LogCursor) => LogCursor): (log: EventLog) => Partial<EventLog> {
    return log => ({ read: (id, streamId, cursor, limit) => log.read(id, streamId, change(cursor), limit) });
}

/** A log whose pages are changed. */
export function paging(change: (page: LogPage, cursor: LogCursor) => LogPage | null): (log: EventLog) => Partial<EventLog> {
    return log => ({
        read: async (id, streamId, cursor, limit) => {
            const page = await log.read(id, streamId, cursor, limit);
            return page && change(page, cursor);
        }
    });
}
