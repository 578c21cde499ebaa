import type { RedisCommands, ScannedServer } from '../commands.js';
import { absentIfForeign } from '../foreignKey.js';
import { globOf } from '../keys.js';

/** @param call sends a command to this server, of which the client knows no keys. */
export function scannedServer(name: string, clientPrefix: string, call: (args: string[]) => Promise<unknown>): ScannedServer {
    return {
        name,
        async scan(cursor, pattern, count) {
            const args = ['SCAN', cursor, 'MATCH', globOf(clientPrefix) + pattern, 'COUNT', String(count)];
            const [next, keys] = (await call(args)) as [unknown, string[]];
            return [String(next), keys.map(key => key.slice(clientPrefix.length))];
        },
        async runId() {
            const info = String(await call(['INFO', 'server']));
            return /^run_id:(\w+)/m.exec(info)?.[1] ?? '';
        }
    };
}

/** Sends all of them at once, each to where its key is. */
export function getEachAndPttl(
    keys: readonly string[],
    getAndPttl: RedisCommands['getAndPttl']
): ReturnType<RedisCommands['getEachAndPttl']> {
    return Promise.all(keys.map(key => absentIfForeign(getAndPttl(key), [null, 0])));
}
