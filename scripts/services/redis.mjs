import { accepts } from './child.mjs';
import { findProgram, installPackage } from './install.mjs';
import { RedisProcess } from './redisProcess.mjs';

const silent = () => undefined;

/**
 * A real Redis: the one that REDIS_URL names; else a private one from the `redis-server` of this machine, which is
 * installed if need be. It says in one line which of these it was.
 */
export async function openRedis({ say = console.log } = {}) {
    const given = process.env.REDIS_URL;
    if (!given) return startPrivateRedis({ say });
    const { hostname, port } = new URL(given);
    const place = `${hostname}:${port || 6379}`;
    if (!(await accepts(hostname, Number(port || 6379)))) {
        throw new Error(`REDIS_URL names ${place}, where nothing answers. Start it, or unset REDIS_URL to have one started.`);
    }
    say(`Redis: the one that REDIS_URL names, ${place}`);
    return { url: given, isPrivate: false, stop: async () => undefined };
}

/** The path of `redis-server`, installed if need be. */
export function redisProgram({ say = console.log } = {}) {
    const found = findProgram('redis-server');
    if (found !== undefined) return found;
    installPackage('redis-server', { service: 'Redis', envName: 'REDIS_URL', say });
    const installed = findProgram('redis-server', ['/usr/bin']);
    if (installed === undefined) throw new Error('The package redis-server was installed, but there is no redis-server on PATH.');
    return installed;
}

/**
 * A Redis of our own on a free port of 127.0.0.1, in a folder of its own.
 *
 * `persistent`: what a write survives that was acknowledged. With true or 'always' it is on disk; with 'everysec' and 'no'
 * it is in the file, but the disk gets it within a second or when the system likes; with false all is lost with the process.
 */
export async function startPrivateRedis({ persistent = false, settings = {}, say = silent } = {}) {
    const program = redisProgram({ say });
    const server = new PrivateRedis(program, {
        save: '',
        appendonly: persistent ? 'yes' : 'no',
        appendfsync: persistent === false || persistent === true ? 'always' : persistent,
        ...settings
    });
    await server.start();
    say(`Redis: ${program}, started on 127.0.0.1:${server.port} for this run`);
    return server;
}

class PrivateRedis extends RedisProcess {
    isPrivate = true;
}
