import { machineTime } from '../cluster/support/sentRecorder.js';
import type { History } from './history.js';
import { readRecords } from './nodeRecords.js';
import { Player } from './player.js';
import type { Schedule } from './schedule.js';
import type { Stage } from './stage.js';
import { GRACE_MS } from './view.js';

/** Plays a schedule on a cluster of processes and tells what happened. */
export async function runSchedule(stage: Stage, { seed, sessions, faults }: Schedule): Promise<History> {
    const begun = machineTime();
    const history: History = {
        seed: String(seed),
        sessions: [],
        calls: [],
        sent: [],
        questionEnds: [],
        connections: [],
        exchanges: [],
        faults: []
    };
    const players = sessions.map(plan => new Player(plan, stage, history));
    await Promise.all(players.map(player => player.begin()));
    const timers = faults.map(fault =>
        setTimeout(() => (fault.kind === 'kill' ? stage.kill(fault.node) : stage.pause(fault.node, fault.forMs)), fault.afterMs)
    );
    await Promise.all(players.map(player => player.play()));
    timers.forEach(timer => clearTimeout(timer));
    await stage.healed();
    await Promise.all(players.map(player => player.finish()));
    const names = new Set(sessions.map(({ name }) => name));
    const records = readRecords(stage.records());
    history.sent = records.sent.filter(({ session }) => names.has(session));
    const tokens = new Set(history.sent.map(({ token }) => token));
    history.questionEnds = records.questionEnds.filter(({ question }) => tokens.has(question));
    history.faults = stage.faults.filter(({ to }) => to + GRACE_MS > begun);
    return history;
}
