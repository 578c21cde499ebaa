import { randomUUID } from 'node:crypto';
import type { ChosenBackend } from '@mcp-sessions/backends';
import { reasonOf } from '../printable.js';
import { inTime } from '../waiting.js';
import type { Findings } from './findings.js';
import { connectionsAdvice } from './postgresAdvice.js';

/** How long a message may take. */
const patienceMs = 4000;

/**
 * Whether what one node sends reaches another one, by the bus that servers use.
 *
 * @param said the last that the backend has warned of: a bus tries on, and only says why.
 */
export async function checkBus({ kind, messageBus }: ChosenBackend, findings: Findings, said: () => string | undefined): Promise<void> {
    const address = `node/doctor-${randomUUID()}`;
    const start = performance.now();
    const sent = async () => {
        let hear: () => void = () => undefined;
        const heard = new Promise<void>(resolve => (hear = resolve));
        const subscription = await messageBus.subscribe(address, { onMessage: () => hear(), onGap: () => undefined });
        try {
            await messageBus.publish(address, 'doctor');
            await heard;
        } finally {
            await subscription.close();
        }
    };
    const polls = messageBus.polls === true;
    const means = polls ? 'polling' : kind === 'postgres' ? 'LISTEN' : 'pub/sub';
    try {
        await inTime(patienceMs, sent(), () => {
            throw new Error(/tries again: (.*)$/.exec(said() ?? '')?.[1] ?? `no message came within ${patienceMs / 1000} s`);
        });
        findings.ok('bus', `messages between nodes arrive, by ${means} (${(performance.now() - start).toFixed(0)} ms for the first)`);
    } catch (error) {
        findings.problem(
            'bus',
            `messages between nodes do not arrive by ${means}: ${reasonOf(error)}. Questions, cancellations and the end of a session do not get to the node that they concern`,
            /53300/.test(reasonOf(error)) ? connectionsAdvice : advice(kind, polls)
        );
    }
}

function advice(kind: ChosenBackend['kind'], polls: boolean): string {
    if (polls) {
        return 'See the other findings: what polls only reads and writes';
    }
    return kind === 'postgres'
        ? 'Behind a pooler in transaction mode set `push: false` (listen: false) on all servers, or give them a connection past it; then run doctor --no-push'
        : 'Allow SUBSCRIBE and PUBLISH (in a Cluster SSUBSCRIBE and SPUBLISH) on the channels of the prefix; or set `push: false` on all servers, and run doctor --no-push';
}
