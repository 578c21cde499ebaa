import type { Findings } from './findings.js';

/** Round trips that the latency is the median of. */
const roundTrips = 20;
const slowMs = 20;
/** Sessions of nodes whose clocks are this far apart are tested. */
const farMs = 5000;
const noticeableMs = 1000;

/** How long a round trip takes, one after the other. */
export async function checkLatency(findings: Findings, where: string, trip: () => Promise<unknown>): Promise<void> {
    const times: number[] = [];
    await trip(); // The first one may have to open a connection.
    for (let count = 0; count < roundTrips; count++) {
        const start = performance.now();
        await trip();
        times.push(performance.now() - start);
    }
    const median = times.sort((a, b) => a - b)[Math.floor(roundTrips / 2)] ?? NaN;
    const text = `a round trip${where} takes ${median.toFixed(1)} ms (median of ${roundTrips})`;
    if (median > slowMs) {
        findings.warning(
            'latency',
            `${text}: each request that looks at its session, and each message that is kept, takes that much longer`,
            'Run servers and backend in the same region, and this command where the servers run. Raise revalidateMs to ask less often'
        );
    } else {
        findings.ok('latency', text);
    }
}

/** How far the clock of this machine is from that of the server, by the round trip that was the fastest. */
export async function checkClock(findings: Findings, where: string, now: () => Promise<number>): Promise<void> {
    let best = { tripMs: Infinity, offsetMs: 0 };
    for (let count = 0; count < 5; count++) {
        const [start, begin] = [performance.now(), Date.now()];
        const theirs = await now();
        const tripMs = performance.now() - start;
        if (tripMs < best.tripMs) {
            best = { tripMs, offsetMs: theirs - (begin + tripMs / 2) };
        }
    }
    const { offsetMs, tripMs } = best;
    const size = Math.abs(offsetMs);
    const text = `the clock${where} is ${(size / 1000).toFixed(1)} s ${offsetMs > 0 ? 'ahead of' : 'behind'} this machine's`;
    if (size - tripMs > farMs) {
        findings.warning(
            'clock',
            `${text}. Sessions end by the clock of the backend, but ages that are shown, and what operators filter by them, are wrong`,
            'Synchronise both clocks (NTP). On a server whose clock is set back, locks and logs wait until it has caught up'
        );
    } else if (size - tripMs > noticeableMs) {
        findings.note('clock', text, 'Synchronise both clocks (NTP)');
    } else {
        findings.ok('clock', `the clock${where} agrees with this machine's, to ${Math.ceil(size + tripMs / 2)} ms`);
    }
}
