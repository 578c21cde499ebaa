import type { Act } from '../cluster/support/playTool.js';
import { STANDALONE } from './history.js';
import { Random } from './random.js';

export const NODES = 3;

/** What a client does next. Nodes are named by their index. */
export type Step =
    | { do: 'call'; call: string; rpcId: string | number; node: number; acts: Act[]; end: string }
    | { do: 'cut'; call: string }
    /** Asks for the rest of a call's stream behind the last event that was seen, or behind an earlier one. */
    | { do: 'resume'; call: string; node: number; behind: 'last' | 'first' }
    /** The same at two nodes at the same time. */
    | { do: 'resumeTwice'; call: string; nodes: [number, number] }
    /** Opens the standalone stream, behind the last event that was seen or, as a new client would, without an event id. */
    | { do: 'listen'; node: number; asNew: boolean }
    | { do: 'unlisten' }
    | { do: 'cancel'; call: string; node: number }
    | { do: 'delete'; node: number }
    | { do: 'wait'; ms: number };

export interface SessionPlan {
    name: string;
    /** Where the session begins. */
    node: number;
    steps: Step[];
}

/** What befalls a node, counted from the begin of the schedule. A killed node is started again at once. */
export type FaultPlan = { afterMs: number; node: number } & ({ kind: 'kill' } | { kind: 'pause'; forMs: number });

/** A short run: what some clients do at the same time, and what befalls the nodes meanwhile. */
export interface Schedule {
    seed: number;
    sessions: SessionPlan[];
    faults: FaultPlan[];
}

/** The same for the same seed. */
export function makeSchedule(seed: number): Schedule {
    const random = new Random(seed);
    const sessions = Array.from({ length: random.between(2, 4) }, (_, index) => planSession(random, `s${seed}-${index}`));
    return { seed, sessions, faults: planFaults(random) };
}

function planFaults(random: Random): FaultPlan[] {
    const faults: FaultPlan[] = [];
    const at = () => ({ afterMs: random.between(20, 500), node: random.between(0, NODES - 1) });
    if (random.chance(0.2)) faults.push({ ...at(), kind: 'kill' });
    if (random.chance(0.25)) faults.push({ ...at(), kind: 'pause', forMs: random.between(50, 900) });
    // Long enough to be taken for dead.
    if (random.chance(0.04)) faults.push({ ...at(), kind: 'pause', forMs: random.between(4500, 6000) });
    return faults;
}

function planSession(random: Random, name: string): SessionPlan {
    const node = () => random.between(0, NODES - 1);
    const writer = new ActWriter(random, name);
    const steps: Step[] = [];
    const calls: string[] = [];
    const begin = node();
    for (let length = random.between(6, 14); length > 0; length--) {
        const draw = random.next();
        const call = calls.length > 0 ? random.pick(calls) : undefined;
        if (call === undefined || draw < 0.25) {
            const next = `c${calls.length + 1}`;
            calls.push(next);
            const rpcId = random.pick([1, 1, 1, 2, 'one', `id of ${next}`]);
            steps.push({ do: 'call', call: next, rpcId, node: node(), acts: writer.acts(next), end: `tok:${name}/${next}/end` });
        } else if (draw < 0.4) {
            steps.push({ do: 'cut', call });
        } else if (draw < 0.43) {
            steps.push({ do: 'resumeTwice', call, nodes: [node(), node()] });
        } else if (draw < 0.57) {
            steps.push({ do: 'resume', call, node: node(), behind: random.chance(0.8) ? 'last' : 'first' });
        } else if (draw < 0.72) {
            steps.push({ do: 'listen', node: node(), asNew: random.chance(0.15) });
        } else if (draw < 0.78) {
            steps.push({ do: 'unlisten' });
        } else if (draw < 0.82) {
            steps.push({ do: 'cancel', call, node: node() });
        } else {
            steps.push({ do: 'wait', ms: random.between(1, 120) });
        }
        if (random.chance(0.5)) steps.push({ do: 'wait', ms: random.between(0, 40) });
    }
    if (random.chance(0.15)) steps.push({ do: 'delete', node: node() });
    return { name, node: begin, steps };
}

/** Makes up what calls do; every message gets a token of its own. */
class ActWriter {
    #count = 0;

    constructor(
        private readonly random: Random,
        private readonly session: string
    ) {}

    acts(call: string): Act[] {
        return Array.from({ length: this.random.between(1, 8) }, () =>
            this.random.chance(0.02) ? this.#burst(call) : [this.#act(call)]
        ).flat();
    }

    /** So much at once that a replay of it takes a while. */
    #burst(call: string): Act[] {
        const name = this.random.pick([call, STANDALONE]);
        return Array.from({ length: this.random.between(20, 80) }, () => {
            const token = `tok:${this.session}/${name}/${++this.#count}-${call}`;
            return name === call ? { do: 'say', token } : { do: 'tell', token };
        });
    }

    #act(call: string): Act {
        const { random } = this;
        const draw = random.next();
        const own = (prefix = '') => `tok:${this.session}/${call}/${prefix}${++this.#count}`;
        const standalone = (prefix = '') => `tok:${this.session}/${STANDALONE}/${prefix}${++this.#count}-${call}`;
        if (draw < 0.4) return { do: 'say', token: own(), asProgress: random.chance(0.3) };
        if (draw < 0.6) return { do: 'tell', token: standalone() };
        if (draw < 0.7) return { do: 'ask', token: own('q') };
        if (draw < 0.73) return { do: 'ask', token: standalone('q'), standalone: true };
        if (draw < 0.78) return { do: 'closeStream' };
        if (draw < 0.8) return { do: 'closeStandalone' };
        return { do: 'pause', ms: random.between(1, 80) };
    }
}
