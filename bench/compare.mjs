import { spread } from './statistics.mjs';
import { startTarget } from './target.mjs';

/** What is compared: each figure of a slice, named and derived. */
export const FIGURES = {
    cpu: sample => sample.cpuMicros / sample.requests,
    throughput: sample => sample.requests / sample.seconds,
    p50: sample => sample.p50Ms,
    p99: sample => sample.p99Ms
};

/**
 * Loads a baseline, as a rule the official server, and a contender in turn, both alive all the time. A shared machine has
 * fast and slow seconds; two neighbouring slices mostly fall into the same kind, so they are compared with each other and
 * with no others.
 *
 * @param {{ baseline: import('./plan.mjs').ServerSpec, contender: import('./plan.mjs').ServerSpec }} specs
 * @param {'call' | 'initialize'} kind
 * @param {import('./options.mjs').Timing} timing
 * @param {import('./stores/open.mjs').Store} [store] of the contender
 */
export async function compare(specs, kind, timing, load, store) {
    const rounds = [];
    let isWarm = true;
    for (let start = 1; start <= timing.starts; start++) {
        const pair = await comparePair(specs, kind, timing, load, store);
        isWarm &&= pair.isWarm;
        rounds.push(...pair.rounds.map(round => ({ start, ...round })));
    }
    return { rounds, isWarm, summary: summarize(rounds) };
}

async function comparePair(specs, kind, timing, load, store) {
    const targets = {};
    try {
        targets.baseline = await startTarget('baseline', specs.baseline, load, kind);
        targets.contender = await startTarget('contender', specs.contender, load, kind, store);
        const isWarm = await warmUp(targets, kind, timing);
        const rounds = [];
        for (let round = 0; round < timing.rounds; round++) rounds.push(await oneRound(targets, round, timing.sliceMs));
        return { rounds, isWarm };
    } finally {
        for (const target of Object.values(targets)) await target.stop();
    }
}

/** @returns whether both answered enough requests; a slow machine is not waited for without end */
async function warmUp(targets, kind, { warmUpRequests, warmUpRounds, sliceMs }) {
    // An initialize runs several times the code of a call.
    const enough = kind === 'initialize' ? warmUpRequests / 5 : warmUpRequests;
    const answered = { baseline: 0, contender: 0 };
    const isWarm = () => Math.min(answered.baseline, answered.contender) >= enough;
    for (let round = 0; round < warmUpRounds && !isWarm(); round++) {
        const { baseline, contender } = await oneRound(targets, round, sliceMs);
        answered.baseline += baseline.requests;
        answered.contender += contender.requests;
    }
    return isWarm();
}

/** Swaps the order each time, so that neither side always has the cooler machine. */
async function oneRound(targets, number, sliceMs) {
    const order = number % 2 === 0 ? ['baseline', 'contender'] : ['contender', 'baseline'];
    const samples = {};
    for (const side of order) samples[side] = await targets[side].slice(sliceMs);
    return { first: order[0], baseline: samples.baseline, contender: samples.contender };
}

function summarize(rounds) {
    const summary = {};
    for (const [name, figure] of Object.entries(FIGURES)) {
        summary[name] = {
            baseline: spread(rounds.map(round => figure(round.baseline))).median,
            contender: spread(rounds.map(round => figure(round.contender))).median,
            ratio: spread(rounds.map(round => figure(round.contender) / figure(round.baseline)))
        };
    }
    const store = rounds.map(({ contender }) => contender).filter(({ storeCalls }) => storeCalls !== undefined);
    if (store.length > 0) {
        const perRequest = name => spread(store.map(sample => sample[name] / sample.requests)).median;
        summary.store = { calls: perRequest('storeCalls'), cpu: perRequest('storeCpuMicros') };
    }
    return { ...summary, loadBusy: spread(rounds.map(({ contender }) => loadShare(contender))).median };
}

/** How much of a core the load generator took; near 1 it is the generator that limits the throughput. */
function loadShare({ loadCpuMicros = 0, seconds }) {
    return loadCpuMicros / (seconds * 1e6);
}
