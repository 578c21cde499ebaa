import type { BackendKind } from './backend.js';
import { postgres, postgresPolling } from './postgres.js';
import { redis, redisPolling } from './redis.js';
import { upstash } from './upstash.js';

/** One for each way in which nodes reach each other: pub/sub, LISTEN and NOTIFY, and polling. */
export const backends: BackendKind[] = [redis, postgres, upstash];

/** Where nodes may be told to poll although there is push. */
export const pollingBackends: BackendKind[] = [redisPolling, postgresPolling, upstash];

/** Where nodes hear of each other at once. */
export const pushingBackends: BackendKind[] = [redis, postgres];
