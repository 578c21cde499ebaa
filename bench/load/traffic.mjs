import { percentile } from '../statistics.mjs';

/** What may pass after the end of a slice until the last answer is there. */
const PATIENCE_MS = 10_000;

/**
 * @typedef {object} SliceResult
 * @property {number} requests all of them answered, and answered right
 * @property {number} seconds from the first request to the last answer
 * @property {number} p50Ms
 * @property {number} p99Ms
 */

/** Closed-loop load: every lane has one request in flight, and sends the next when it is answered. */
export class Traffic {
    #lanes;
    #send;

    /** @param {(lane: number, done: () => void, failed: (error: Error) => void) => void} send */
    constructor(lanes, send) {
        this.#lanes = lanes;
        this.#send = send;
    }

    /** @returns {Promise<SliceResult>} when the time is up and nothing is in flight */
    run(ms) {
        return new Promise((resolve, reject) => {
            const latencies = [];
            const start = performance.now();
            const deadline = start + ms;
            let busy = this.#lanes;
            const timer = setTimeout(() => reject(new Error(`${busy} requests were not answered in time`)), ms + PATIENCE_MS);
            const failed = error => {
                clearTimeout(timer);
                reject(error);
            };
            const next = lane => {
                const sentAt = performance.now();
                this.#send(lane, () => done(lane, sentAt), failed);
            };
            const done = (lane, sentAt) => {
                const now = performance.now();
                latencies.push(now - sentAt);
                if (now < deadline) return next(lane);
                if (--busy > 0) return;
                clearTimeout(timer);
                resolve(summarize(latencies, (now - start) / 1000));
            };
            for (let lane = 0; lane < this.#lanes; lane++) next(lane);
        });
    }
}

function summarize(latencies, seconds) {
    const sorted = Float64Array.from(latencies).sort();
    return { requests: sorted.length, seconds, p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) };
}
