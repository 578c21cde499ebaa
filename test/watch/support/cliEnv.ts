import type { WatchedCluster } from './watchedCluster.js';

/** Words and environment of a command on the backend of a cluster. */
export function commandOn(cluster: WatchedCluster, ...words: string[]): [words: string[], options: { env: Record<string, string> }] {
    const { STORE, KEY_PREFIX, SCHEMA, PUSH, REDIS_URL, POSTGRES_URL, UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN } =
        cluster.backend.env;
    const env = Object.entries({ REDIS_URL, POSTGRES_URL, UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN }).filter(
        (entry): entry is [string, string] => Boolean(entry[1])
    );
    return [
        [
            ...words,
            ...['--kind', STORE ?? ''],
            ...(KEY_PREFIX ? ['--prefix', KEY_PREFIX] : []),
            ...(SCHEMA ? ['--schema', SCHEMA] : []),
            ...(PUSH === '0' ? ['--no-push'] : [])
        ],
        { env: Object.fromEntries(env) }
    ];
}
