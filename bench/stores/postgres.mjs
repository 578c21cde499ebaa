import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { openPostgres } from '../../scripts/services.mjs';

/** A Postgres for the servers under test, and what it tells of itself. */
export async function openPostgresStore() {
    const service = await openPostgres();
    const client = new pg.Client({ connectionString: service.url });
    await client.connect();
    const ask = async sql => (await client.query(sql)).rows[0];
    return {
        settings: { kind: 'postgres', url: service.url },
        version: `Postgres ${(await ask('SHOW server_version')).server_version.split(' ')[0]}`,
        // Of a server that is not ours nobody knows the process.
        cpuMicros: async () => (service.pid === undefined ? NaN : cpuSeconds(service.pid) * 1e6),
        bytes: async () => Number((await ask('SELECT pg_database_size(current_database()) AS bytes')).bytes),
        stop: async () => {
            await client.end();
            await service.stop();
        }
    };
}

const ticksPerSecond = () => Number(execFileSync('getconf', ['CLK_TCK']).toString());

/** Of the server and of the processes that it started, those included that have ended. */
function cpuSeconds(pid) {
    const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)])
        .toString()
        .trim()
        .split(/\s+/);
    const server = processTimes(pid);
    const running = children.map(child => processTimes(child).own).reduce((sum, ticks) => sum + ticks, server.own);
    return (running + server.ended) / ticksPerSecond();
}

function processTimes(pid) {
    try {
        // See proc(5): behind the name in brackets, user and system time are fields 12 and 13, those of ended children follow.
        const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
            .replace(/^.*\) /s, '')
            .split(' ')
            .map(Number);
        return { own: fields[11] + fields[12], ended: fields[13] + fields[14] };
    } catch {
        // It has ended since it was listed.
        return { own: 0, ended: 0 };
    }
}
