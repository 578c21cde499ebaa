import { requireCount, requirePositive } from '../positiveOptions.js';

/** How much of each session's history a backend keeps, and for how long. */
export interface HistoryLimits {
    /**
     * Seconds for which an entry is kept. What is older is not given out any more; it is gone from the store when the session
     * next goes on, or this long after its last message. @default 604800, seven days
     */
    retentionSeconds?: number;
    /** Entries that are kept of one session; the oldest go first. @default 10000 */
    maxMessages?: number;
    /** Bytes of JSON that are kept of one session; the oldest go first. @default 16777216 */
    maxBytes?: number;
}

const defaultRetentionSeconds = 7 * 24 * 60 * 60;
const defaultMaxMessages = 10_000;
const defaultMaxBytes = 16 * 1024 * 1024;

/**
 * The options of an event log that keeps histories.
 *
 * @throws RangeError for a number that is not positive.
 */
export function historyLogOptions({
    retentionSeconds = defaultRetentionSeconds,
    maxMessages = defaultMaxMessages,
    maxBytes = defaultMaxBytes
}: HistoryLimits = {}) {
    requirePositive(retentionSeconds, 'retentionSeconds');
    requireCount(maxMessages, 'maxMessages');
    requireCount(maxBytes, 'maxBytes');
    return { ttlSeconds: retentionSeconds, maxAgeSeconds: retentionSeconds, maxEvents: maxMessages, maxBytes };
}
