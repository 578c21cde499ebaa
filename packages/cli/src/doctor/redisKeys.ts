import type { Findings } from './findings.js';
import type { RedisServer } from './redisServer.js';

/** Of each server: keys that are looked at, and scans for them. */
const mostKeys = 5000;
const mostScans = 50;

/** Keys under the prefix that nothing will ever remove. */
export async function checkRedisKeys(servers: readonly RedisServer[], prefix: string, findings: Findings): Promise<void> {
    let [looked, endless] = [0, 0];
    let isWhole = true;
    for (const server of servers) {
        let [cursor, scans, ofServer] = ['0', 0, 0];
        do {
            const pattern = `${prefix.replace(/[*?[\]\\]/g, '\\$&')}*`;
            const [next, keys] = (await server.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', 1000)) as [string, string[]];
            const lives = await Promise.all(keys.map(key => server.call('PTTL', key)));
            endless += lives.filter(life => Number(life) === -1).length;
            ofServer += keys.length;
            cursor = next;
            scans++;
        } while (cursor !== '0' && ofServer < mostKeys && scans < mostScans);
        looked += ofServer;
        isWhole &&= cursor === '0';
    }
    const count = `${looked} key${looked === 1 ? '' : 's'}${isWhole ? '' : ' that were looked at'}`;
    if (endless > 0) {
        findings.warning(
            'keys',
            `${endless} of ${count} under this prefix never expire; servers write none of this kind, so somebody else did`,
            'Give others another prefix. Find them with SCAN and TTL (-1), and delete them or give them an EXPIRE'
        );
    } else {
        findings.ok('keys', `${count} under this prefix, each with a time to live`);
    }
}
