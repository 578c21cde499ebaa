import type { History } from './history.js';
import type { Failure } from './runMany.js';

/** What is wrong with a history, and the history itself: by tokens, without what else messages and ids hold. */
export function show({ history, violations }: Failure): string {
    const found = violations.map(
        ({ predicate, guarantees, what, session = '', stream = '', tokens = [] }) =>
            `  ${predicate} (${guarantees}) ${session} ${stream}: ${what}: ${tokens.join(', ')}`
    );
    const sessions = new Set(violations.map(({ session }) => session));
    return [`Seed ${history.seed}`, ...found, ...lines(history, sessions)].join('\n');
}

function lines(history: History, sessions: ReadonlySet<string | undefined>): string[] {
    const concerns = ({ session }: { session: string }) => sessions.has(undefined) || sessions.has(session);
    const entries: [at: number, text: string][] = [];
    for (const { token, node, begun, done, failure } of history.sent.filter(concerns)) {
        entries.push([begun, `${node} sends ${token}`]);
        if (done !== undefined) entries.push([done, `${node} has sent ${token}`]);
        if (failure !== undefined) entries.push([begun, `${node} could not send ${token}: ${failure}`]);
    }
    for (const { name, session, node, sent, opened, events, closed, closedBy, cursor } of history.connections.filter(concerns)) {
        const from = cursor === undefined ? '' : ` behind ${positionOf(cursor)}`;
        entries.push([sent, `${session} asks ${node} for ${name}${from}`]);
        if (opened !== undefined) entries.push([opened, `${session} ${name} is open`]);
        for (const { at, kind, token = '', id } of events) {
            entries.push([at, `${session} ${name} sees ${kind} ${token} at ${id === undefined ? '-' : positionOf(id)}`]);
        }
        if (closed !== undefined) entries.push([closed, `${session} ${name} is closed by ${closedBy ?? 'nobody'}`]);
    }
    for (const { session, what, node, begun, ended, status, question = '' } of history.exchanges.filter(concerns)) {
        entries.push([begun, `${session} ${what} ${question} to ${node}, ${status ?? 'no answer'} after ${(ended - begun).toFixed()} ms`]);
    }
    for (const { question, at, failure } of history.questionEnds) {
        if (concerns({ session: question.slice(4).split('/')[0] ?? '' })) entries.push([at, `${question} ended ${failure ?? 'well'}`]);
    }
    for (const { kind, node, from, to } of history.faults) entries.push([from, `${kind} of ${node} for ${(to - from).toFixed()} ms`]);
    const first = Math.min(...entries.map(([at]) => at));
    return entries.sort(([a], [b]) => a - b).map(([at, text]) => `  ${(at - first).toFixed(1).padStart(9)} ${text}`);
}

const positionOf = (id: string) => id.slice(id.indexOf('~'));
