import type { History, Violation } from './history.js';
import { violations } from './predicates.js';
import { runSchedule } from './runSchedule.js';
import { makeSchedule } from './schedule.js';
import { Stage } from './stage.js';

export interface RunOptions {
    redisUrl: string;
    /** The seed of the first schedule; each further one has the next number. */
    seed: number;
    count: number;
    /** How many run at the same time, each on a cluster of its own. */
    lanes: number;
    /** Called with each schedule that was played. */
    onplayed?: (seed: number) => void;
}

export interface Failure {
    history: History;
    violations: Violation[];
}

/** What all runs together were made of, so that it can be seen that they exercise what they are for. */
export type Tally = Record<string, number>;

/** Plays schedules and judges what happened. Ends early when there are enough failures to look at. */
export async function runMany({ redisUrl, seed, count, lanes, onplayed }: RunOptions): Promise<{ failures: Failure[]; tally: Tally }> {
    const failures: Failure[] = [];
    const tally: Tally = {};
    const add = (name: string, number: number) => (tally[name] = (tally[name] ?? 0) + number);
    let next = seed;
    const playLane = async (): Promise<void> => {
        const stage = await Stage.open(redisUrl);
        try {
            while (next < seed + count && failures.length < 5) {
                const own = next++;
                const history = await runSchedule(stage, makeSchedule(own));
                const found = violations(history);
                if (found.length > 0) failures.push({ history, violations: found });
                add('schedules', 1);
                add('sessions', history.sessions.length);
                add('messages', history.sent.length);
                add('connections', history.connections.length);
                add(
                    'events seen',
                    history.connections.reduce((sum, { events }) => sum + events.length, 0)
                );
                add('answers', history.exchanges.filter(({ what }) => what === 'answer').length);
                add(
                    'errors in place of results',
                    history.connections.filter(({ events }) => events.some(({ kind }) => kind === 'error')).length
                );
                for (const { kind } of history.faults) add(`${kind}s`, 1);
                onplayed?.(own);
            }
        } finally {
            await stage.close();
        }
    };
    await Promise.all(Array.from({ length: Math.min(lanes, count) }, playLane));
    return { failures, tally };
}
