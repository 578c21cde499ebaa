import { checkedPage, digest, type ListOptions, SessionError } from '@mcp-sessions/core';
import type { RedisCommands } from './commands.js';
import type { Keys } from './keys.js';

/** Keys that one command looks at, at most: others wait for as long. */
const maxCount = 1000;

/** Commands for one page, at most: where others have keys in the same database, ours may be few and far between. */
const maxScans = 10;

/** Keys of records, and where the next page goes on. */
export interface KeyPage {
    readonly keys: readonly string[];
    readonly cursor: string | undefined;
}

/** How far servers were scanned. */
interface Place {
    readonly server: number;
    /** Of the process that gave the position. */
    readonly runId: string;
    readonly position: string;
}

const start = { runId: '', position: '0' };

/** `<servers>.<which of them>.<its process>.<its position>` */
const form = /^([\w-]{8})\.(\d{1,4})\.(\w{0,8})\.(\d{1,20})$/;

/**
 * Keys of the records of sessions. Servers are scanned one after the other. The position of a process says nothing to
 * another one, not even of the same data; so what was a server's is scanned anew when it was started again or replaced.
 *
 * @throws RangeError for a cursor or a limit that is none; TypeError for a cursor that is no text; SessionError
 * `STORE_UNAVAILABLE` while the client knows no server.
 */
export async function scanPage(redis: RedisCommands, keys: Keys, page: ListOptions | undefined): Promise<KeyPage> {
    const { cursor, limit } = checkedPage(page, form);
    const servers = [...(await redis.servers())].sort((a, b) => (a.name < b.name ? -1 : 1));
    if (servers.length === 0) {
        throw new SessionError('STORE_UNAVAILABLE', 'The client knows no server of the cluster now');
    }
    const view = (await digest(servers.map(({ name }) => name).join(' '))).slice(0, 8);
    let place: Place = { server: 0, ...start };
    if (cursor?.[1] === view) {
        const [, , server, runId = '', position = '0'] = cursor;
        place = { server: Number(server), runId, position };
    }
    const found = new Set<string>();
    /** Of this server: keys that were looked at, and of these the ones that are ours. */
    let [looked, ours] = [0, 0];
    for (let scans = 0; scans < maxScans && found.size < limit; scans++) {
        const server = servers[place.server];
        if (!server) {
            break;
        }
        // As many as hold what is left to find, if ours are as frequent as they were so far, of which a few keys say little.
        const left = limit - found.size;
        const count = Math.min(maxCount, Math.max(left, looked * 4), Math.ceil((left * (looked + 1)) / (ours + 1)));
        const [process, [position, names]] = await Promise.all([server.runId(), server.scan(place.position, keys.pattern, count)]);
        const runId = process.slice(0, 8);
        if (place.position !== '0' && place.runId !== runId) {
            place = { server: place.server, ...start };
            continue;
        }
        const records = names.filter(name => keys.nameIn(name) !== undefined);
        records.forEach(key => found.add(key));
        if (position === '0') {
            place = { server: place.server + 1, ...start };
            [looked, ours] = [0, 0];
        } else {
            place = { server: place.server, runId, position };
            [looked, ours] = [looked + count, ours + records.length];
        }
    }
    const isOver = place.server >= servers.length;
    return { keys: [...found], cursor: isOver ? undefined : [view, place.server, place.runId, place.position].join('.') };
}
